import { asObject } from '../tfjs/as-object.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';

/** A node of a graph model, as its JSON has it. */
export type GraphNode = Readonly<Record<string, unknown>>;

/** The nodes of a graph model. */
export function nodesIn({ modelTopology }: TfjsModel['json']): GraphNode[] {
  return nodesOf(asObject(modelTopology)?.['node']);
}

/** The objects of a list; nothing of what is none. */
export function nodesOf(list: unknown): GraphNode[] {
  return Array.isArray(list) ? list.map((one) => asObject(one)).filter((one) => one !== undefined) : [];
}

/** What a node takes, as it is written: `name`, `name:0` (an output of the node) or `^name` (a node that must run before). */
export function inputsOf({ input }: GraphNode): string[] {
  return Array.isArray(input) ? input.filter((one) => typeof one === 'string') : [];
}

/** The name of the node that an input comes from. */
export function nodeName(text: string): string {
  return text.replace(/^\^/, '').replace(/:\d+$/, '');
}

import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { type AnyStage } from '../stage/stage.ts';
import { checkStages } from './composite-stage.ts';
import { checkName } from '../stage/names.ts';
import { type Merge, MERGES } from '../stage/merge.ts';
import { checkAxis } from '../stage/axes.ts';
import { topologicalOrder } from '../stage/topological-order.ts';

/**
 * A node of a graph: a stage and the node it takes its input from, or several nodes and how to merge them. With `axis`,
 * `concatenate` works along another dimension than the last one.
 */
export type GraphNode =
  | { readonly stage: AnyStage; readonly from: string }
  | { readonly merge: Merge; readonly from: readonly string[]; readonly axis?: number };

/** @internal Throws `OptionError` for nodes that are not {@link GraphNode}s. */
export function checkNodes(called: string, input: unknown, nodes: unknown): void {
  const refuse = (message: string) => {
    throw new OptionError(`${called}: ${message}`, { stage: called });
  };
  checkName(input);
  if (typeof nodes !== 'object' || nodes === null || Object.keys(nodes).length === 0) {
    refuse(`nodes must be an object of at least one node, not ${describeValue(nodes)}`);
  }
  for (const [id, node] of Object.entries(nodes as Record<string, Partial<Record<string, unknown>> | null>)) {
    checkName(id);
    if (id === input) refuse(`a node has the name of the input, ${id}: rename one of them`);
    const { stage, merge: kind, from, axis } = node ?? {};
    if (axis !== undefined) {
      if (kind !== 'concatenate') refuse(`node ${id}: axis is an option of concatenate`);
      checkAxis(`${called}: node ${id}`, axis);
    }
    if (stage !== undefined) checkStages(`${called}: node ${id}`, [stage]);
    else if (typeof kind !== 'string' || (kind !== 'concatenate' && !Object.hasOwn(MERGES, kind))) {
      refuse(
        `node ${id} must have a stage, or merge, one of ${Object.keys(MERGES).join(', ')}, concatenate, not ${describeValue(kind)}`,
      );
    }
    const many = Array.isArray(from) && from.length > 1 && from.every((source) => typeof source === 'string');
    if (stage === undefined ? many : typeof from === 'string') continue;
    refuse(
      `node ${id}: from must be ${stage === undefined ? 'a list of at least two nodes' : 'the name of a node'}, not ${describeValue(from)}`,
    );
  }
}

/** @internal The nodes in an order in which they can be computed; throws `OptionError` where there is none. */
export function nodeOrder(
  called: string,
  input: string,
  nodes: Readonly<Record<string, GraphNode>>,
  outputs: readonly unknown[],
): string[] {
  const refuse = (message: string) => new OptionError(`${called}: ${message}`, { stage: called });
  for (const output of outputs) {
    if (typeof output === 'string' && Object.hasOwn(nodes, output)) continue;
    throw refuse(`output must be one of ${Object.keys(nodes).join(', ')}, not ${describeValue(output)}`);
  }
  const sourcesOf = (id: string) => {
    const node = Object.hasOwn(nodes, id) ? nodes[id] : undefined;
    if (!node && id !== input) throw refuse(`a node takes its input from ${id}, which does not exist`);
    return [node?.from ?? []].flat();
  };
  const { order, circle } = topologicalOrder(outputs as readonly string[], sourcesOf);
  if (circle) throw refuse(`nodes depend on each other in a circle: ${circle.join(', ')}`);
  const needed = new Set(order);
  const unused = Object.keys(nodes).filter((id) => !needed.has(id));
  if (unused.length > 0) throw refuse(`the output does not depend on ${unused.join(', ')}: remove what is not needed`);
  return order.filter((id) => id !== input);
}

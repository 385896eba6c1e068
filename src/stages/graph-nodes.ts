import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { type AnyStage } from '../stage/stage.ts';
import { checkStages } from './composite.ts';
import { checkName } from '../stage/names.ts';
import { type Merge, MERGES } from '../stage/merge.ts';

/** A node: a stage and the node it gets its input from, or several nodes and how to merge them. */
export type GraphNode =
  | { readonly stage: AnyStage; readonly from: string }
  | { readonly merge: Merge; readonly from: readonly string[] };

/** @internal Throws `OptionError` for a node that is none. */
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
    if (id === input) refuse(`a node is named ${id}, as the input is: rename one of them`);
    const { stage, merge: kind, from } = node ?? {};
    if (stage !== undefined) checkStages(`${called}: node ${id}`, [stage]);
    else if (typeof kind !== 'string' || (kind !== 'concatenate' && !Object.hasOwn(MERGES, kind))) {
      refuse(
        `node ${id} must have a stage, or merge, one of ${Object.keys(MERGES).join(', ')}, concat, not ${describeValue(kind)}`,
      );
    }
    const many = Array.isArray(from) && from.length > 1 && from.every((source) => typeof source === 'string');
    if (stage === undefined ? many : typeof from === 'string') continue;
    refuse(
      `node ${id} must be from ${stage === undefined ? 'a list of at least two nodes' : 'one node'}, not ${describeValue(from)}`,
    );
  }
}

/** @internal The nodes the output needs, each after those it takes; without recursion, so that depth is no limit. */
export function inOrder(
  called: string,
  input: string,
  nodes: Readonly<Record<string, GraphNode>>,
  output: unknown,
): string[] {
  const done = new Set<string>([input]);
  const open = new Set<string>();
  const refuse = (message: string) => new OptionError(`${called}: ${message}`, { stage: called });
  if (typeof output !== 'string' || !Object.hasOwn(nodes, output)) {
    throw refuse(`output must be one of ${Object.keys(nodes).join(', ')}, not ${describeValue(output)}`);
  }
  const stack = [output];
  while (stack.length > 0) {
    const id = stack.at(-1) as string;
    const node = Object.hasOwn(nodes, id) ? nodes[id] : undefined;
    if (!node && id !== input) throw refuse(`a node is from ${id}, which does not exist`);
    const missing = done.has(id) || !node ? [] : [node.from].flat().filter((source) => !done.has(source));
    if (missing.length === 0) {
      done.add(id);
      stack.pop();
      continue;
    }
    open.add(id);
    const circle = missing.find((source) => open.has(source));
    if (circle !== undefined)
      throw refuse(`node ${circle} takes, through others, its own value: ${[...open].join(', ')}`);
    stack.push(...missing);
  }
  const unused = Object.keys(nodes).filter((id) => !done.has(id));
  if (unused.length > 0) throw refuse(`nothing that comes out needs ${unused.join(', ')}: remove it`);
  done.delete(input);
  return [...done];
}

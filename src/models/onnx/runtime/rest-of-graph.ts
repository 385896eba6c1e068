import type { ConvertedNodes } from '../convert-graph.ts';
import type { OnnxNode } from '../onnx-file.ts';

/** @internal The part of a graph that is not converted to stages. */
export interface RestOfGraph {
  /** In their order. */
  readonly nodes: ReadonlySet<OnnxNode>;
  /** The values that it takes from the stages before it, or from the input. */
  readonly taken: readonly string[];
  /** The outputs of the graph that it computes. */
  readonly outputs: readonly string[];
}

/**
 * @internal The nodes that cannot be stages, those that depend on them, and the constants that they take. The values between the stages
 * and these nodes are `taken`.
 */
export function restOfGraph(
  { graph, input, values, constants, needed }: ConvertedNodes,
  outputs: readonly string[],
): RestOfGraph {
  const wanted = new Set(outputs.filter((name) => values.get(name) === undefined));
  const given = [...wanted];
  const found: OnnxNode[] = [];
  const taken = new Set<string>();
  for (const node of needed.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    found.push(node);
    for (const name of [...node.inputs, ...(node.captured ?? [])]) {
      if (values.get(name)) taken.add(name);
      // A constant that nodes compute is computed again, and a name inside of a graph of a node may mean nothing out here.
      else if (!graph.initializers.has(name) && (values.has(name) || constants.has(name))) wanted.add(name);
    }
  }
  // What depends on no frame is still computed once for each.
  return { nodes: new Set(found.toReversed()), taken: taken.size > 0 ? [...taken] : [input.name], outputs: given };
}

/** @internal All of a graph that its outputs depend on. */
export function wholeGraph({ input, needed }: ConvertedNodes, outputs: readonly string[]): RestOfGraph {
  return { nodes: new Set(needed), taken: [input.name], outputs };
}

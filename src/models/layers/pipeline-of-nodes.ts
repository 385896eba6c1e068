import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Shape } from '../../stage/shape.ts';
import { pipelineOf, type Pipeline } from '../../stages/pipeline.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { graph } from '../../stages/graph.ts';
import type { GraphNode } from '../../stages/graph-nodes.ts';

/**
 * @internal Makes a pipeline of nodes that are in the order of computation. Wherever all later nodes depend on a single
 * value, a stage of the pipeline ends. Nodes that branch between two such places become one `graph`, named after its last
 * node. With several `outputs`, what they all are made of is one `graph` at the end.
 */
export function pipelineOfNodes(
  options: { readonly name: string; readonly inputShape: Shape },
  input: string,
  nodes: readonly (readonly [string, GraphNode])[],
  outputs?: Readonly<Record<string, string>>,
): Pipeline<Tensor4D, Tensor> {
  const place = new Map(nodes.map(([id], i) => [id, i]));
  /** The index of the last node that takes the value of a node, or of the input (−1). */
  const lastUse = new Map<number, number>();
  nodes.forEach(([, { from }], i) => {
    for (const source of [from].flat()) lastUse.set(place.get(source) ?? -1, i);
  });
  for (const id of Object.values(outputs ?? {})) lastUse.set(place.get(id) ?? -1, nodes.length - 1);
  const ends = new Set(Object.values(outputs ?? {}));
  const stages: AnyStage[] = [];
  let needed = lastUse.get(-1) ?? -1;
  let start = 0;
  let before = input;
  nodes.forEach(([id], i) => {
    const isLast = i === nodes.length - 1;
    if (needed <= i && (isLast || !ends.has(id))) {
      stages.push(stageOf(before, nodes.slice(start, i + 1), isLast ? outputs : undefined));
      start = i + 1;
      before = id;
    }
    needed = Math.max(needed, lastUse.get(i) ?? i);
  });
  return pipelineOf(options, stages) as Pipeline<Tensor4D, Tensor>;
}

function stageOf(
  input: string,
  nodes: readonly (readonly [string, GraphNode])[],
  outputs?: Readonly<Record<string, string>>,
): AnyStage {
  const [id, last] = nodes.at(-1) as readonly [string, GraphNode];
  if (outputs) return graph({ name: id, input, nodes: Object.fromEntries(nodes), output: outputs });
  if (nodes.length === 1 && 'stage' in last) return last.stage.named(id);
  return graph({ name: id, input, nodes: Object.fromEntries(nodes), output: id });
}

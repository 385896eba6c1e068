import type { AnyStage } from '../../stage/stage.ts';
import { activation } from '../../stages/activation.ts';
import { graph } from '../../stages/graph.ts';
import type { GraphNode } from '../../stages/graph-nodes.ts';
import type { ConvertedStage } from './conversion.ts';

/** @internal Leaves its input as it is. */
export const unchanged = (): AnyStage => activation('linear');

/** @internal Several stages in a row as one stage, which has the name of the layer later. Weights are named `<key>/<weight>`. */
export function inRow(stages: Readonly<Record<string, AnyStage>>): AnyStage {
  const nodes: Record<string, GraphNode> = {};
  let from = 'input';
  for (const [id, stage] of Object.entries(stages)) {
    nodes[id] = { stage, from };
    from = id;
  }
  return graph({ nodes, output: from });
}

/** @internal A converted layer between other stages. */
export function surrounded(
  before: Readonly<Record<string, AnyStage>>,
  { stage, weights = {}, ...others }: ConvertedStage,
  after: Readonly<Record<string, AnyStage>>,
): ConvertedStage {
  const renamed = Object.entries(weights).map(([name, stored]) => [`layer/${name}`, stored]);
  return { ...others, stage: inRow({ ...before, layer: stage, ...after }), weights: Object.fromEntries(renamed) };
}

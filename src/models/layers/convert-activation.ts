import type { AnyStage } from '../../stage/stage.ts';
import { activation } from '../../stages/activation.ts';
import { arithmetic } from '../../stages/arithmetic.ts';
import { graph } from '../../stages/graph.ts';
import type { GraphNode } from '../../stages/graph-nodes.ts';
import type { ConvertedStage } from './conversion.ts';
import { inRow } from './in-row.ts';
import { number } from './layer-options.ts';
import { setting, type Layer } from './layer.ts';

/** @internal x, or slope · x below 0. */
export function leakyRelu(slope: number): AnyStage {
  return activation('leakyRelu', { alpha: slope });
}

/** @internal A ReLU layer has a slope below its threshold, and a maximum. */
export function convertRelu(layer: Layer): ConvertedStage {
  const slope = number(layer, 'negative_slope', 0);
  const threshold = number(layer, 'threshold', 0);
  const most = setting(layer, 'max_value') as number | undefined;
  if (threshold !== 0) return { stage: aboveThreshold(threshold, most, slope) };
  if (most === undefined) return { stage: slope === 0 ? activation('relu') : leakyRelu(slope) };
  if (slope !== 0) return { stage: inRow({ slope: leakyRelu(slope), limit: activation('clip', { max: most }) }) };
  return { stage: most === 6 ? activation('relu6') : activation('clip', { min: 0, max: most }) };
}

/** @internal x where it is over `theta`, else 0. */
export function convertThresholdedRelu(layer: Layer): ConvertedStage {
  const theta = number(layer, 'theta', 1);
  return { stage: theta === 0 ? activation('relu') : aboveThreshold(theta, undefined, 0) };
}

/** x where it is over the threshold, at most the maximum; below the threshold, slope · (x − threshold). */
function aboveThreshold(threshold: number, most: number | undefined, slope: number): AnyStage {
  const by = (operation: 'subtract' | 'multiply', value: number) =>
    arithmetic({ operation, weights: { value: Float32Array.of(value) } });
  const nodes: Record<string, GraphNode> = {
    distance: { stage: by('subtract', threshold), from: 'input' },
    side: { stage: activation('sign'), from: 'distance' },
    over: { stage: activation('relu'), from: 'side' },
    kept: { merge: 'multiply', from: ['input', 'over'] },
  };
  let output = 'kept';
  if (most !== undefined) {
    nodes['limited'] = { stage: activation('clip', { min: 0, max: most }), from: output };
    output = 'limited';
  }
  if (slope === 0) return graph({ nodes, output });
  return graph({
    nodes: {
      ...nodes,
      under: { stage: activation('clip', { max: 0 }), from: 'distance' },
      sloped: { stage: by('multiply', slope), from: 'under' },
      sum: { merge: 'add', from: [output, 'sloped'] },
    },
    output: 'sum',
  });
}

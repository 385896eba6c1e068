import { OptionError } from '../../errors/errors.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { sizeOf, type Shape } from '../../stage/shape.ts';
import { activation } from '../../stages/activation.ts';
import { arithmetic } from '../../stages/arithmetic.ts';
import { graph } from '../../stages/graph.ts';
import type { GraphNode } from '../../stages/graph-nodes.ts';
import { groupNorm } from '../../stages/group-norm.ts';
import { reduce } from '../../stages/reduce.ts';
import type { ConvertedStage, LayerContext } from './conversion.ts';
import { unchanged } from './in-row.ts';
import { number, only } from './layer-options.ts';
import { setting, type Layer } from './layer.ts';

/** @internal γ (x − mean) / √(variance + ε) + β, with the mean and the variance over the dimensions `axis` of each value (Ba et al. 2016). */
export function convertLayerNormalization(layer: Layer, { input }: LayerContext): ConvertedStage {
  only(layer, 'rms_scaling', [undefined, false]);
  if (!input) return { stage: unchanged() };
  const axes = axesOf(layer, input);
  const shape = input.map((size, i) => (axes.includes(i) ? size : 1)).slice(Math.min(...axes));
  const nodes: Record<string, GraphNode> = {
    mean: { stage: reduce({ kind: 'mean', axes, keepDims: true }), from: 'input' },
    apart: { merge: 'subtract', from: ['input', 'mean'] },
    square: { stage: activation('square'), from: 'apart' },
    variance: { stage: reduce({ kind: 'mean', axes, keepDims: true }), from: 'square' },
    above: {
      stage: arithmetic({ operation: 'add', weights: { value: Float32Array.of(number(layer, 'epsilon', 1e-3)) } }),
      from: 'variance',
    },
    deviation: { stage: activation('sqrt'), from: 'above' },
    normal: { merge: 'divide', from: ['apart', 'deviation'] },
  };
  const weights: Record<string, readonly string[]> = {};
  let output = 'normal';
  for (const [setTo, name, operation] of [
    ['scale', 'gamma', 'multiply'],
    ['center', 'beta', 'add'],
  ] as const) {
    if (setting(layer, setTo) === false) continue;
    nodes[name] = { stage: arithmetic({ operation, shape }), from: output };
    weights[`${name}/value`] = [name];
    output = name;
  }
  const reshaped = (stored: Shape) => (sizeOf(stored) === sizeOf(shape) ? shape : stored);
  return { stage: graph({ nodes, output }), weights, reshaped };
}

/** @internal A factor for each channel, in ConvNeXt (Touvron et al. 2021, "Going deeper with image transformers"). */
export function convertLayerScale(_layer: Layer, { input }: LayerContext): ConvertedStage {
  return {
    stage: arithmetic({ operation: 'multiply', shape: [input?.at(-1) ?? 1] }),
    weights: { value: ['gamma'] },
  };
}

/** @internal */
export function convertGroupNormalization(layer: Layer): ConvertedStage {
  const [scale, center] = [setting(layer, 'scale') !== false, setting(layer, 'center') !== false];
  return {
    stage: groupNorm({ groups: number(layer, 'groups', 32), epsilon: number(layer, 'epsilon', 1e-3), scale, center }),
    weights: { ...(scale ? { gamma: ['gamma'] } : {}), ...(center ? { beta: ['beta'] } : {}) },
  };
}

function axesOf(layer: Layer, input: Shape): number[] {
  const given: unknown = setting(layer, 'axis') ?? -1;
  const axes = [given].flat().map((axis) => (typeof axis === 'number' && axis < 0 ? input.length + axis : axis));
  const good = axes.length > 0 && axes.every((axis) => [...input.keys()].slice(1).includes(axis as number));
  if (good && new Set(axes).size === axes.length) return (axes as number[]).toSorted((a, b) => a - b);
  throw new OptionError(`has axis ${describeValue(given)} for an input of ${describeValue(input)}`);
}

import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Weight } from '../stage/weights.ts';
import type { Pipeline } from '../stages/pipeline.ts';

/** How a network scales pixels before anything else: x · scale + offset, each one number or one for each channel. */
export interface PixelScaling {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
  /** Whether it is a layer whose only purpose is to scale, such as Keras' Rescaling: then the network is never fed pixels from 0 to 1 by default. */
  readonly isLayer?: boolean;
}

/** Stages that move pixels and leave their values as they are. */
const MOVING: ReadonlySet<string> = new Set([
  'crop',
  'dropout',
  'fakeQuantize',
  'reshape',
  'slice',
  'transpose',
  'upsample',
  'zeroPad',
]);

/** Pixels as they are. */
export const UNSCALED: PixelScaling = { scale: [1], offset: [0] };

/**
 * @internal How a network scales pixels before anything else, by its first stages: a layer whose only purpose that is (Rescaling and
 * Normalization, which are imported as a batch normalization without epsilon; newer Keras models begin with one), or arithmetic
 * with constants, as ONNX files have it. Undefined if it does not.
 */
export function firstScaling({ parts, inputShape = [] }: Pipeline<Tensor4D, Tensor>): PixelScaling | undefined {
  let found: PixelScaling | undefined;
  for (const { stage } of parts) {
    const { spec } = stage;
    if (MOVING.has(spec.op) || (spec.op === 'activation' && spec['activation'] === 'linear')) continue;
    if (spec.op === 'batchNorm' && spec['epsilon'] === 0 && !found) return layerScaling(stage.weights(inputShape));
    if (spec.op !== 'arithmetic') break;
    const value = [...(stage.weights(inputShape)['value']?.data ?? [])];
    const next = scaledBy(found ?? UNSCALED, String(spec['operation']), value, spec['reversed'] === true);
    if (!next) break;
    found = next;
  }
  return found;
}

function layerScaling({ gamma, beta, mean, variance }: Readonly<Record<string, Weight>>): PixelScaling {
  const factor = Array.from(variance?.data ?? [], (value, i) => (gamma?.data[i] ?? 1) / Math.sqrt(value));
  const offset = factor.map((scale, i) => (beta?.data[i] ?? 0) - (mean?.data[i] ?? 0) * scale);
  return { scale: factor, offset, isLayer: true };
}

/**
 * @internal What comes of a scaling when an operation with a constant follows: `add`, `subtract`, `multiply` or `divide`. `reversed`: the
 * constant comes first. Undefined if that is no scaling, or if the constant is not one number or one for each of three channels.
 */
export function scaledBy(
  { scale, offset }: PixelScaling,
  operation: string,
  constant: readonly number[],
  reversed: boolean,
): PixelScaling | undefined {
  const isConstant = constant.length === 1 || constant.length === 3;
  if (!isConstant || (reversed && (operation === 'subtract' || operation === 'divide'))) return undefined;
  const at = (list: readonly number[], i: number) => list[i % list.length] ?? NaN;
  const each = Array.from({ length: Math.max(scale.length, constant.length) }, (_, i) => i);
  const factor = (i: number) => (operation === 'multiply' ? at(constant, i) : 1 / at(constant, i));
  const sign = operation === 'add' ? 1 : -1;
  switch (operation) {
    case 'add':
    case 'subtract':
      return { scale: each.map((i) => at(scale, i)), offset: each.map((i) => at(offset, i) + sign * at(constant, i)) };
    case 'multiply':
    case 'divide':
      return { scale: each.map((i) => at(scale, i) * factor(i)), offset: each.map((i) => at(offset, i) * factor(i)) };
    default:
      return undefined;
  }
}

/** Above this, 0 to 255 would become more than 20: the deviations of pixels from 0 to 255 are larger than 12. */
const MOST_OF_BYTES = 20 / 255;

/**
 * @internal The range of pixel values that such a network takes. What it subtracts first, in the units of its input, tells pixels
 * from 0 to 1 (0.5, 0.485) from those from 0 to 255 (127.5, 103.939), and else what it multiplies by: 1/255 is for bytes. Returns
 * undefined if it could be either.
 */
export function rangeTaken({
  scale,
  offset,
  isLayer = false,
}: PixelScaling): readonly [0, 255] | readonly [0, 1] | undefined {
  const means = scale.map((factor, i) => -(offset[i % offset.length] ?? 0) / factor);
  const every = (holds: (factor: number, mean: number) => boolean) =>
    scale.length > 0 && scale.every((factor, i) => holds(factor, means[i] ?? NaN));
  if (every((factor, mean) => factor > 0 && (factor <= MOST_OF_BYTES || (mean > 2 && mean < 256)))) return [0, 255];
  if (every((factor, mean) => factor >= 0.5 && factor !== 1 && mean >= 0 && mean <= 1)) return [0, 1];
  return isLayer ? [0, 255] : undefined;
}

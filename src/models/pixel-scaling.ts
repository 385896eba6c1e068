import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
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
  'reshape',
  'slice',
  'transpose',
  'upsample',
  'zeroPad',
]);

/**
 * @internal The layer with which a network normalizes pixels, if that is its first stage that changes the values of pixels. Such a layer
 * (Rescaling, Normalization) is imported as a batch normalization without epsilon. Newer Keras models begin with one.
 */
export function firstScaling({ parts, inputShape = [] }: Pipeline<Tensor4D, Tensor>): PixelScaling | undefined {
  const first = parts.find(({ stage: { spec } }) => !MOVING.has(spec.op) && spec['activation'] !== 'linear');
  if (first?.stage.spec.op !== 'batchNorm' || first.stage.spec['epsilon'] !== 0) return undefined;
  const { gamma, beta, mean, variance } = first.stage.weights(inputShape);
  const factor = Array.from(variance?.data ?? [], (value, i) => (gamma?.data[i] ?? 1) / Math.sqrt(value));
  const offset = factor.map((scale, i) => (beta?.data[i] ?? 0) - (mean?.data[i] ?? 0) * scale);
  return { scale: factor, offset, isLayer: true };
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

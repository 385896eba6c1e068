import * as tf from '@tensorflow/tfjs-core';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { ShapeError } from '../errors/errors.ts';
import { describeShape, requireRank } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { stage } from '../stages/define-stage.ts';
import { type NormalizeOptions, affine, normalization } from '../stage/normalization.ts';

/** @internal */
export const NORMALIZE_NAMES: OptionNames<NormalizeOptions> = { range: true, mean: true, std: true, scale: true };

/**
 * Brings pixel values into the range that a model was trained with: `[b, h, w, c]` of 0–255 → the same shape.
 * `range: [lo, hi]`: x / 255 · (hi − lo) + lo. `mean`, `std`: (x · scale − mean) / std, where scale is 1 / 255 by default.
 *
 * Throws `OptionError` for a range that is empty or not finite, for a `std` or `scale` that is not over 0, and for both a range and
 * a mean.
 *
 * @see {@link preprocess}, {@link toTensor}
 *
 * @example
 * const symmetric = normalize({ range: [-1, 1] }); // x / 127.5 − 1
 * console.log(symmetric.outputShape([1, 224, 224, 3])); // [1, 224, 224, 3]
 */
export function normalize(options: NormalizeOptions): Stage<tf.Tensor4D, tf.Tensor4D> {
  checkOptions('normalize', options, NORMALIZE_NAMES);
  const { scale, offset } = affine(options);
  return stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'normalize', ...normalization(options) },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', scale.length > 1 ? `${scale.length} channels` : 'channels']);
      if (scale.length === 1 || scale.length === input[3]) return input;
      throw new ShapeError(`has a mean for each of ${scale.length} channels, but got ${describeShape(input)}`);
    },
    kernel(_input, _weights, own) {
      const [a, b] = [own(tf.tensor1d(scale)), own(tf.tensor1d(offset))];
      return (x) => tf.add(tf.mul(x, a), b);
    },
    compilable: true,
  });
}

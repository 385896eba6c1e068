import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError, ShapeError } from '../errors/errors.ts';
import { describeShape, requireRank, type Shape } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import type { Weights } from '../stage/weights.ts';
import { stage } from './define-stage.ts';

/** Options of {@link groupNorm}. Weights: `gamma` and `beta`, each `[channels]`. */
export interface GroupNormOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The number of groups that the channels are split into. −1: each channel is a group (instance normalization). Default 32. */
  readonly groups?: number;
  /** Added to the variance. Default 0.001, as in Keras; 0.00001 in ONNX and PyTorch. */
  readonly epsilon?: number;
  /** Whether there is a `gamma`. Default true. */
  readonly scale?: boolean;
  /** Whether there is a `beta`. Default true. */
  readonly center?: boolean;
  /** `gamma` and `beta`, each `[channels]`. */
  readonly weights?: Weights;
  /** Fills weights that are not given as in a new layer: gamma with 1, beta with 0. */
  readonly seed?: number;
}

/**
 * Normalizes each group of channels with the mean and the variance of its own values in each picture:
 * γ (x − mean) / √(variance + ε) + β. `[b, h, w, c]` → the same shape. Wu & He 2018, "Group normalization"; with `groups: -1`
 * instance normalization (Ulyanov et al. 2016). Keras `GroupNormalization`, ONNX `InstanceNormalization`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for channels that cannot be split into the groups.
 *
 * @see {@link batchNorm}
 *
 * @example
 * console.log(groupNorm({ groups: 8 }).parameterCount([1, 8, 8, 32])); // 64
 */
export function groupNorm(options: GroupNormOptions = {}): Stage<Tensor4D, Tensor4D> {
  const { name, groups = 32, epsilon = 1e-3, scale = true, center = true, weights, seed } = options;
  const called = name ?? 'groupNorm';
  const refuse = (what: string, value: unknown) => {
    throw new OptionError(`${called}: ${what}, not ${describeValue(value)}`, { stage: called });
  };
  if (!Number.isSafeInteger(groups) || (groups < 1 && groups !== -1)) {
    refuse('groups must be a whole number of at least 1, or −1', groups);
  }
  if (!(Number.isFinite(epsilon) && epsilon >= 0)) refuse('epsilon must be a number of at least 0', epsilon);
  for (const [option, value] of Object.entries({ scale, center })) {
    if (typeof value !== 'boolean') refuse(`${option} must be true or false`, value);
  }
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: { op: 'groupNorm', name, groups, epsilon, scale, center },
    weights,
    seed,
    fill: { gamma: 1, beta: 0 },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      if (groups !== -1 && (input[3] ?? 0) % groups !== 0) {
        throw new ShapeError(`needs a multiple of ${groups} channels for its groups, but got ${describeShape(input)}`);
      }
      return input;
    },
    weightShapes: ([, , , channels = 0]) => ({
      ...(scale ? { gamma: [channels] } : {}),
      ...(center ? { beta: [channels] } : {}),
    }),
    kernel([, height = 1, width = 1, channels = 1]: Shape, { gamma, beta }) {
      const count = groups === -1 ? channels : groups;
      return (x) => {
        const split = tf.reshape(x, [x.shape[0], height * width, count, channels / count]);
        const apart = tf.sub(split, tf.mean(split, [1, 3], true));
        const variance = tf.mean(tf.square(apart), [1, 3], true);
        const normal = tf.reshape<tf.Rank.R4>(tf.mul(apart, tf.rsqrt(tf.add(variance, epsilon))), x.shape);
        const scaled = gamma ? tf.mul<Tensor4D>(normal, gamma) : normal;
        return beta ? tf.add<Tensor4D>(scaled, beta) : scaled;
      };
    },
    compilable: true,
  });
}

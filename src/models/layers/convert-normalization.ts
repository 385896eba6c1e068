import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { batchNorm } from '../../stages/batch-norm.ts';
import type { ConvertedStage, LayerContext } from './conversion.ts';
import { number, only } from './layer-options.ts';
import { setting, type Layer } from './layer.ts';
import { MAX_RANK } from '../limits.ts';

/** @internal */
export function convertBatchNormalization(layer: Layer): ConvertedStage {
  only(layer, 'renorm', [undefined, false]);
  const [scale, center] = [setting(layer, 'scale') !== false, setting(layer, 'center') !== false];
  return {
    stage: batchNorm({ epsilon: number(layer, 'epsilon', 1e-3), scale, center }),
    weights: {
      ...(scale ? { gamma: ['gamma'] } : {}),
      ...(center ? { beta: ['beta'] } : {}),
      mean: ['moving_mean'],
      variance: ['moving_variance'],
    },
  };
}

/**
 * @internal (x − mean) / √variance: a batch normalization without scale and offset. The statistics are weights, or settings where
 * the layer was given them.
 */
export function convertNormalization(layer: Layer, { input }: LayerContext): ConvertedStage {
  only(layer, 'invert', [undefined, false]);
  const options = { epsilon: 0, scale: false, center: false } as const;
  const given = ['mean', 'variance'].map((name) => setting(layer, name));
  if (given.every((values) => values === undefined)) {
    return { stage: batchNorm(options), weights: { mean: ['mean'], variance: ['variance'] } };
  }
  const [mean, variance] = given.map((values) => [values].flat(MAX_RANK) as number[]);
  const channels = input?.at(-1) ?? 1;
  const perChannel = (values: readonly number[] = []) => {
    if (values.length === channels || values.length === 1) {
      return Float32Array.from({ length: channels }, (_, i) => Number(values[i] ?? values[0]));
    }
    throw new OptionError(`has ${values.length} means or variances for ${channels} channels`);
  };
  return { stage: batchNorm({ ...options, weights: { mean: perChannel(mean), variance: perChannel(variance) } }) };
}

/** The most channels of a `Rescaling` layer: its weights are made here, not read, so the file's size does not limit them. */
const MAX_CHANNELS = 2 ** 16;

/** @internal scale · x + offset: a batch normalization with mean 0 and variance 1. */
export function convertRescaling(layer: Layer, { input }: LayerContext): ConvertedStage {
  const channels = input?.at(-1) ?? 1;
  if (channels > MAX_CHANNELS) throw new OptionError(`has ${channels} channels; at most ${MAX_CHANNELS} can be scaled`);
  const perChannel = (name: string, otherwise: number) => {
    const value = setting(layer, name) ?? otherwise;
    const values: readonly unknown[] = Array.isArray(value) ? value : Array.from({ length: channels }, () => value);
    if (values.length === channels && values.every((one) => Number.isFinite(one))) {
      return Float32Array.from(values as number[]);
    }
    throw new OptionError(`has ${name} ${describeValue(value)}, but needs a number, or one number per channel`);
  };
  const weights = {
    gamma: perChannel('scale', 1),
    beta: perChannel('offset', 0),
    mean: new Float32Array(channels),
    variance: new Float32Array(channels).fill(1),
  };
  return { stage: batchNorm({ epsilon: 0, weights }) };
}

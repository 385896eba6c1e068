import { FusedConv2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { count } from '../stage/arguments.ts';
import { OptionError, ShapeError } from '../errors/errors.ts';
import { describeShape } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { convolution, type ConvolutionOptions } from './convolution.ts';
import { groupedConvolution } from './grouped-convolution.ts';
import { runKernel } from './run-kernel.ts';

/** Options of {@link conv2d}. Weights: `kernel` `[height, width, channels / groups, filters]`, `bias` `[filters]`. */
export interface Conv2dOptions extends ConvolutionOptions {
  /** The number of filters, which is the number of output channels. */
  readonly filters: number;
  /** Splits channels and filters into groups: each filter sees only the channels of its group. Default 1. */
  readonly groups?: number;
}

/**
 * Convolution (strictly, cross-correlation): each filter slides over the picture and gives one channel. `[b, h, w, c]` → `[b, h′, w′, filters]`, `h′ = ⌊(h + p − d(k − 1) − 1) / s⌋ + 1`. ONNX `Conv` (with `group`),
 * TF `conv2d`; `same` padding is TensorFlow's, ONNX's `SAME_UPPER`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` where the window does not fit or the channels cannot be split
 * into the groups.
 *
 * @see {@link depthwiseConv2d}, {@link separableConv2d}, {@link conv2dTranspose}
 *
 * @example
 * const blur = conv2d({ filters: 1, kernelSize: 3, useBias: false, weights: { kernel: new Float32Array(9).fill(1 / 9) } });
 * console.log(blur.outputShape([1, 6, 6, 1])); // [1, 4, 4, 1]
 */
export function conv2d(options: Conv2dOptions): Stage<Tensor4D, Tensor4D> {
  const called = options.name ?? 'conv2d';
  const filters = count(called, 'filters', options.filters);
  const groups = count(called, 'groups', options.groups ?? 1);
  if (filters % groups !== 0) {
    throw new OptionError(
      `${called}: filters must be a multiple of groups, but ${filters} is not a multiple of ${groups}`,
      {
        stage: called,
      },
    );
  }
  return convolution(
    {
      op: 'conv2d',
      arguments: { filters, groups: groups === 1 ? undefined : groups },
      outputChannels: () => filters,
      kernelChannels: (channels) => [channels / groups, filters],
      checkChannels(input) {
        if ((input[3] ?? 0) % groups === 0) return;
        throw new ShapeError(
          `needs a multiple of ${groups} channels for its ${groups} groups, but got ${describeShape(input)}: change groups or the filters before it`,
        );
      },
      compute(filter, bias, attributes, own) {
        if (groups > 1) return groupedConvolution(filter, bias, groups, attributes, own);
        return (x) => runKernel(FusedConv2D, { x, filter, bias }, attributes);
      },
    },
    options,
  );
}

import { FusedConv2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { count } from '../stage/arguments.ts';
import { OptionError, ShapeError } from '../errors/errors.ts';
import { describeShape } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { convolution, type ConvolutionOptions } from './convolution.ts';
import { groupedConvolution } from './grouped-convolution.ts';
import { runKernel } from './run-kernel.ts';

/** Options of {@link conv2d}; weights: `kernel` `[height, width, channels / groups, filters]`, `bias` `[filters]`. */
export interface Conv2dOptions extends ConvolutionOptions {
  /** How many filters, so how many channels come out. */
  readonly filters: number;
  /** Channels and filters are cut into so many parts, and each filter sees the channels of its part only. Default 1. */
  readonly groups?: number;
}

/**
 * Convolution (cross-correlation, as in all of deep learning): every filter slides over the picture and gives one
 * channel. `[b, h, w, c]` → `[b, h′, w′, filters]`, `h′ = ⌊(h + p − d(k − 1) − 1) / s⌋ + 1`. ONNX `Conv` (with `group`),
 * TF `conv2d`; with `same` padding and strides TF's rule, which is ONNX's `SAME_UPPER`.
 *
 * Throws `OptionError` for an impossible argument, `ShapeError` where the window does not fit or the channels can't be
 * cut into the groups.
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
    throw new OptionError(`${called}: filters must be a multiple of groups, but ${filters} is none of ${groups}`, {
      stage: called,
    });
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
          `needs channels that ${groups} groups can share, but got ${describeShape(input)}: change groups or the filters before it`,
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

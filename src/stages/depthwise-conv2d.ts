import type { Tensor4D } from '@tensorflow/tfjs-core';
import { count } from '../stage/arguments.ts';
import type { Stage } from '../stage/stage.ts';
import { convolution, type ConvolutionOptions } from './convolution.ts';
import { depthwise } from './grouped-convolution.ts';

/** Options of {@link depthwiseConv2d}. Weights: `kernel` `[height, width, channels, depthMultiplier]`, `bias`. */
export interface DepthwiseConv2dOptions extends ConvolutionOptions {
  /** The number of filters per input channel. Default 1. */
  readonly depthMultiplier?: number;
}

/**
 * Depthwise convolution: each channel has its own filters, and channels are not mixed.
 * `[b, h, w, c]` → `[b, h′, w′, c · depthMultiplier]`. ONNX `Conv` with group = c, TF `depthwiseConv2d`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` where the window does not fit.
 *
 * @see {@link conv2d}, {@link separableConv2d}
 *
 * @example
 * const edges = depthwiseConv2d({ kernelSize: 3, padding: 'same', seed: 1 });
 * console.log(edges.outputShape([1, 8, 8, 3])); // [1, 8, 8, 3]
 */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): Stage<Tensor4D, Tensor4D> {
  const depthMultiplier = count(options.name ?? 'depthwiseConv2d', 'depthMultiplier', options.depthMultiplier ?? 1);
  return convolution(
    {
      op: 'depthwiseConv2d',
      arguments: { depthMultiplier },
      outputChannels: (channels) => channels * depthMultiplier,
      kernelChannels: (channels) => [channels, depthMultiplier],
      compute: depthwise,
    },
    options,
  );
}

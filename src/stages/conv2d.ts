import { FusedConv2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { count } from '../shape.ts';
import type { Stage } from '../stage.ts';
import { convolution, type ConvolutionOptions } from './convolution.ts';

/** Options of {@link conv2d}; weights: `kernel` `[height, width, channels, filters]`, `bias` `[filters]`. */
export interface Conv2dOptions extends ConvolutionOptions {
  /** How many filters, so how many channels come out. */
  readonly filters: number;
}

/**
 * Convolution (cross-correlation, as in all of deep learning): every filter slides over the picture and gives one
 * channel. `[b, h, w, c]` → `[b, h′, w′, filters]`, `h′ = ⌊(h + p − d(k − 1) − 1) / s⌋ + 1`. ONNX `Conv`, TF `conv2d`.
 *
 * Throws `OptionError` for an impossible argument, `ShapeError` where the window does not fit.
 *
 * @example
 * const blur = conv2d({ filters: 1, kernelSize: 3, useBias: false, weights: { kernel: new Float32Array(9).fill(1 / 9) } });
 * console.log(blur.outputShape([1, 6, 6, 1])); // [1, 4, 4, 1]
 */
export function conv2d(options: Conv2dOptions): Stage<Tensor4D, Tensor4D> {
  const filters = count(options.name ?? 'conv2d', 'filters', options.filters);
  return convolution(
    {
      op: 'conv2d',
      kernelName: FusedConv2D,
      strideAndDilation: true,
      arguments: { filters },
      outputChannels: () => filters,
      kernelChannels: (channels) => [channels, filters],
    },
    options,
  );
}

import { FusedConv2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkPadding, count, pair } from '../stage/arguments.ts';
import { requireRank, type Shape } from '../stage/shape.ts';
import { windowOutput } from '../stage/window.ts';
import type { Stage } from '../stage/stage.ts';
import { checkActivation } from './activation.ts';
import type { ConvolutionOptions } from './convolution.ts';
import { fuse, kernelPadding } from './fuse.ts';
import { depthwise } from './grouped-convolution.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/**
 * Options of {@link separableConv2d}. Weights: `depthwiseKernel` `[height, width, channels, depthMultiplier]`,
 * `pointwiseKernel` `[1, 1, channels · depthMultiplier, filters]`, `bias` `[filters]`.
 */
export interface SeparableConv2dOptions extends ConvolutionOptions {
  /** The number of output channels. */
  readonly filters: number;
  /** The number of filters per input channel of the depthwise convolution. Default 1. */
  readonly depthMultiplier?: number;
}

/**
 * A depthwise convolution followed by a 1×1 convolution that mixes its channels. It needs about 1/filters + 1/k² of the
 * multiplications of a convolution (Chollet 2016, "Xception"). `[b, h, w, c]` → `[b, h′, w′, filters]`. Keras
 * `SeparableConv2D`, TF `separableConv2d`; in ONNX it is two `Conv`s.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` where the window does not fit.
 *
 * @see {@link conv2d}, {@link depthwiseConv2d}
 *
 * @example
 * const mix = separableConv2d({ filters: 64, kernelSize: 3, padding: 'same', seed: 1 });
 * console.log(mix.outputShape([1, 8, 8, 32])); // [1, 8, 8, 64]
 * console.log(mix.parameterCount([1, 8, 8, 32])); // 2400
 */
export function separableConv2d(options: SeparableConv2dOptions): Stage<Tensor4D, Tensor4D> {
  const { name, activation = 'linear', useBias = true, weights, seed } = options;
  const called = name ?? 'separableConv2d';
  const filters = count(called, 'filters', options.filters);
  const depthMultiplier = count(called, 'depthMultiplier', options.depthMultiplier ?? 1);
  const kernelSize = pair(called, 'kernelSize', options.kernelSize);
  const strides = pair(called, 'strides', options.strides ?? 1);
  const padding = checkPadding(called, options.padding ?? 'valid');
  const dilationRate = pair(called, 'dilationRate', options.dilationRate ?? 1);
  checkActivation(called, activation);
  const window = { size: kernelSize, strides, padding, dilationRate };
  const taps = kernelSize[0] * kernelSize[1];
  const outputShape = (input: Shape) => {
    requireRank(input, ['batch', 'height', 'width', 'channels']);
    return [input[0] ?? 0, ...windowOutput(input, window), filters];
  };
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: {
      op: 'separableConv2d',
      name,
      filters,
      depthMultiplier,
      kernelSize,
      strides,
      padding,
      dilationRate,
      activation,
      useBias,
    },
    weights,
    seed,
    outputShape,
    weightShapes: ([, , , channels = 0]) => ({
      depthwiseKernel: [...kernelSize, channels, depthMultiplier],
      pointwiseKernel: [1, 1, channels * depthMultiplier, filters],
      ...(useBias ? { bias: [filters] } : {}),
    }),
    macs(input) {
      const [batch = 0, height = 0, width = 0] = outputShape(input);
      return batch * height * width * (input[3] ?? 0) * depthMultiplier * (taps + filters);
    },
    fanIn: (input, weight) => (weight === 'depthwiseKernel' ? taps : (input[3] ?? 0) * depthMultiplier),
    kernel(input, { depthwiseKernel, pointwiseKernel, bias }, own) {
      const { attributes, after } = fuse(activation);
      const format = { dataFormat: 'NHWC', dimRoundingMode: 'floor' };
      const plain = { ...format, ...fuse('linear').attributes };
      const all = { ...plain, strides, pad: kernelPadding(input, window), dilations: dilationRate };
      const spread = depthwise(depthwiseKernel as Tensor4D, undefined, all, own);
      const mix = { ...format, ...attributes, strides: [1, 1], pad: 'valid', dilations: [1, 1] };
      return (x) => {
        const y = spread(x);
        const mixed = runKernel(FusedConv2D, { x: y, filter: pointwiseKernel, bias }, mix);
        y.dispose();
        return after(mixed) as Tensor4D;
      };
    },
    clean: true,
    compilable: true,
  });
}

import type { Tensor4D } from '@tensorflow/tfjs-core';
import { checkPadding, count, pair } from '../stage/arguments.ts';
import { OptionError } from '../errors/errors.ts';
import { type Pair, requireRank } from '../stage/shape.ts';
import { type Padding, transposedOutput, transposedStart } from '../stage/window.ts';
import type { Stage } from '../stage/stage.ts';
import { checkActivation } from './activation.ts';
import type { ConvolutionOptions } from './convolution.ts';
import { fuse } from './fuse.ts';
import { spreadKernel } from './spread-kernel.ts';
import { subPixel } from './sub-pixel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link conv2dTranspose}. Weights: `kernel` `[height, width, filters, channels]` as in Keras, `bias` `[filters]`. */
export interface Conv2dTransposeOptions extends ConvolutionOptions {
  /** The number of output channels. */
  readonly filters: number;
  /** Rows and columns added below and to the right: fewer than stride or dilation, and none with `same`. Default 0. */
  readonly outputPadding?: Pair;
}

/**
 * Transposed convolution: each input pixel adds the kernel, multiplied by the pixel's value, to the output; neighbouring
 * pixels do so `strides` apart. It restores the size that a convolution with the same options reduced.
 * `[b, h, w, c]` → `[b, h′, w′, filters]`, `h′ = s(h − 1) + d(k − 1) + 1 − p + outputPadding`, where p is the padding at both
 * ends together, which is removed; with `same`, `h′ = s · h`.
 *
 * ONNX `ConvTranspose`, TF `conv2dTranspose`. Where the stride is larger than the kernel, TensorFlow's `valid` gives s · h
 * rows, the last ones zero. This stage, like ONNX, ends with the kernel; `outputPadding` s − k gives TensorFlow's result.
 * TensorFlow supports neither explicit padding nor dilation here.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` where the padding leaves nothing.
 *
 * @see {@link conv2d}, {@link upsample}
 *
 * @example
 * const up = conv2dTranspose({ filters: 8, kernelSize: 4, strides: 2, padding: 1, seed: 1 });
 * console.log(up.outputShape([1, 14, 14, 16])); // [1, 28, 28, 8]
 */
export function conv2dTranspose(options: Conv2dTransposeOptions): Stage<Tensor4D, Tensor4D> {
  const { name, activation = 'linear', useBias = true, weights, seed } = options;
  const called = name ?? 'conv2dTranspose';
  const filters = count(called, 'filters', options.filters);
  const size = pair(called, 'kernelSize', options.kernelSize);
  const strides = pair(called, 'strides', options.strides ?? 1);
  const padding = checkPadding(called, options.padding ?? 'valid');
  const dilationRate = pair(called, 'dilationRate', options.dilationRate ?? 1);
  const outputPadding = pair(called, 'outputPadding', options.outputPadding ?? 0, 0);
  checkOutputPadding(called, outputPadding, padding, [strides, dilationRate]);
  checkActivation(called, activation);
  const window = { size, strides, padding, dilationRate };
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: {
      op: 'conv2dTranspose',
      name,
      filters,
      kernelSize: size,
      strides,
      padding,
      outputPadding,
      dilationRate,
      activation,
      useBias,
    },
    weights,
    seed,
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      return [input[0] ?? 0, ...transposedOutput(input, window, outputPadding), filters];
    },
    weightShapes: ([, , , channels = 0]) => ({
      kernel: [...size, filters, channels],
      ...(useBias ? { bias: [filters] } : {}),
    }),
    // Each input pixel uses each weight of the kernel once.
    macs: (input) => [...input, ...size, filters].reduce((a, b) => a * b, 1),
    kernel(input, { kernel, bias }, own) {
      const { attributes, after } = fuse(activation);
      const dilated = Math.max(...dilationRate) > 1;
      const compute = subPixel(
        {
          kernel: (dilated ? own(spreadKernel(kernel as Tensor4D, dilationRate)) : kernel) as Tensor4D,
          bias,
          strides,
          before: transposedStart(window),
          input: [input[1] ?? 0, input[2] ?? 0],
          output: transposedOutput(input, window, outputPadding),
          attributes,
        },
        own,
      );
      return (x) => after(compute(x)) as Tensor4D;
    },
    clean: true,
    compilable: true,
  });
}

/** PyTorch's rule: further rows would be out of the kernel's reach. */
function checkOutputPadding(
  called: string,
  outputPadding: readonly [number, number],
  padding: Padding,
  [strides, dilation]: readonly [readonly [number, number], readonly [number, number]],
): void {
  if (Math.max(...outputPadding) === 0) return;
  const what = JSON.stringify(outputPadding);
  if (padding === 'same') {
    throw new OptionError(
      `${called}: outputPadding ${what} cannot be combined with padding 'same', which decides the size: leave it out, or give the padding as a number`,
      { stage: called },
    );
  }
  if (outputPadding.every((extra, i) => extra < Math.max(strides[i] ?? 1, dilation[i] ?? 1))) return;
  throw new OptionError(
    `${called}: outputPadding ${what} must be smaller than strides ${JSON.stringify(strides)} or dilationRate ` +
      JSON.stringify(dilation),
    { stage: called },
  );
}

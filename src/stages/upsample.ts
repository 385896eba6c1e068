import { ResizeBilinear, ResizeNearestNeighbor, type Tensor4D } from '@tensorflow/tfjs-core';
import { pair } from '../stage/arguments.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { enlargedOutput, type Pair, requireRank, type Shape } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

const KERNELS = { nearest: ResizeNearestNeighbor, bilinear: ResizeBilinear } as const;

/** Options of {@link upsample}. */
export interface UpsampleOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The whole factors for height and width. Default 2. */
  readonly size?: Pair;
  /** The height and width of the output, in place of `size`. They may also be smaller than those of the input. */
  readonly outputSize?: Pair;
  /** Default `nearest`: each pixel becomes a block of equal pixels. */
  readonly interpolation?: 'nearest' | 'bilinear';
  /** How output positions map to input positions, by ONNX's names. Default `halfPixel`. */
  readonly coordinates?: 'halfPixel' | 'asymmetric' | 'alignCorners';
}

/**
 * Enlarges the picture by whole factors, or resizes it to `outputSize`. `[b, h, w, c]` → `[b, h · size, w · size, c]`.
 *
 * By default, `bilinear` maps output position o to input position (o + ½) / size − ½ and repeats the edges, as ONNX `Resize`
 * with `half_pixel`, TensorFlow 2 and Keras do. tfjs-layers and TensorFlow 1 map it to o / size, which shifts the picture:
 * ONNX's `asymmetric`. For `nearest` with whole factors both are the same. `alignCorners` maps the corners to the corners.
 * Unlike {@link resize}, which works on pictures, it takes no mean of the pixels where it makes the picture smaller.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for an input that is not a picture.
 *
 * @see {@link conv2dTranspose}, {@link resize}
 *
 * @example
 * console.log(upsample({ size: 2 }).outputShape([1, 14, 14, 8])); // [1, 28, 28, 8]
 */
export function upsample(options: UpsampleOptions = {}): Stage<Tensor4D, Tensor4D> {
  const { name, interpolation = 'nearest', coordinates = 'halfPixel' } = options;
  const called = name ?? 'upsample';
  const { outputSize: wanted } = options;
  if (wanted !== undefined && options.size !== undefined) {
    throw new OptionError(`${called}: give size or outputSize, not both`, { stage: called });
  }
  const outputSize = wanted === undefined ? undefined : pair(called, 'outputSize', wanted);
  const size = outputSize ? undefined : pair(called, 'size', options.size ?? 2);
  if (typeof interpolation !== 'string' || !Object.hasOwn(KERNELS, interpolation)) {
    throw new OptionError(
      `${called}: interpolation must be 'nearest' or 'bilinear', not ${describeValue(interpolation)}`,
      { stage: called },
    );
  }
  if (coordinates !== 'halfPixel' && coordinates !== 'asymmetric' && coordinates !== 'alignCorners') {
    throw new OptionError(
      `${called}: coordinates must be 'halfPixel', 'asymmetric' or 'alignCorners', not ${describeValue(coordinates)}`,
      { stage: called },
    );
  }
  // Only in the spec where it matters, so that older specs stay equal.
  const same =
    coordinates === 'halfPixel' || (size !== undefined && interpolation === 'nearest' && coordinates === 'asymmetric');
  const outputOf = (input: Shape): Shape =>
    size ? enlargedOutput(input, size) : [input[0] ?? 0, ...(outputSize ?? []), input[3] ?? 0];
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: { op: 'upsample', name, size, outputSize, interpolation, coordinates: same ? undefined : coordinates },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      return outputOf(input);
    },
    kernel(input) {
      const [, height, width] = outputOf(input);
      const alignCorners = coordinates === 'alignCorners';
      const attributes = { alignCorners, halfPixelCenters: same, size: [height, width] };
      return (images) => runKernel(KERNELS[interpolation], { images }, attributes) as Tensor4D;
    },
    clean: true,
    compilable: true,
  });
}

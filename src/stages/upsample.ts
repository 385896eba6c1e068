import { ResizeBilinear, ResizeNearestNeighbor, type Tensor4D } from '@tensorflow/tfjs-core';
import { pair } from '../stage/arguments.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { enlargedOutput, type Pair, requireRank } from '../stage/shape.ts';
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
  /** Default `nearest`: each pixel becomes a block of equal pixels. */
  readonly interpolation?: 'nearest' | 'bilinear';
  /** `bilinear`: how output positions map to input positions, by ONNX's names. Default `halfPixel`. */
  readonly coordinates?: 'halfPixel' | 'asymmetric';
}

/**
 * Enlarges the picture by whole factors. `[b, h, w, c]` → `[b, h · size, w · size, c]`.
 *
 * By default, `bilinear` maps output position o to input position (o + ½) / size − ½ and repeats the edges, as ONNX `Resize`
 * with `half_pixel`, TensorFlow 2 and Keras do. tfjs-layers and TensorFlow 1 map it to o / size, which shifts the picture:
 * ONNX's `asymmetric`. For `nearest` both are the same.
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
  const size = pair(called, 'size', options.size ?? 2);
  if (typeof interpolation !== 'string' || !Object.hasOwn(KERNELS, interpolation)) {
    throw new OptionError(
      `${called}: interpolation must be 'nearest' or 'bilinear', not ${describeValue(interpolation)}`,
      { stage: called },
    );
  }
  if (coordinates !== 'halfPixel' && coordinates !== 'asymmetric') {
    throw new OptionError(
      `${called}: coordinates must be 'halfPixel' or 'asymmetric', not ${describeValue(coordinates)}`,
      { stage: called },
    );
  }
  // Only in the spec where it is not the default, so that older specs stay equal.
  const shifted = interpolation === 'bilinear' && coordinates === 'asymmetric';
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: { op: 'upsample', name, size, interpolation, coordinates: shifted ? coordinates : undefined },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      return enlargedOutput(input, size);
    },
    kernel(input) {
      const [, height, width] = enlargedOutput(input, size);
      const attributes = { alignCorners: false, halfPixelCenters: !shifted, size: [height, width] };
      return (images) => runKernel(KERNELS[interpolation], { images }, attributes) as Tensor4D;
    },
    clean: true,
    compilable: true,
  });
}

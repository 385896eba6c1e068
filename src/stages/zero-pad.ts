import { PadV2, type Tensor4D } from '@tensorflow/tfjs-core';
import { sides } from '../stage/arguments.ts';
import { paddedOutput, requireRank, type Sides } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link zeroPad}. */
export interface ZeroPadOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The number of rows and columns to add on each side, or `[[top, bottom], [left, right]]`. */
  readonly padding: number | Sides;
}

/**
 * Adds zeros around the picture. `[b, h, w, c]` → `[b, top + h + bottom, left + w + right, c]`. Keras `ZeroPadding2D`,
 * ONNX `Pad` (constant), TF `pad`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for an input that is not a picture.
 *
 * @see {@link crop}, {@link conv2d}
 *
 * @example
 * console.log(zeroPad({ padding: [[0, 1], [0, 1]] }).outputShape([1, 224, 224, 3])); // [1, 225, 225, 3]
 */
export function zeroPad(options: ZeroPadOptions): Stage<Tensor4D, Tensor4D> {
  const { name } = options;
  const padding = sides(name ?? 'zeroPad', 'padding', options.padding);
  const attributes = { paddings: [[0, 0], ...padding, [0, 0]], constantValue: 0 };
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: { op: 'zeroPad', name, padding },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      return paddedOutput(input, padding);
    },
    kernel: () => (x) => runKernel(PadV2, { x }, attributes) as Tensor4D,
    clean: true,
    compilable: true,
  });
}

import { Slice, type Tensor4D } from '@tensorflow/tfjs-core';
import { sides } from '../stage/arguments.ts';
import { croppedOutput, requireRank, type Sides } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link crop}. */
export interface CropOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The number of rows and columns to remove on each side, or `[[top, bottom], [left, right]]`. */
  readonly cropping: number | Sides;
}

/**
 * Removes rows and columns from the sides. `[b, h, w, c]` → `[b, h − top − bottom, w − left − right, c]`. Keras
 * `Cropping2D`, ONNX `Slice`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` where nothing is left.
 *
 * @see {@link zeroPad}
 *
 * @example
 * console.log(crop({ cropping: 16 }).outputShape([1, 256, 256, 3])); // [1, 224, 224, 3]
 */
export function crop(options: CropOptions): Stage<Tensor4D, Tensor4D> {
  const { name } = options;
  const cropping = sides(name ?? 'crop', 'cropping', options.cropping);
  const begin = [0, cropping[0][0], cropping[1][0], 0];
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: { op: 'crop', name, cropping },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      return [input[0] ?? 0, ...croppedOutput(input, cropping), input[3] ?? 0];
    },
    kernel(input) {
      const [rows, columns] = croppedOutput(input, cropping);
      return (x) => runKernel(Slice, { x }, { begin, size: [x.shape[0], rows, columns, input[3]] }) as Tensor4D;
    },
    clean: true,
    compilable: true,
  });
}

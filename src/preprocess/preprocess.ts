import type { Tensor4D } from '@tensorflow/tfjs-core';
import { OptionError } from '../errors.ts';
import { stage, type Stage } from '../stage.ts';
import { resolveResize, type ResizeOptions } from './fit.ts';
import { affine, normalization, type NormalizeOptions } from './normalize.ts';
import { blankPixels, requirePicture, type Pixels } from './pixels.ts';
import { resizePixels } from './resize.ts';
import { pixelsToTensor } from './to-tensor.ts';

/** How a network wants its pictures. */
export type PreprocessOptions = ResizeOptions & NormalizeOptions;

/**
 * `resize`, `toTensor` and `normalize` in one pass: Pixels `[1, h, w, 3 | 4]` → `[1, height, width, 3]` as the network
 * wants it. A source given the same options (`videoFile(path, { resize })`) resizes while it decodes.
 *
 * Throws `OptionError` as the three do.
 *
 * @example
 * const ready = preprocess({ width: 224, height: 224, centralFraction: 0.875, range: [-1, 1] });
 * console.log(ready.outputShape([1, 720, 1280, 3])); // [1, 224, 224, 3]
 */
export function preprocess(options: PreprocessOptions): Stage<Pixels, Tensor4D> {
  const size = resolveResize(options);
  const { scale, offset } = affine(options);
  if (scale.length !== 1 && scale.length !== 3) {
    throw new OptionError(`preprocess: mean and std must be one number or three, not ${scale.length}`);
  }
  return stage<Pixels, Tensor4D>({
    spec: { op: 'preprocess', ...size, ...normalization(options) },
    blank: blankPixels,
    outputShape(input) {
      requirePicture(input);
      return [1, size.height, size.width, 3];
    },
    kernel() {
      const convert = pixelsToTensor(scale, offset);
      return (pixels) => convert(resizePixels(pixels, size));
    },
    clean: true,
  });
}

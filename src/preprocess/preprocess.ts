import type { Tensor4D } from '@tensorflow/tfjs-core';
import { OptionError } from '../errors/errors.ts';
import type { Stage } from '../stage/stage.ts';
import { resolveResize, type ResizeOptions } from './fit.ts';
import { blankPixels, requirePicture, type Pixels } from '../stage/pixels.ts';
import { resizePixels } from './resize.ts';
import { checkChannels, pixelsToTensor, rgbBytes, type ToTensorOptions } from './to-tensor.ts';
import { affine, normalization, type NormalizeOptions } from '../stage/normalization.ts';
import { stage } from '../stages/define-stage.ts';

/** How pictures are prepared for a model: their size and fit, their channels, and their range of values. */
export type PreprocessOptions = ResizeOptions & ToTensorOptions & NormalizeOptions;

/**
 * Does the work of `resize`, `toTensor` and `normalize` in one pass: Pixels `[1, h, w, 3 | 4]` → `[1, height, width,
 * channels]` as a model needs it. A source with the same options (`videoFile(path, { resize })`) resizes while it
 * decodes.
 *
 * Throws `OptionError` as these three do.
 *
 * @see {@link resize}, {@link toTensor}, {@link normalize}
 *
 * @example
 * const ready = preprocess({ width: 224, height: 224, centralFraction: 0.875, range: [-1, 1] });
 * console.log(ready.outputShape([1, 720, 1280, 3])); // [1, 224, 224, 3]
 */
export function preprocess(options: PreprocessOptions): Stage<Pixels, Tensor4D> {
  const size = resolveResize(options);
  const { channels = 3 } = options;
  checkChannels('preprocess', channels);
  const { scale, offset } = affine(options);
  if (scale.length !== 1 && scale.length !== channels) {
    const many = channels === 1 ? 'one number' : 'one number or three';
    throw new OptionError(`preprocess: mean and std must be ${many}, not ${scale.length}`);
  }
  return stage<Pixels, Tensor4D>({
    options,
    spec: {
      op: 'preprocess',
      ...size,
      channels,
      range: undefined,
      mean: undefined,
      std: undefined,
      ...normalization(options),
    },
    blank: blankPixels,
    outputShape(input) {
      requirePicture(input);
      return [1, size.height, size.width, channels];
    },
    kernel() {
      const convert = pixelsToTensor(channels, scale, offset);
      return (pixels) => convert(resizePixels(pixels, size));
    },
    clean: true,
    fromPixels: channels === 3 ? { bytes: (pixels) => rgbBytes(resizePixels(pixels, size)), scale, offset } : undefined,
  });
}

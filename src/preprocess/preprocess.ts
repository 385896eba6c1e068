import type { Tensor4D } from '@tensorflow/tfjs-core';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { OptionError } from '../errors/errors.ts';
import type { Stage } from '../stage/stage.ts';
import { lookAfter, RESIZE_NAMES, resizeSpec, resolveResize, type ResizeOptions } from './fit.ts';
import { blankPixels, requirePicture, type Pixels } from '../stage/pixels.ts';
import { loadDigit } from './load-digit.ts';
import { NORMALIZE_NAMES } from './normalize.ts';
import { resizePixels } from './resize.ts';
import { bytesInOrder, pixelsToTensor, tensorForm, TO_TENSOR_NAMES, type ToTensorOptions } from './to-tensor.ts';
import { affine, normalization, type NormalizeOptions } from '../stage/normalization.ts';
import { stage } from '../stages/define-stage.ts';

/** Options of {@link preprocess}: the size, the channels and the value range that a model needs. */
export type PreprocessOptions = ResizeOptions & ToTensorOptions & NormalizeOptions;

/** @internal */
export const PREPROCESS_NAMES: OptionNames<PreprocessOptions> = {
  ...RESIZE_NAMES,
  ...TO_TENSOR_NAMES,
  ...NORMALIZE_NAMES,
};

/**
 * `resize`, `toTensor` and `normalize` in one pass: Pixels `[1, h, w, 3 | 4]` → float32 `[1, height, width, channels]`, or with
 * `layout: 'nchw'` `[1, channels, height, width]`. {@link presets} has the options of known families of models.
 *
 * A source with the same options (`videoFile(path, { resize })`) resizes while it decodes, which is faster; its pictures are
 * not resized again. Throws `OptionError` as the three stages do.
 *
 * @see {@link presets}, {@link resize}, {@link toTensor}, {@link normalize}
 *
 * @example
 * const ready = preprocess({ width: 224, height: 224, centralFraction: 0.875, range: [-1, 1] });
 * console.log(ready.outputShape([1, 720, 1280, 3])); // [1, 224, 224, 3]
 */
export function preprocess(options: PreprocessOptions): Stage<Pixels, Tensor4D> {
  checkOptions('preprocess', options, PREPROCESS_NAMES);
  const size = resolveResize(options);
  if (size.fit === 'digit') loadDigit();
  const form = tensorForm('preprocess', options);
  const { channels } = form;
  const { scale, offset } = affine(options);
  if (scale.length !== 1 && scale.length !== channels) {
    const many = channels === 1 ? 'one number' : 'one number or three';
    throw new OptionError(`preprocess: mean and std must be ${many}, not ${scale.length}`);
  }
  return stage<Pixels, Tensor4D>({
    spec: {
      op: 'preprocess',
      ...resizeSpec(size),
      ...form.spec,
      ...normalization(options),
    },
    blank: blankPixels,
    outputShape(input) {
      requirePicture(input);
      return form.shape(size.height, size.width);
    },
    kernel() {
      const convert = pixelsToTensor(form, scale, offset);
      return (pixels) => convert(resizePixels(pixels, size));
    },
    clean: true,
    lookAfter: (picture) => lookAfter(picture, size),
    fromPixels: form.isRow
      ? { bytes: (pixels) => bytesInOrder(resizePixels(pixels, size), form), scale, offset }
      : undefined,
  });
}

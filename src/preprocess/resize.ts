import { checkOptions } from '../errors/check-options.ts';
import type { Stage } from '../stage/stage.ts';
import { fitRectangles, lookAfter, RESIZE_NAMES, resizeSpec, resolveResize, type ResizeOptions } from './fit.ts';
import { digitPixels, loadDigit } from './load-digit.ts';
import { scalePart } from './scale.ts';
import { blankPixels, checkPixels, requirePicture, type Pixels } from '../stage/pixels.ts';
import { stage } from '../stages/define-stage.ts';

/**
 * Resizes pictures: Pixels `[1, h, w, 3 | 4]` → Pixels `[1, height, width, 3]`.
 *
 * By default it shrinks by area average and enlarges bilinearly (half-pixel centres); `resizeMethod` has other ways. Transparent pixels are blended with white. A
 * picture that its source has already resized with the same options passes unchanged. Throws `OptionError`.
 *
 * @see {@link preprocess}, {@link toTensor}
 *
 * @example
 * const square = resize({ width: 224, height: 224, fit: 'cover' });
 * console.log(square.outputShape([1, 720, 1280, 3])); // [1, 224, 224, 3]
 */
export function resize(options: ResizeOptions): Stage<Pixels, Pixels> {
  checkOptions('resize', options, RESIZE_NAMES);
  const resolved = resolveResize(options);
  if (resolved.fit === 'digit') loadDigit();
  return stage<Pixels, Pixels>({
    spec: { op: 'resize', ...resizeSpec(resolved) },
    blank: blankPixels,
    outputShape(input) {
      requirePicture(input);
      return [1, resolved.height, resolved.width, 3];
    },
    kernel: () => (pixels) => resizePixels(pixels, resolved),
    lookAfter: (picture) => lookAfter(picture, resolved),
    clean: true,
  });
}

/** @internal A picture brought to the size that the options ask for. Throws `ShapeError`. */
export function resizePixels(pixels: Pixels, options: Required<ResizeOptions>): Pixels {
  const look = lookAfter(pixels, options);
  if (look === pixels) return pixels;
  checkPixels(pixels);
  const { width, height, fit, resizeMethod } = options;
  if (fit === 'digit') return { ...digitPixels(pixels, options), ...look };
  const { source, target } = fitRectangles(pixels.width, pixels.height, options);
  // Each method would give the same bytes.
  const isWhole = source.width === pixels.width && source.height === pixels.height;
  const hasSize = pixels.width === width && pixels.height === height;
  if (isWhole && hasSize && pixels.channels === 3) return { ...look, channels: 3, data: pixels.data };
  const data = scalePart(pixels, source, { width, height }, target, resizeMethod);
  return { ...look, channels: 3, data };
}

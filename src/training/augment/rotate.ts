import type { MonoTypeOperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { Frame } from '../../frames/frame.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { mapPixels, type AugmentOptions } from './map-pixels.ts';
import { moved, type Colour } from './moved.ts';
import { numberUpTo } from '../../stage/arguments.ts';

/** Options of {@link rotate}. */
export interface RotateOptions extends AugmentOptions {
  /** The largest angle to either side, 0 to 180. */
  readonly degrees: number;
  /** The largest shift to either side, as a share of the picture's width and height, 0 to 1. Default 0. */
  readonly translate?: number;
  /** What is outside of the picture: a grey level or [red, green, blue], 0 to 255. Default 0: black. */
  readonly fill?: number | readonly [red: number, green: number, blue: number];
}

const NAMES: OptionNames<RotateOptions> = { degrees: true, translate: true, fill: true, seed: true };

/**
 * Turns pictures about their centre by a random angle, to train on: Pixels `[1, h, w, 3 | 4]` → the same shape. The angle is
 * uniform from −`degrees` to `degrees`. With `translate` it also shifts them: right or left by up to that share of the width, and
 * up or down by up to that share of the height.
 *
 * Values between pixels are interpolated bilinearly. To shift pictures by whole pixels only, without interpolation, use
 * {@link randomCrop} with a padding.
 *
 * A frame without a picture fails with a `ShapeError`. Throws `OptionError` for options out of their range, and for a seed that
 * is not a whole number.
 *
 * @see {@link flip}, {@link randomCrop}, {@link jitter}
 *
 * @example
 * const photos = images(['a.jpg', 'b.png'], { resize: { width: 32, height: 32 } });
 * photos.pipe(rotate({ degrees: 10, translate: 0.1 })).subscribe(({ data }) => draw(data));
 */
export function rotate(options: RotateOptions): MonoTypeOperatorFunction<Frame<Pixels>> {
  checkOptions('rotate', options, NAMES);
  const { degrees, translate = 0, fill = 0 } = options;
  numberUpTo('rotate', 'degrees', degrees, 180);
  numberUpTo('rotate', 'translate', translate, 1);
  const outside = colour(fill);
  return mapPixels('rotate', options, (pixels, random) => {
    const either = (most: number) => most * (2 * random() - 1);
    const [angle, right, down] = [either(degrees), either(translate), either(translate)];
    if (angle === 0 && right === 0 && down === 0) return pixels;
    return moved(pixels, { degrees: angle, right: right * pixels.width, down: down * pixels.height }, outside);
  });
}

function colour(fill: unknown): Colour {
  const values: readonly unknown[] = Array.isArray(fill) && fill.length === 3 ? fill : [fill, fill, fill];
  const check = (value: unknown) => numberUpTo('rotate', 'fill', value, 255, ' or three of them, [red, green, blue]');
  return [check(values[0]), check(values[1]), check(values[2])];
}

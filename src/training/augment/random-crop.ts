import type { MonoTypeOperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import { MAX_SIDE } from '../../preprocess/fit.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { mapPixels, type AugmentOptions } from './map-pixels.ts';
import { withData } from './with-data.ts';

/** Options of {@link randomCrop}. */
export interface RandomCropOptions extends AugmentOptions {
  /** Pixels, 1 to 16,384. */
  readonly width: number;
  /** Pixels, 1 to 16,384. */
  readonly height: number;
  /** How many black pixels are put around the picture before the window is cut out, 0 to 16,384. Default 0. */
  readonly padding?: number;
}

const NAMES: OptionNames<RandomCropOptions> = { width: true, height: true, padding: true, seed: true };

/**
 * Cuts a window out of pictures at a random place, to train on: Pixels `[1, h, w, 3 | 4]` → Pixels `[1, height, width, 3 | 4]`.
 * Every place at which the window lies within the padded picture is equally likely.
 *
 * A window of the picture's own size with some padding shifts the picture: `padding: 4` is usual for 32 × 32 pixels (CIFAR-10; He
 * et al. 2016). The picture then counts as resized if it did before. A window of another size does not, so `preprocess` brings it
 * to the size of the model.
 *
 * A picture that is smaller than the window, with its padding, fails with a `ShapeError`, as a frame without a picture does. Throws
 * `OptionError` for an impossible size or padding, and for a seed that is not a whole number.
 *
 * @see {@link flip}, {@link rotate}, {@link crop}
 *
 * @example
 * const photos = images(['a.jpg', 'b.png'], { resize: { width: 32, height: 32 } });
 * photos.pipe(randomCrop({ width: 32, height: 32, padding: 4 })).subscribe(({ data }) => draw(data));
 */
export function randomCrop(options: RandomCropOptions): MonoTypeOperatorFunction<Frame<Pixels>> {
  checkOptions('randomCrop', options, NAMES);
  const { padding = 0 } = options;
  const [width, height] = [side('width', options.width), side('height', options.height)];
  side('padding', padding, 0);
  return mapPixels('randomCrop', options, (pixels, random) => {
    const [across, down] = [pixels.width + 2 * padding - width, pixels.height + 2 * padding - height];
    if (across < 0 || down < 0) {
      const padded = padding > 0 ? ` with ${padding} pixels around it` : '';
      throw new ShapeError(`a picture of ${pixels.width}×${pixels.height}${padded} is smaller than ${width}×${height}`);
    }
    const left = Math.floor(random() * (across + 1)) - padding;
    const top = Math.floor(random() * (down + 1)) - padding;
    return cropped(pixels, { left, top, width, height });
  });
}

function side(option: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least && value <= MAX_SIDE) return value;
  throw new OptionError(
    `randomCrop: ${option} must be a whole number from ${least} to ${MAX_SIDE}, not ${describeValue(value)}`,
    { stage: 'randomCrop' },
  );
}

/** A part of a picture in pixels, which may lie outside of it. */
interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What is outside of the picture is black, and opaque. */
function cropped(pixels: Pixels, { left, top, width, height }: Window): Pixels {
  const { channels, data } = pixels;
  const out = new Uint8Array(width * height * channels);
  if (channels === 4) for (let alpha = 3; alpha < out.length; alpha += 4) out[alpha] = 255;
  const [first, end] = [Math.max(0, left), Math.min(pixels.width, left + width)];
  for (let y = Math.max(0, top); y < Math.min(pixels.height, top + height) && first < end; y++) {
    const row = y * pixels.width;
    const to = (y - top) * width + first - left;
    out.set(data.subarray((row + first) * channels, (row + end) * channels), to * channels);
  }
  const isSameSize = width === pixels.width && height === pixels.height;
  return isSameSize ? withData(pixels, out) : { width, height, channels, data: out };
}

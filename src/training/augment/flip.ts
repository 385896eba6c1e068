import type { MonoTypeOperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { Frame } from '../../frames/frame.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { mapPixels, type AugmentOptions } from './map-pixels.ts';
import { numberUpTo } from '../../stage/arguments.ts';
import { withData } from './with-data.ts';

/** Options of {@link flip}. */
export interface FlipOptions extends AugmentOptions {
  /** The probability that left and right are exchanged, 0 to 1; true is 0.5 and false 0. Default 0.5. */
  readonly horizontal?: boolean | number;
  /** The probability that top and bottom are exchanged, 0 to 1; true is 0.5 and false 0. Default 0. */
  readonly vertical?: boolean | number;
}

const NAMES: OptionNames<FlipOptions> = { horizontal: true, vertical: true, seed: true };

/**
 * Mirrors pictures at random, to train on: Pixels `[1, h, w, 3 | 4]` → the same shape. A picture that is not mirrored passes as it
 * is. Leave it out where mirrored pictures mean something else, as digits and texts do.
 *
 * A frame without a picture fails with a `ShapeError`. Throws `OptionError` for a probability that is none, and for a seed that
 * is not a whole number.
 *
 * @see {@link randomCrop}, {@link rotate}, {@link jitter}
 *
 * @example
 * const photos = images(['a.jpg', 'b.png'], { resize: { width: 32, height: 32 } });
 * photos.pipe(flip({ vertical: true })).subscribe(({ data }) => draw(data));
 */
export function flip(options: FlipOptions = {}): MonoTypeOperatorFunction<Frame<Pixels>> {
  checkOptions('flip', options, NAMES);
  const { horizontal = true, vertical = false } = options;
  const [sidewaysShare, upsideDownShare] = [probability('horizontal', horizontal), probability('vertical', vertical)];
  return mapPixels('flip', options, (pixels, random) => {
    const [sideways, upsideDown] = [random() < sidewaysShare, random() < upsideDownShare];
    return sideways || upsideDown ? flipped(pixels, sideways, upsideDown) : pixels;
  });
}

function probability(option: string, value: unknown): number {
  if (typeof value === 'boolean') return value ? 0.5 : 0;
  return numberUpTo('flip', option, value, 1, ', true or false');
}

function flipped(pixels: Pixels, sideways: boolean, upsideDown: boolean): Pixels {
  const { width, height, channels, data } = pixels;
  const out = new Uint8Array(data.length);
  const length = width * channels;
  for (let y = 0; y < height; y++) {
    const from = (upsideDown ? height - 1 - y : y) * length;
    const row = data.subarray(from, from + length);
    if (sideways) setReversed(out, row, y * length, channels);
    else out.set(row, y * length);
  }
  return withData(pixels, out);
}

/** Writes a row with its last pixel first. */
function setReversed(out: Uint8Array, row: Pixels['data'], at: number, channels: number): void {
  for (let from = row.length - channels, to = at; from >= 0; from -= channels, to += channels) {
    for (let c = 0; c < channels; c++) out[to + c] = row[from + c] as number;
  }
}

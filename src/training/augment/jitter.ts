import type { MonoTypeOperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { Frame } from '../../frames/frame.ts';
import { LUMA } from '../../preprocess/to-tensor.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { mapPixels, type AugmentOptions } from './map-pixels.ts';
import { numberUpTo } from '../../stage/arguments.ts';
import { withData } from './with-data.ts';

/** Options of {@link jitter}: the largest relative changes. With x, a factor is drawn from max(0, 1 − x) to 1 + x. */
export interface JitterOptions extends AugmentOptions {
  /** The largest relative change of all values; at least 0. Default 0. */
  readonly brightness?: number;
  /** The largest relative change of the distance from the picture's mean grey; at least 0. Default 0. */
  readonly contrast?: number;
  /** The largest relative change of the distance of each pixel from its grey; at least 0. Default 0. */
  readonly saturation?: number;
}

const NAMES: OptionNames<JitterOptions> = { brightness: true, contrast: true, saturation: true, seed: true };

/**
 * Changes the colours of pictures at random, to train on: Pixels `[1, h, w, 3 | 4]` → the same shape. Alpha stays as it is.
 *
 * Three factors are drawn for each picture, and applied one after the other to each value v from 0 to 255:
 *
 * - brightness b: v · b
 * - contrast c: v · c + (1 − c) · m, with m the mean grey of all pixels
 * - saturation s: v · s + (1 − s) · g, with g the grey of the pixel
 *
 * After each step values are limited to 0–255, and after the last one they are rounded. Grey is the luma, 0.299 R + 0.587 G +
 * 0.114 B (ITU-R BT.601). The factors and formulas are those of torchvision's `ColorJitter`, which takes the steps in a random
 * order and rounds after each of them.
 *
 * A frame without a picture fails with a `ShapeError`. Throws `OptionError` for a change that is not a number of at least 0, and
 * for a seed that is not a whole number.
 *
 * @see {@link flip}, {@link randomCrop}, {@link rotate}
 *
 * @example
 * const photos = images(['a.jpg', 'b.png'], { resize: { width: 32, height: 32 } });
 * photos.pipe(jitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2 })).subscribe(({ data }) => draw(data));
 */
export function jitter(options: JitterOptions = {}): MonoTypeOperatorFunction<Frame<Pixels>> {
  checkOptions('jitter', options, NAMES);
  const [brightness, contrast, saturation] = [
    change('brightness', options.brightness),
    change('contrast', options.contrast),
    change('saturation', options.saturation),
  ];
  return mapPixels('jitter', options, (pixels, random) => {
    const factors = {
      brightness: factor(brightness, random),
      contrast: factor(contrast, random),
      saturation: factor(saturation, random),
    };
    return Object.values(factors).every((one) => one === 1) ? pixels : adjusted(pixels, factors);
  });
}

function change(option: string, value: unknown = 0): number {
  return numberUpTo('jitter', option, value, Infinity);
}

function factor(change: number, random: () => number): number {
  const least = Math.max(0, 1 - change);
  return least + random() * (1 + change - least);
}

/** What the values of a picture are multiplied by; 1 leaves them as they are. */
interface Factors {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/** @internal The picture with other colours, by the formulas of {@link jitter}. */
export function adjusted(pixels: Pixels, { brightness, contrast, saturation }: Factors): Pixels {
  const { width, height, channels, data } = pixels;
  const bright = Float64Array.from({ length: 256 }, (_, value) => limited(value * brightness));
  const mean = contrast === 1 ? 0 : meanGrey(pixels, bright);
  const table = bright.map((value) => limited(value * contrast + (1 - contrast) * mean));
  const out = new Uint8ClampedArray(data.length);
  const length = width * channels;
  for (let y = 0; y < height; y++) saturateRow(data, table, saturation, out, y * length, length, channels);
  return withData(pixels, out);
}

function limited(value: number): number {
  return Math.min(Math.max(value, 0), 255);
}

function greyOf(red: number, green: number, blue: number): number {
  return LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue;
}

/** The mean grey of a picture whose values a table changes. */
function meanGrey({ width, height, channels, data }: Pixels, table: Float64Array): number {
  const sums = [0, 1, 2].map((c) => {
    let sum = 0;
    for (let i = c; i < data.length; i += channels) sum += table[data[i] as number] as number;
    return sum;
  }) as [number, number, number];
  return greyOf(...sums) / (width * height);
}

// One row a call: a loop over a whole picture, entered once per frame, would be compiled late or never.
function saturateRow(
  data: Pixels['data'],
  table: Float64Array,
  saturation: number,
  out: Uint8ClampedArray,
  at: number,
  length: number,
  channels: number,
): void {
  for (let i = at; i < at + length; i += channels) {
    const red = table[data[i] as number] as number;
    const green = table[data[i + 1] as number] as number;
    const blue = table[data[i + 2] as number] as number;
    const grey = (1 - saturation) * greyOf(red, green, blue);
    out[i] = red * saturation + grey;
    out[i + 1] = green * saturation + grey;
    out[i + 2] = blue * saturation + grey;
    if (channels === 4) out[i + 3] = data[i + 3] as number;
  }
}

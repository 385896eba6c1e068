import { checkOptions } from '../errors/check-options.ts';
import type { Stage } from '../stage/stage.ts';
import { fitRectangles, RESIZE_NAMES, resizeKey, resizeSpec, resolveResize, type ResizeOptions } from './fit.ts';
import { taps, type Taps } from './taps.ts';
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
  return stage<Pixels, Pixels>({
    spec: { op: 'resize', ...resizeSpec(resolved) },
    blank: blankPixels,
    outputShape(input) {
      requirePicture(input);
      return [1, resolved.height, resolved.width, 3];
    },
    kernel: () => (pixels) => resizePixels(pixels, resolved),
    clean: true,
  });
}

/** @internal */
export function resizePixels(pixels: Pixels, options: Required<ResizeOptions>): Pixels {
  const key = resizeKey(options);
  if (pixels.resized === key) return pixels;
  checkPixels(pixels);
  const { width, height, resizeMethod } = options;
  const { source, target } = fitRectangles(pixels.width, pixels.height, options);
  const columns = taps(resizeMethod, pixels.width, source.x, source.width, target.width);
  const rows = taps(resizeMethod, pixels.height, source.y, source.height, target.height);
  const firstColumn = columns[0]?.first ?? 0;
  const data = new Uint8ClampedArray(width * height * 3);
  const sum = new Float32Array((afterLast(columns) - firstColumn) * 3);
  rows.forEach(({ first, weights }, y) => {
    sum.fill(0);
    weights.forEach((weight, tap) => addRow(pixels, firstColumn, first + tap, weight, sum));
    shrinkRow(sum, firstColumn, columns, data, ((y + target.y) * width + target.x) * 3);
  });
  return { width, height, channels: 3, data, resized: key };
}

function afterLast(all: readonly Taps[]): number {
  const last = all.at(-1);
  return last ? last.first + last.weights.length : 0;
}

/** The vertical pass: adds a weighted row, blended with white, to the sum. */
function addRow(pixels: Pixels, firstColumn: number, y: number, weight: number, sum: Float32Array): void {
  const { width, channels, data } = pixels;
  let at = (y * width + firstColumn) * channels;
  if (channels === 3) {
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + weight * (data[at++] as number);
    return;
  }
  for (let i = 0; i < sum.length; at += 4) {
    const part = (weight * (data[at + 3] as number)) / 255;
    const white = 255 * (weight - part);
    for (let c = 0; c < 3; c++, i++) sum[i] = (sum[i] as number) + part * (data[at + c] as number) + white;
  }
}

/** The horizontal pass over one row of sums. */
function shrinkRow(
  sum: Float32Array,
  firstColumn: number,
  columns: readonly Taps[],
  out: Uint8ClampedArray,
  offset: number,
): void {
  let o = offset;
  for (const { first, weights } of columns) {
    let [r, g, b, at] = [0, 0, 0, (first - firstColumn) * 3];
    for (let tap = 0; tap < weights.length; tap++, at += 3) {
      const weight = weights[tap] as number;
      r += weight * (sum[at] as number);
      g += weight * (sum[at + 1] as number);
      b += weight * (sum[at + 2] as number);
    }
    out[o++] = r;
    out[o++] = g;
    out[o++] = b;
  }
}

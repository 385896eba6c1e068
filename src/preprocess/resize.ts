import { stage, type Stage } from '../stage.ts';
import { fitRectangles, resizeKey, resolveResize, type Rectangle, type ResizeOptions } from './fit.ts';
import { checkPixels, type Pixels } from './pixels.ts';

/**
 * Brings pictures to one size: area average where it shrinks, bilinear (half-pixel centres) where it enlarges.
 * Transparent pixels are laid over white. Pixels `[1, h, w, 3 | 4]` → Pixels `[1, height, width, 3]`.
 *
 * A picture that its source already resized with the same options passes as it is. Throws `OptionError`.
 *
 * @example
 * const square = resize({ width: 224, height: 224, fit: 'cover' });
 * console.log(square.outputShape([1, 720, 1280, 3])); // [1, 224, 224, 3]
 */
export function resize(options: ResizeOptions): Stage<Pixels, Pixels> {
  const resolved = resolveResize(options);
  return stage<Pixels, Pixels>({
    spec: { op: 'resize', ...resolved },
    outputShape: () => [1, resolved.height, resolved.width, 3],
    kernel: () => (pixels) => resizePixels(pixels, resolved),
    clean: true,
  });
}

/** @internal */
export function resizePixels(pixels: Pixels, options: Required<ResizeOptions>): Pixels {
  const key = resizeKey(options);
  if (pixels.resized === key) return pixels;
  checkPixels(pixels);
  const { width, height } = options;
  const { source, target } = fitRectangles(pixels.width, pixels.height, options);
  const columns = taps(source.x, source.width, target.width);
  const rows = taps(source.y, source.height, target.height);
  const narrow = shrinkRows(pixels, columns, rowsOf(source));
  const data = new Uint8ClampedArray(width * height * 3);
  const stride = target.width * 3;
  const sum = new Float32Array(stride);
  const firstRow = Math.floor(source.y);
  rows.forEach(({ first, weights }, y) => {
    sum.fill(0);
    weights.forEach((weight, tap) => {
      const from = (first + tap - firstRow) * stride;
      for (let i = 0; i < stride; i++) sum[i] = (sum[i] ?? 0) + weight * (narrow[from + i] ?? 0);
    });
    data.set(sum, ((y + target.y) * width + target.x) * 3);
  });
  return { width, height, channels: 3, data, resized: key };
}

/** Where one output pixel takes its value from: neighbouring input pixels and their weights, which add up to 1. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

function taps(start: number, length: number, outputs: number): Taps[] {
  const scale = length / outputs;
  return Array.from({ length: outputs }, (_, i) =>
    scale > 1
      ? areaTaps(start + i * scale, start + (i + 1) * scale)
      : bilinearTaps(start + (i + 0.5) * scale - 0.5, Math.floor(start), Math.ceil(start + length) - 1),
  );
}

/** Every input pixel counts by how much of it lies between `from` and `to`. */
function areaTaps(from: number, to: number): Taps {
  const first = Math.floor(from);
  const last = Math.max(first, Math.ceil(to - 1e-9) - 1);
  const covered = Array.from(
    { length: last - first + 1 },
    (_, i) => Math.min(to, first + i + 1) - Math.max(from, first + i),
  );
  return { first, weights: covered.map((part) => part / (to - from)) };
}

function bilinearTaps(centre: number, least: number, most: number): Taps {
  const clamped = Math.min(Math.max(centre, least), most);
  const first = Math.min(Math.floor(clamped), Math.max(least, most - 1));
  const second = clamped - first;
  return { first, weights: most > least ? [1 - second, second] : [1] };
}

function rowsOf({ y, height }: Rectangle): { first: number; last: number } {
  return { first: Math.floor(y), last: Math.ceil(y + height - 1e-9) - 1 };
}

/** The horizontal pass, for the rows that are needed; gives RGB over white. */
function shrinkRows(pixels: Pixels, columns: readonly Taps[], rows: { first: number; last: number }): Float32Array {
  const { width, channels, data } = pixels;
  const out = new Float32Array((rows.last - rows.first + 1) * columns.length * 3);
  let o = 0;
  for (let y = rows.first; y <= rows.last; y++) {
    for (const { first, weights } of columns) {
      let [r, g, b, at] = [0, 0, 0, (y * width + first) * channels];
      for (const weight of weights) {
        const alpha = channels === 4 ? (data[at + 3] ?? 0) / 255 : 1;
        const white = 255 * (1 - alpha);
        r += weight * ((data[at] ?? 0) * alpha + white);
        g += weight * ((data[at + 1] ?? 0) * alpha + white);
        b += weight * ((data[at + 2] ?? 0) * alpha + white);
        at += channels;
      }
      out[o++] = r;
      out[o++] = g;
      out[o++] = b;
    }
  }
  return out;
}

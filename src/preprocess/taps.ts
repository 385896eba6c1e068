import type { ResizeMethod } from './fit.ts';

/** The input pixels that make an output pixel: the first one, and the weights of that and the next ones, whose sum is 1. */
interface Tap {
  readonly first: number;
  readonly weights: Float32Array;
}

/** The input pixels that make each output pixel, in order: neither their first nor their last pixels ever decrease. */
export interface Taps {
  /** The first input pixel of each output. */
  readonly first: Int32Array;
  /** Where the weights of each output begin, and after them their number. Those of an output have the sum 1. */
  readonly start: Int32Array;
  readonly weights: Float32Array;
}

/** The taps that were asked for, so that the pictures of a video share them. Begun anew when there are many. */
const kept = new Map<string, Taps>();
const MOST_KEPT = 16;

/**
 * @internal The taps of all outputs. `size`: how many pixels the picture has in this direction. `start`, `length`: the part of it that
 * is used, which may be fractional.
 */
export function taps(method: ResizeMethod, size: number, start: number, length: number, outputs: number): Taps {
  const key = `${method} ${size} ${start} ${length} ${outputs}`;
  const known = kept.get(key);
  if (known) return known;
  if (kept.size === MOST_KEPT) kept.clear();
  const made = makeTaps(method, size, start, length, outputs);
  kept.set(key, made);
  return made;
}

function makeTaps(method: ResizeMethod, size: number, start: number, length: number, outputs: number): Taps {
  const all = Array.from({ length: outputs }, (_, i) => tapOf(method, size, start, length, outputs, i));
  const starts = new Int32Array(outputs + 1);
  all.forEach(({ weights }, i) => (starts[i + 1] = (starts[i] ?? 0) + weights.length));
  const weights = new Float32Array(starts[outputs] ?? 0);
  all.forEach((one, i) => weights.set(one.weights, starts[i]));
  return { first: Int32Array.from(all, ({ first }) => first), start: starts, weights };
}

function tapOf(method: ResizeMethod, size: number, start: number, length: number, outputs: number, i: number): Tap {
  const scale = length / outputs;
  const [least, most] = [Math.floor(start + ROUNDING), Math.ceil(start + length - ROUNDING) - 1];
  const centre = start + (i + 0.5) * scale;
  if (method === 'nearest')
    return { first: Math.min(Math.floor(centre + ROUNDING), most), weights: Float32Array.of(1) };
  if (method === 'bilinear' || (method === 'area' && scale <= 1)) return bilinearTaps(centre - 0.5, least, most);
  if (method === 'area') return areaTaps(start + i * scale, start + (i + 1) * scale, most);
  return filterTaps(FILTERS[method], centre, Math.max(scale, 1), size);
}

/** A pixel that overlaps by less than this is left out: sums of fractions are not exact. */
const ROUNDING = 1e-9;

/** Each input pixel weighs as much as the part of it between `from` and `to`. */
function areaTaps(from: number, to: number, most: number): Tap {
  const first = Math.min(Math.floor(from + ROUNDING), most);
  const last = Math.max(first, Math.ceil(to - ROUNDING) - 1);
  const weights = Float32Array.from(
    { length: last - first + 1 },
    (_, i) => (Math.min(to, first + i + 1) - Math.max(from, first + i)) / (to - from),
  );
  return { first, weights };
}

function bilinearTaps(centre: number, least: number, most: number): Tap {
  const clamped = Math.min(Math.max(centre, least), most);
  const first = Math.min(Math.floor(clamped), Math.max(least, most - 1));
  const second = clamped - first;
  return { first, weights: Float32Array.from(most > least ? [1 - second, second] : [1]) };
}

/** The weight of a pixel by its distance; beyond `reach` it is 0. */
interface Filter {
  readonly reach: number;
  readonly weight: (distance: number) => number;
}

const FILTERS: Readonly<Record<'antialias' | 'bicubic' | 'lanczos', Filter>> = {
  antialias: { reach: 1, weight: (x) => 1 - x },
  // Keys 1981, "Cubic convolution interpolation for digital image processing", with a = −1/2.
  bicubic: { reach: 2, weight: (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((2.5 - 0.5 * x) * x - 4) * x + 2) },
  lanczos: { reach: 3, weight: (x) => sinc(x) * sinc(x / 3) },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/**
 * As Pillow does it: the filter is stretched by `scale`, and reads pixels beyond the part that is used, as if the whole picture
 * was resized and cropped then.
 */
function filterTaps({ reach, weight }: Filter, centre: number, scale: number, size: number): Tap {
  const first = Math.max(0, Math.floor(centre - reach * scale + 0.5));
  const end = Math.min(size, Math.floor(centre + reach * scale + 0.5));
  const weights = Array.from({ length: end - first }, (_, i) => {
    const distance = Math.abs(first + i + 0.5 - centre) / scale;
    return distance < reach ? weight(distance) : 0;
  });
  const sum = weights.reduce((total, one) => total + one, 0);
  return { first, weights: Float32Array.from(weights, (one) => one / sum) };
}

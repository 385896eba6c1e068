import type { Weight } from './weights.ts';

/** @internal A kernel as whole numbers, of which each channel of the output has a scale. */
export interface EightBits {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/**
 * @internal The largest whole number in a kernel, of 7 bits. On processors without VNNI, ONNX Runtime adds two products in 16 bits, which
 * must hold 2 · 255 · 64.
 */
const MOST = 64;

/**
 * @internal A kernel as whole numbers from −64 to 64 and a scale for each channel of the output, which is the kernel's dimension `axis`. Halves are
 * rounded to even, as ONNX does.
 */
export function eightBits({ data, shape }: Weight, axis: number): EightBits {
  const count = shape[axis] ?? 1;
  const apart = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const largest = new Float32Array(count);
  const channel = (i: number) => Math.floor(i / apart) % count;
  data.forEach((value, i) => {
    const c = channel(i);
    largest[c] = Math.max(largest[c] ?? 0, Math.abs(value));
  });
  // A channel of zeros stays one.
  const scales = largest.map((value) => value / MOST || 1);
  const values = Int8Array.from(data, (value, i) => roundHalfToEven(value / (scales[channel(i)] ?? 1)));
  return { values, scales };
}

/** @internal Rounds to the nearest whole number, and halves to the even one. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}

import { ShapeError } from '../errors/errors.ts';
import { describeShape, type Shape, type Sides } from './shape.ts';

// The arithmetic of windows that slide over a picture, as in convolutions and pools; no tensor is allocated.

/**
 * The zeros put around a picture before a window slides over it.
 *
 * - `valid`: none.
 * - `same`: as many as keep the size with stride 1. An odd row or column goes to the bottom or right (TensorFlow's rule).
 * - a number: that many rows and columns on every side.
 * - `[[top, bottom], [left, right]]`: that many on each side.
 */
export type Padding = 'valid' | 'same' | number | readonly [readonly [number, number], readonly [number, number]];

/** A window that slides over a picture: everything that the output's size depends on. */
export interface Window {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly dilationRate: readonly [number, number];
}

/**
 * The output size of a sliding window along one dimension: `⌊(i + p − d(k − 1) − 1) / s⌋ + 1`, where p is the padding at
 * both ends together (Dumoulin & Visin, "A guide to convolution arithmetic", relationship 15); with `same` padding
 * `⌈i / s⌉` (TensorFlow). Less than 1 when the window does not fit.
 */
export function windowOutputSize(
  input: number,
  kernel: number,
  stride: number,
  padding: 'valid' | 'same' | number,
  dilation = 1,
): number {
  if (padding === 'same') return Math.ceil(input / stride);
  const padded = input + (padding === 'valid' ? 0 : padding);
  return Math.floor((padded - dilation * (kernel - 1) - 1) / stride) + 1;
}

/**
 * A window's padding in rows and columns. `same` is `(⌈i / s⌉ − 1) s + d(k − 1) + 1 − i`, but at least 0; an odd row or
 * column goes to the end (TensorFlow, ONNX `SAME_UPPER`).
 */
export function explicitPadding(input: Shape, { size, strides, padding, dilationRate }: Window): Sides {
  if (padding === 'valid')
    return [
      [0, 0],
      [0, 0],
    ];
  if (typeof padding === 'number')
    return [
      [padding, padding],
      [padding, padding],
    ];
  if (padding !== 'same') return padding;
  const side = (i: 0 | 1): readonly [number, number] => {
    const from = input[i + 1] ?? 0;
    const reach = dilationRate[i] * (size[i] - 1) + 1;
    const need = Math.max(0, (Math.ceil(from / strides[i]) - 1) * strides[i] + reach - from);
    return [need >> 1, need - (need >> 1)];
  };
  return [side(0), side(1)];
}

/** The output's `[height, width]` of a sliding window; throws `ShapeError` where the window does not fit. */
export function windowOutput(input: Shape, window: Window): [number, number] {
  const outputs = (['height', 'width'] as const).map((side, i) => {
    const [size, kernel] = [input[i + 1] ?? 0, window.size[i] ?? 1];
    const [stride, dilation] = [window.strides[i] ?? 1, window.dilationRate[i] ?? 1];
    const padding = typeof window.padding === 'string' ? window.padding : totalPadding(window.padding, i);
    const output = windowOutputSize(size, kernel, stride, padding, dilation);
    if (output >= 1 && size >= 1) return output;
    const reach = dilation * (kernel - 1) + 1;
    throw new ShapeError(
      `has a window of ${side} ${reach} (kernel ${kernel}, dilation ${dilation}) that does not fit into ${size} ` +
        `(padding ${JSON.stringify(window.padding)}) of input ${describeShape(input)}: use a smaller kernel or ` +
        `dilation, more padding, or a larger input`,
    );
  });
  return [outputs[0] ?? 0, outputs[1] ?? 0];
}

function totalPadding(padding: Exclude<Padding, string>, dimension: number): number {
  if (typeof padding === 'number') return 2 * padding;
  const [before, after] = padding[dimension === 0 ? 0 : 1];
  return before + after;
}

/**
 * The output size of a transposed window along one dimension: `s(i − 1) + d(k − 1) + 1 − p + outputPadding`, where p is the
 * padding at both ends together (Dumoulin & Visin, relationship 14; ONNX `ConvTranspose`); with `same` padding `i · s`
 * (TensorFlow). Less than 1 when the padding removes everything.
 */
export function transposedOutputSize(
  input: number,
  kernel: number,
  stride: number,
  padding: 'valid' | 'same' | number,
  dilation = 1,
  outputPadding = 0,
): number {
  if (padding === 'same') return input * stride;
  const full = stride * (input - 1) + dilation * (kernel - 1) + 1;
  return full - (padding === 'valid' ? 0 : padding) + outputPadding;
}

/** The output's `[height, width]` of a transposed window; throws `ShapeError` where the padding removes everything. */
export function transposedOutput(
  input: Shape,
  { size, strides, padding, dilationRate }: Window,
  outputPadding: readonly [number, number],
): [number, number] {
  const side = (i: 0 | 1) => {
    const around = typeof padding === 'string' ? padding : totalPadding(padding, i);
    const from = input[i + 1] ?? 0;
    const output = transposedOutputSize(from, size[i], strides[i], around, dilationRate[i], outputPadding[i]);
    if (output >= 1 && from >= 1) return output;
    throw new ShapeError(
      `removes padding ${JSON.stringify(padding)} from a ${i ? 'width' : 'height'} of ` +
        `${strides[i] * (from - 1) + dilationRate[i] * (size[i] - 1) + 1} (stride ${strides[i]}, kernel ${size[i]}, ` +
        `dilation ${dilationRate[i]}) of input ${describeShape(input)}, which leaves nothing: use less padding, a larger kernel, ` +
        'stride or dilation, or a larger input',
    );
  };
  return [side(0), side(1)];
}

/**
 * The number of rows and columns that a transposed window's padding removes before the first output. With `same` padding it
 * is half of the kernel's excess over the stride (TensorFlow's rule).
 */
export function transposedStart({ size, strides, padding, dilationRate }: Window): [number, number] {
  const side = (i: 0 | 1) => {
    if (padding === 'valid') return 0;
    if (padding === 'same') return Math.max(0, (dilationRate[i] * (size[i] - 1) + 1 - strides[i]) >> 1);
    return typeof padding === 'number' ? padding : padding[i][0];
  };
  return [side(0), side(1)];
}

import { describeValue } from './describe-value.ts';
import { OptionError, ShapeError } from './errors.ts';

/** Sizes per dimension; pictures are `[batch, height, width, channels]`. */
export type Shape = readonly number[];

/**
 * What is put around the picture before a window slides over it.
 *
 * - `valid`: nothing.
 * - `same`: so much that stride 1 keeps the size (TensorFlow's rule: the odd pixel goes to the bottom and right).
 * - a number: that many rows and columns on every side.
 * - `[[top, bottom], [left, right]]`.
 */
export type Padding = 'valid' | 'same' | number | readonly [readonly [number, number], readonly [number, number]];

/** One number for both directions, or `[height, width]`. */
export type Pair = number | readonly [number, number];

/** A window that slides over a picture: all that output sizes depend on. */
export interface Window {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly dilationRate: readonly [number, number];
}

/** Turns `n` or `[h, w]` into a pair of whole numbers of at least `least`; throws `OptionError` naming the argument. */
export function pair(stage: string, name: string, value: Pair, least = 1): readonly [number, number] {
  const both: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  if (!isPair(both, least)) {
    throw new OptionError(
      `${stage}: ${name} must be a whole number of at least ${least} or [height, width] of such, not ${describeValue(value)}`,
      { stage },
    );
  }
  return both;
}

function isPair(value: unknown, least: number): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && isCount(value[0], least) && isCount(value[1], least);
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

/** A whole number of at least `least`, or an `OptionError` naming the argument. */
export function count(stage: string, name: string, value: unknown, least = 1): number {
  if (isCount(value, least)) return value;
  throw new OptionError(`${stage}: ${name} must be a whole number of at least ${least}, not ${describeValue(value)}`, {
    stage,
  });
}

/** Checks a padding; throws `OptionError`. */
export function checkPadding(stage: string, padding: Padding): Padding {
  const explicit = Array.isArray(padding) && padding.length === 2 && isPair(padding[0], 0) && isPair(padding[1], 0);
  if (padding === 'valid' || padding === 'same' || isCount(padding, 0) || explicit) return padding;
  throw new OptionError(
    `${stage}: padding must be 'valid', 'same', a whole number or [[top, bottom], [left, right]], not ${describeValue(padding)}`,
    { stage },
  );
}

/**
 * Output size of a sliding window along one dimension: `⌊(i + p − d(k − 1) − 1) / s⌋ + 1`, p counting both ends
 * (Dumoulin & Visin, "A guide to convolution arithmetic", relationship 15); with `same` padding `⌈i / s⌉` (TensorFlow).
 * Less than 1 when the window does not fit.
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
 * A window's padding in rows and columns. `same` needs `(⌈i / s⌉ − 1) s + d(k − 1) + 1 − i`, the odd one after
 * (TensorFlow, ONNX `SAME_UPPER`), and nothing where that is below 0.
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

/** The rows and columns `[height, width]` a window gives; throws `ShapeError` saying which number to change (the stage adds its name). */
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
 * Output size of a transposed window along one dimension: `s(i − 1) + d(k − 1) + 1 − p + outputPadding`, p counting both
 * ends (Dumoulin & Visin, relationship 14; ONNX `ConvTranspose`); with `same` padding `i · s` (TensorFlow). Less than 1
 * when the padding takes everything away.
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

/** The rows and columns `[height, width]` a transposed window gives; throws `ShapeError` saying which number to change. */
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
      `takes padding ${JSON.stringify(padding)} off a ${i ? 'width' : 'height'} of ` +
        `${strides[i] * (from - 1) + dilationRate[i] * (size[i] - 1) + 1} (stride ${strides[i]}, kernel ${size[i]}, ` +
        `dilation ${dilationRate[i]}) of input ${describeShape(input)}, which leaves nothing: use less padding, a larger kernel, ` +
        'stride or dilation, or a larger input',
    );
  };
  return [side(0), side(1)];
}

/**
 * How many rows and columns a transposed window's padding takes off before the first output; with `same` half of what the
 * kernel reaches over the stride (TF's rule).
 */
export function transposedStart({ size, strides, padding, dilationRate }: Window): [number, number] {
  const side = (i: 0 | 1) => {
    if (padding === 'valid') return 0;
    if (padding === 'same') return Math.max(0, (dilationRate[i] * (size[i] - 1) + 1 - strides[i]) >> 1);
    return typeof padding === 'number' ? padding : padding[i][0];
  };
  return [side(0), side(1)];
}

/** The rows and columns that are left of a picture after a crop; throws `ShapeError` when none are. */
export function croppedOutput(input: Shape, [rows, columns]: Sides): [number, number] {
  const side = (i: 0 | 1, [before, after]: readonly [number, number]) => {
    const left = (input[i + 1] ?? 0) - before - after;
    if (left >= 1) return left;
    throw new ShapeError(
      `crops ${before} + ${after} off a ${i ? 'width' : 'height'} of ${input[i + 1] ?? 0} of input ` +
        `${describeShape(input)}, which leaves nothing: crop less`,
    );
  };
  return [side(0, rows), side(1, columns)];
}

/** `[[top, bottom], [left, right]]`. */
export type Sides = readonly [readonly [number, number], readonly [number, number]];

/** Turns `n` or `[[top, bottom], [left, right]]` into the latter; throws `OptionError` naming the argument. */
export function sides(stage: string, name: string, value: number | Sides): Sides {
  if (isCount(value, 0))
    return [
      [value, value],
      [value, value],
    ];
  if (Array.isArray(value) && value.length === 2 && isPair(value[0], 0) && isPair(value[1], 0)) return value as Sides;
  throw new OptionError(
    `${stage}: ${name} must be a whole number or [[top, bottom], [left, right]] of such, not ${describeValue(value)}`,
    { stage },
  );
}

/** Throws `ShapeError` unless the shape has the rank and nothing in it is empty, naming the dimensions a stage needs. */
export function requireRank(shape: Shape, dimensions: readonly string[]): void {
  if (shape.length === dimensions.length && shape.every((size) => isCount(size, 1))) return;
  throw new ShapeError(`needs [${dimensions.join(', ')}], but ${describeShape(shape)} came`);
}

/** Throws `ShapeError` for a scalar and for a shape with nothing in it, saying what a stage `needs`. */
export function requireValues(shape: Shape, needs: string): void {
  if (shape.length > 0 && shape.every((size) => isCount(size, 1))) return;
  throw new ShapeError(`needs ${needs}, but ${describeShape(shape)} came`);
}

/** How many values a shape holds. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `[1, 224, 224, 3]`. */
export function describeShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Whether two shapes are equal but for the batch, their first dimension. */
export function sameButBatch(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => i === 0 || size === b[i]);
}

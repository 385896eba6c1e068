import { Concat, MirrorPad, PadV2, Slice, Tile, type Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError, ShapeError } from '../errors/errors.ts';
import { describeShape, requireRank, type Shape } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

const MODES = ['constant', 'reflect', 'edge'] as const;

/** Options of {@link pad}. */
export interface PadOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** For each dimension after the batch, how many values are put before and after: `[[top, bottom], [left, right], [0, 0]]`. */
  readonly padding: readonly (readonly [number, number])[];
  /** What is put there: a `constant`, the picture as in a mirror that lies in its outermost values (`reflect`), or the outermost values (`edge`). Default `constant`. */
  readonly mode?: (typeof MODES)[number];
  /** The constant. Default 0. */
  readonly value?: number;
}

/**
 * Puts values around each picture: a constant, its mirror image or its edge. `[b, …]` → `[b, …]`. ONNX `Pad`, TF `pad` and
 * `mirrorPad`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for an input of another rank or one that is too small to be
 * reflected.
 *
 * @see {@link zeroPad}
 *
 * @example
 * const around = pad({ padding: [[3, 3], [3, 3], [0, 0]], mode: 'reflect' });
 * console.log(around.outputShape([1, 8, 8, 3])); // [1, 14, 14, 3]
 */
export function pad(options: PadOptions): Stage<Tensor, Tensor> {
  const { name, padding, mode = 'constant', value = 0 } = options;
  const called = name ?? 'pad';
  const refuse = (what: string, given: unknown) => {
    throw new OptionError(`${called}: ${what}, not ${describeValue(given)}`, { stage: called });
  };
  const pairs: readonly unknown[] = Array.isArray(padding) ? padding : [];
  if (pairs.length === 0 || !pairs.every(isPair)) {
    refuse('padding must be a list of pairs of whole numbers of at least 0, [before, after]', padding);
  }
  if (!MODES.includes(mode)) refuse(`mode must be one of ${MODES.join(', ')}`, mode);
  if (!Number.isFinite(value)) refuse('value must be a number', value);
  if (value !== 0 && mode !== 'constant') refuse('value is an option of the mode constant', mode);
  return stage<Tensor, Tensor>({
    options,
    spec: { op: 'pad', name, padding, mode, value },
    outputShape(input) {
      requireRank(input, ['batch', ...padding.map(() => '…')]);
      if (mode === 'reflect') checkMirror(input, padding);
      return input.map((size, i) => (i === 0 ? size : sum(padding[i - 1]) + size));
    },
    kernel() {
      const paddings = [[0, 0], ...padding];
      if (mode === 'reflect') return (x) => runKernel(MirrorPad, { x }, { paddings, mode });
      if (mode === 'constant') return (x) => runKernel(PadV2, { x }, { paddings, constantValue: value });
      return (x) => tf.tidy(() => padding.reduce((y, sides, i) => repeated(y, i + 1, sides), x.clone()));
    },
    clean: true,
    compilable: true,
  });
}

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function sum([before, after]: readonly [number, number] = [0, 0]): number {
  return before + after;
}

function checkMirror(input: Shape, padding: PadOptions['padding']): void {
  const wrong = padding.findIndex((sides, i) => Math.max(...sides) >= (input[i + 1] ?? 0));
  if (wrong < 0) return;
  throw new ShapeError(
    `reflects ${Math.max(...(padding[wrong] ?? [0]))} values, but dimension ${wrong + 1} of ${describeShape(input)} has ` +
      `${input[wrong + 1]}: a mirror shows one less than there are`,
  );
}

/** The first and the last values along an axis, repeated. */
function repeated(x: Tensor, axis: number, [before, after]: readonly [number, number]): Tensor {
  const edge = (at: number, times: number) => {
    const begin = x.shape.map((_, i) => (i === axis ? at : 0));
    const one = runKernel(Slice, { x }, { begin, size: x.shape.with(axis, 1) });
    return runKernel(Tile, { x: one }, { reps: x.shape.map((_, i) => (i === axis ? times : 1)) });
  };
  const parts = [
    ...(before > 0 ? [edge(0, before)] : []),
    x,
    ...(after > 0 ? [edge((x.shape[axis] ?? 1) - 1, after)] : []),
  ];
  return parts.length === 1 ? x : runKernel(Concat, parts, { axis });
}

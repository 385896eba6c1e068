import { Reverse, Slice, StridedSlice, type Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { slicedOutput } from '../stage/slice.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link slice}. Each list has one number for each dimension after the batch. */
export interface SliceOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The first value that is taken, counted from 0. */
  readonly begin: readonly number[];
  /** How many values are taken. −1: as many as there are. */
  readonly size: readonly number[];
  /** The distance between two values that are taken. Below 0, they are taken backwards. Default 1 everywhere. */
  readonly strides?: readonly number[];
}

/**
 * Takes a part of each picture: in each dimension the values `begin`, `begin + stride` … `[b, …]` → `[b, …size]`. ONNX
 * `Slice`, and `Split` as several of them.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for an input that has fewer values.
 *
 * @see {@link crop}, {@link concatenate}
 *
 * @example
 * const green = slice({ begin: [0, 0, 1], size: [-1, -1, 1] });
 * console.log(green.outputShape([1, 8, 8, 3])); // [1, 8, 8, 1]
 */
export function slice(options: SliceOptions): Stage<Tensor, Tensor> {
  const { name, begin, size } = options;
  const called = name ?? 'slice';
  const strides = options.strides === undefined && Array.isArray(begin) ? begin.map(() => 1) : options.strides;
  check(called, 'begin', begin, (value) => value >= 0, 'at least 0');
  check(called, 'size', size, (value) => value >= 1 || value === -1, 'at least 1, or −1');
  check(called, 'strides', strides, (value) => value !== 0, 'other than 0');
  if (begin.length !== size.length || begin.length !== strides?.length) {
    throw new OptionError(`${called}: begin, size and strides must be of one length`, { stage: called });
  }
  const part = { begin, size, strides };
  const back = strides.flatMap((step, i) => (step < 0 ? [i + 1] : []));
  const plain = strides.every((step) => step === 1);
  return stage<Tensor, Tensor>({
    options,
    spec: { op: 'slice', name, begin, size, strides: plain ? undefined : strides },
    outputShape: (input) => slicedOutput(input, part),
    kernel(input) {
      const [, ...taken] = slicedOutput(input, part);
      const from = begin.map((first, i) => ((strides[i] ?? 1) < 0 ? (input[i + 1] ?? 0) - 1 - first : first));
      if (plain) return (x) => runKernel(Slice, { x }, { begin: [0, ...from], size: [x.shape[0], ...taken] });
      const steps = strides.map(Math.abs);
      const ends = from.map((first, i) => first + ((taken[i] ?? 1) - 1) * (steps[i] ?? 1) + 1);
      const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
      return (x) => {
        const turned = back.length > 0 ? runKernel(Reverse, { x }, { dims: back }) : x;
        const bounds = { begin: [0, ...from], end: [x.shape[0], ...ends], strides: [1, ...steps] };
        const y = runKernel(StridedSlice, { x: turned }, { ...bounds, ...masks });
        if (turned !== x) turned.dispose();
        return y;
      };
    },
    clean: true,
    compilable: true,
  });
}

function check(called: string, option: string, list: unknown, good: (value: number) => boolean, what: string): void {
  const fits =
    Array.isArray(list) && list.length > 0 && list.every((value) => Number.isSafeInteger(value) && good(value));
  if (fits) return;
  throw new OptionError(
    `${called}: ${option} must be a list of whole numbers, each ${what}, not ${describeValue(list)}`,
    { stage: called },
  );
}

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { TrainingError } from '../../errors/errors.ts';
import type { KernelGradient, OutputsGradient } from './kernel-gradient.ts';

// Kernels that move, repeat or leave out values: the gradient of each value goes back to where the value came from.

type Pairs = readonly (readonly [number, number])[];

/** The gradient has the values of the output in the shape of the input. */
const sameValues: KernelGradient = { inputs: ['x'], of: (dy, [x]) => ({ x: () => tf.reshape(dy, x?.shape ?? []) }) };

/** A part of a tensor: along one axis, from `begin`. */
function along(x: Tensor, axis: number, begin: number, size: number): Tensor {
  const from = x.shape.map((_, i) => (i === axis ? begin : 0));
  return tf.slice(x, from, x.shape.with(axis, size));
}

/** How many values the dimensions before and after an axis have. */
function around(shape: readonly number[], axis: number): [number, number] {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  return [product(shape.slice(0, axis)), product(shape.slice(axis + 1))];
}

/** Zeros before and after, along one axis. */
function padded(x: Tensor, axis: number, before: number, after: number): Tensor {
  return tf.pad(
    x,
    x.shape.map((_, i): [number, number] => (i === axis ? [before, after] : [0, 0])),
  );
}

/** Values that lie `step` apart: zeros between them, along one axis. `[… n …]` → `[… (n − 1) step + 1 …]`. */
export function spread(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x;
  const { shape } = x;
  const size = shape[axis] ?? 1;
  const [outer, inner] = around(shape, axis);
  const apart = tf.pad(tf.reshape(x, [outer, size, 1, inner]), [
    [0, 0],
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  const all = tf.reshape(apart, shape.with(axis, size * step));
  return along(all, axis, 0, (size - 1) * step + 1);
}

/** What a mirror at both ends of an axis shows is added to what it shows. A `symmetric` mirror shows the outermost value as well. */
function unmirrored(
  dy: Tensor,
  axis: number,
  [before, after]: readonly [number, number] = [0, 0],
  isSymmetric = false,
): Tensor {
  const skipped = isSymmetric ? 0 : 1;
  const size = (dy.shape[axis] ?? 0) - before - after;
  let dx = along(dy, axis, before, size);
  if (before > 0) {
    const image = tf.reverse(along(dy, axis, 0, before), axis);
    dx = tf.add(dx, padded(image, axis, skipped, size - skipped - before));
  }
  if (after > 0) {
    const image = tf.reverse(along(dy, axis, before + size, after), axis);
    dx = tf.add(dx, padded(image, axis, size - skipped - after, skipped));
  }
  return dx;
}

/** @internal */
export const SHAPE_GRADIENTS: Readonly<Record<string, KernelGradient | OutputsGradient>> = {
  [tf.Identity]: { of: (dy) => ({ x: () => tf.clone(dy) }) },
  [tf.Cast]: { of: (dy) => ({ x: () => tf.clone(dy) }) },
  [tf.Reshape]: sameValues,
  [tf.ExpandDims]: {
    inputs: ['input'],
    of: (dy, [input]) => ({ input: () => tf.reshape(dy, input?.shape ?? []) }),
  },
  [tf.Transpose]: {
    of: (dy, _saved, { perm }) => ({
      x: () =>
        tf.transpose(
          dy,
          (perm as number[]).map((_, i) => (perm as number[]).indexOf(i)),
        ),
    }),
  },
  [tf.Reverse]: { of: (dy, _saved, { dims }) => ({ x: () => tf.reverse(dy, dims as number[]) }) },
  [tf.Slice]: {
    inputs: ['x'],
    of: (dy, [x], { begin, size }) => ({
      x: () => {
        const [from = []] = tf.slice_util.parseSliceParams(x as Tensor, begin as number[], size as number[]);
        return tf.pad(
          dy,
          dy.shape.map((size, i): [number, number] => [from[i] ?? 0, (x?.shape[i] ?? 0) - (from[i] ?? 0) - size]),
        );
      },
    }),
  },
  [tf.StridedSlice]: {
    inputs: ['x'],
    of: (dy, [x], { begin, strides, ...masks }) => ({
      x: () => {
        const from = begin as number[];
        const isPlain = Object.entries(masks).every(([name, mask]) => !name.endsWith('Mask') || mask === 0);
        if (!isPlain || from.length !== x?.rank || (strides as number[]).some((step) => step < 1)) {
          throw new TrainingError(
            'no gradient can flow through tf.stridedSlice with masks, fewer dimensions, or strides below 1: use tf.slice and tf.reverse',
          );
        }
        const apart = (strides as number[]).reduce((values, step, axis) => spread(values, axis, step), dy);
        return tf.pad(
          apart,
          apart.shape.map((size, i): [number, number] => [from[i] ?? 0, (x?.shape[i] ?? 0) - (from[i] ?? 0) - size]),
        );
      },
    }),
  },
  [tf.PadV2]: {
    inputs: ['x'],
    of: (dy, [x], { paddings }) => ({
      x: () =>
        tf.slice(
          dy,
          (paddings as unknown as Pairs).map(([before]) => before),
          x?.shape ?? [],
        ),
    }),
  },
  [tf.MirrorPad]: {
    of: (dy, _saved, { paddings, mode }) => ({
      x: () =>
        (paddings as unknown as Pairs).reduce(
          (values, sides, axis) => unmirrored(values, axis, sides, mode === 'symmetric'),
          dy,
        ),
    }),
  },
  [tf.Tile]: {
    of: (dy, _saved, { reps }) => ({
      x: () =>
        (reps as number[]).reduce((sums, times, axis) => {
          if (times === 1) return sums;
          const { shape } = sums;
          const size = (shape[axis] ?? 0) / times;
          const [outer, inner] = around(shape, axis);
          return tf.reshape(tf.sum(tf.reshape(sums, [outer, times, size * inner]), 1), shape.with(axis, size));
        }, tf.clone(dy)),
    }),
  },
  [tf.Concat]: {
    inputs: 'all',
    of(dy, parts, { axis }) {
      const at = (axis as number) < 0 ? (axis as number) + dy.rank : (axis as number);
      let from = 0;
      return Object.fromEntries(
        parts.map(({ shape }, i) => {
          const begin = from;
          from += shape[at] ?? 0;
          return [i, () => along(dy, at, begin, shape[at] ?? 0)];
        }),
      );
    },
  },
  [tf.Pack]: {
    inputs: 'all',
    of(dy, parts, { axis }) {
      const at = axis as number;
      return Object.fromEntries(parts.map(({ shape }, i) => [i, () => tf.reshape(along(dy, at, i, 1), shape)]));
    },
  },
  [tf.AddN]: { inputs: 'all', of: (dy, parts) => Object.fromEntries(parts.map((_, i) => [i, () => tf.clone(dy)])) },
  [tf.SplitV]: { ofAll: (dys, _saved, { axis }) => ({ x: () => tf.concat([...dys], axis as number) }) },
  [tf.Unpack]: { ofAll: (dys, _saved, { axis }) => ({ value: () => tf.stack([...dys], axis as number) }) },
  [tf.DepthToSpace]: {
    inputs: ['x'],
    of: (dy, [x], { blockSize }) => ({
      x: () => {
        const [batch = 0, height = 0, width = 0] = x?.shape ?? [];
        const size = blockSize as number;
        const channels = dy.shape[3] ?? 0;
        // [batch · height, block rows, width, block columns · channels]: the rows of a block go behind its column of pixels.
        const rows = tf.reshape(dy, [batch * height, size, width, size * channels]);
        return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [batch, height, width, size * size * channels]);
      },
    }),
  },
};

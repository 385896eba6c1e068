import * as tf from '@tensorflow/tfjs-core';
import { frameSource, stage, type FrameSourceOptions, type Arrival, type Frame, type Source, type Stage } from 'sluice';

type Shape4D = [number, number, number, number];

/** `[1, 1, 1, 2]` tensors of `[k, k]`, made when they are asked for, 40 ms apart. */
export function* arrivals(count: number, shape: Shape4D = [1, 1, 1, 2]): Generator<Arrival<tf.Tensor4D>> {
  for (let k = 0; k < count; k++) yield arrival(k, shape);
}

export function arrival(k: number, shape: Shape4D = [1, 1, 1, 2]): Arrival<tf.Tensor4D> {
  return { data: tf.fill<tf.Rank.R4>(shape, k), timestamp: k * 40_000 };
}

/** A cold source of so many frames: every subscription begins anew. */
export function frames(count: number, options: Partial<FrameSourceOptions> = {}): Source<tf.Tensor4D> {
  return frameSource({ [Symbol.iterator]: () => arrivals(count) }, { source: 'test', ...options });
}

/** x → 2x, and scratch tensors besides. */
export function double(name = 'double'): Stage<tf.Tensor4D, tf.Tensor4D> {
  return stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'double', name },
    outputShape: (input) => input,
    kernel: () => (x) => tf.mul<tf.Tensor4D>(tf.add(x, 0), 2),
  });
}

/** Passes on what it gets, and throws on frames whose first value is one of these. */
export function failing(...on: number[]): Stage<tf.Tensor4D, tf.Tensor4D> {
  return stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'failing' },
    outputShape: (input) => input,
    kernel: () => (x) => {
      const y = tf.add<tf.Tensor4D>(x, 0);
      const value = valueOf(y);
      if (on.includes(value)) throw new Error(`no ${value}s`);
      return y;
    },
  });
}

/** `[1, 1, 1, 2]` → `[1, 2]`, for classify. */
export function scores(): Stage<tf.Tensor4D, tf.Tensor2D> {
  return stage<tf.Tensor4D, tf.Tensor2D>({
    spec: { op: 'scores' },
    outputShape: ([batch = 0, , , channels = 0]) => [batch, channels],
    kernel: () => (x) => tf.reshape<tf.Rank.R2>(x, [1, -1]),
  });
}

/** The first number of a tensor or of a frame's tensor. */
export function valueOf(of: tf.Tensor | Frame<tf.Tensor>): number {
  const tensor = of instanceof tf.Tensor ? of : of.data;
  return tensor.dataSync()[0] ?? NaN;
}

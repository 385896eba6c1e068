import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, map, toArray, type OperatorFunction } from 'rxjs';
import {
  frameSource,
  type AnyStage,
  type Arrival,
  type Frame,
  type Shape,
  type Stage,
  type Weights,
  releaseModels,
} from 'sluice';
import { expect } from 'vitest';
import type { Grid } from './reference.ts';

/** Every numeric test runs on each of these. */
export const ENGINES = ['cpu', 'wasm'] as const;

/** Single precision and another order of summing: what two right implementations may differ by, for sums of a few dozen. */
export const TOLERANCE = 1e-5;

type TensorStage = Pick<Stage<never, tf.Tensor>, 'build'>;

/** Builds a stage for the input's shape, runs it twice, frees everything; the two results must be equal. */
export function compute(stage: TensorStage, input: Grid, weights?: Weights): Grid {
  const before = tf.memory().numTensors;
  const kernel = stage.build(input.shape, weights);
  const x = tf.tensor([...input.data], [...input.shape], 'float32');
  try {
    const [first, second] = [read(kernel.run(x as never)), read(kernel.run(x as never))];
    expect(second).toEqual(first);
    expect(Array.from(x.dataSync()), 'the input is left as it was').toEqual(Array.from(Float32Array.from(input.data)));
    return first;
  } finally {
    x.dispose();
    kernel.dispose();
    expect(tf.memory().numTensors, 'tensors left').toBe(before);
  }
}

/** The same, for backends that give their numbers later. */
export async function computed(stage: TensorStage, input: Grid, weights?: Weights): Promise<Grid> {
  const before = tf.memory().numTensors;
  const kernel = stage.build(input.shape, weights);
  const x = tf.tensor([...input.data], [...input.shape], 'float32');
  try {
    const first = await readLater(kernel.run(x as never));
    expect(await readLater(kernel.run(x as never))).toEqual(first);
    expect(Array.from(await x.data()), 'the input is left as it was').toEqual(
      Array.from(Float32Array.from(input.data)),
    );
    return first;
  } finally {
    x.dispose();
    kernel.dispose();
    expect(tf.memory().numTensors, 'tensors left').toBe(before);
  }
}

/**
 * The same, for engines that take stages from a pipe and not by themselves: two frames of the input.
 */
export async function piped(stage: AnyStage, input: Grid, weights: Weights = {}): Promise<Grid> {
  await releaseModels();
  const before = tf.memory().numTensors;
  const [first, second] = await lastValueFrom(
    frameSource(inputs(input), { source: 'test' }).pipe(
      stage.withWeights(weights) as unknown as OperatorFunction<Frame<tf.Tensor>, Frame<tf.Tensor>>,
      map(({ data }) => ({ shape: data.shape, data: Array.from(data.dataSync()) })),
      toArray(),
    ),
  );
  expect(second).toEqual(first);
  await releaseModels();
  expect(tf.memory().numTensors, 'tensors left').toBe(before);
  return first as Grid;
}

function* inputs({ data, shape }: Grid): Generator<Arrival<tf.Tensor>> {
  for (const timestamp of [0, 1]) {
    yield { data: tf.tensor([...data], [...shape], 'float32'), timestamp };
  }
}

async function readLater(tensor: tf.Tensor): Promise<Grid> {
  const grid = { shape: tensor.shape, data: Array.from(await tensor.data()) };
  tensor.dispose();
  return grid;
}

function read(tensor: tf.Tensor): Grid {
  const grid = { shape: tensor.shape, data: Array.from(tensor.dataSync()) };
  tensor.dispose();
  return grid;
}

/** Shapes equal, numbers equal to a tolerance (absolute below 1, relative above). */
export function expectClose(actual: Grid, expected: Grid, tolerance = TOLERANCE): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.data.length).toBe(expected.data.length);
  actual.data.forEach((value, i) => {
    const wanted = expected.data[i] ?? NaN;
    if (Math.abs(value - wanted) <= tolerance * Math.max(1, Math.abs(wanted))) return;
    expect.fail(`value ${i} is ${value}, not ${wanted} (± ${tolerance})`);
  });
}

/** Repeatable numbers in [−1, 1), exact in single precision. */
export function randomGrid(shape: Shape, seed = 1): Grid {
  let state = seed * 2654435761;
  const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >> 8) / 2 ** 23;
  });
  return { shape, data };
}

/** As `weights` take them. */
export function asWeight({ shape, data }: Grid): { shape: Shape; data: Float32Array } {
  return { shape, data: Float32Array.from(data) };
}

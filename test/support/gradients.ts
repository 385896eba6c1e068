import * as tf from '@tensorflow/tfjs-core';
import type { AnyStage, Weights } from 'sluice';
import { expect } from 'vitest';
import { differentiate } from '../../src/training/gradients/differentiate.ts';
import type { TrainingPass } from '../../src/stage/training-pass.ts';
import { randomGrid } from '../conformance/grids.ts';
import type { Grid } from './reference.ts';

/** A stage's input and weights by name: `input`, and the names of the weights. */
export type Values = Readonly<Record<string, Grid>>;

/** The input and all weights of a stage. */
export function valuesOf(stage: AnyStage, input: Grid, weights: Weights = {}): Values {
  const own = stage.withWeights(weights).weights(input.shape);
  const grids = Object.entries(own).map(
    ([name, { shape, data }]) => [name, { shape, data: Array.from(data) }] as const,
  );
  return { input, ...Object.fromEntries(grids) };
}

/** The output for these values. */
export async function outputOf(stage: AnyStage, values: Values, pass?: TrainingPass): Promise<Grid> {
  const before = tf.memory().numTensors;
  const { input, ...weights } = tensorsOf(values) as { input: tf.Tensor } & Record<string, tf.Tensor>;
  const kernel = stage.kernelWith(input.shape, weights, pass);
  const y = kernel.run(input as never) as tf.Tensor;
  const output = { shape: y.shape, data: Array.from(await y.data()) };
  kernel.dispose();
  tf.dispose([input, y, weights]);
  expect(tf.memory().numTensors, 'tensors left').toBe(before);
  return output;
}

/** The gradients of Σ rᵢ yᵢ by the input and the weights, for the numbers r that `factors` gives for the output's shape. */
export async function gradientsOf(
  stage: AnyStage,
  values: Values,
  factors: (shape: readonly number[]) => Grid,
  pass?: TrainingPass,
): Promise<Values> {
  const before = tf.memory().numTensors;
  const tensors = tensorsOf(values);
  const { input, ...weights } = tensors as { input: tf.Tensor } & Record<string, tf.Tensor>;
  let kernel: { dispose(): void } | undefined;
  const { value, gradients } = differentiate(() => {
    const made = stage.kernelWith(input.shape, weights, pass);
    kernel = made;
    const y = made.run(input as never) as tf.Tensor;
    const r = factors(y.shape);
    return tf.sum(tf.mul(y, tf.tensor([...r.data], [...r.shape])));
  }, Object.values(tensors));
  kernel?.dispose();
  const entries = await Promise.all(
    Object.keys(tensors).map(async (name, i) => {
      const shape = values[name]?.shape ?? [];
      const gradient = gradients[i];
      // Nothing depends on it.
      if (!gradient)
        return [name, { shape, data: Array.from({ length: values[name]?.data.length ?? 0 }, () => 0) }] as const;
      expect(gradient.shape, name).toEqual(shape);
      return [name, { shape, data: Array.from(await gradient.data()) }] as const;
    }),
  );
  tf.dispose([value, ...gradients.filter((one) => one !== undefined), ...Object.values(tensors)]);
  expect(tf.memory().numTensors, 'tensors left').toBe(before);
  return Object.fromEntries(entries);
}

function tensorsOf(values: Values): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { shape, data }]) => [name, tf.tensor([...data], [...shape], 'float32')]),
  );
}

/**
 * Compares gradients with central differences along random directions v: (f(x + εv) − f(x − εv)) / 2ε against g·v. The tolerance is
 * relative to what g·v is for a typical v, the length of g times the root mean square of v.
 */
export async function expectDifferences(
  stage: AnyStage,
  values: Values,
  gradients: Values,
  factors: (shape: readonly number[]) => Grid,
  { tolerance = 1e-2, directions = 2 } = {},
): Promise<void> {
  for (const [name, gradient] of Object.entries(gradients)) {
    for (let direction = 1; direction <= directions; direction++) {
      const v = randomGrid(gradient.shape, 100 + direction);
      const product = gradient.data.reduce((sum, g, i) => sum + g * (v.data[i] ?? 0), 0);
      const typical = Math.hypot(...gradient.data) * Math.sqrt(mean(v.data.map((one) => one * one)));
      const allowed = tolerance * Math.max(typical, 1e-2);
      const differences: number[] = [];
      for (const epsilon of STEPS) {
        differences.push(await differenceAlong(stage, values, name, v, epsilon, factors));
        if (isClose(differences.at(-1), product, allowed)) break;
      }
      if (isClose(differences.at(-1), product, allowed)) continue;
      const found = differences.join(', ');
      expect.fail(
        `along direction ${direction} of ${name} the gradient says ${product}, differences ${found} (± ${allowed})`,
      );
    }
  }
}

/** Where values are near a kink (of relu, of a largest value), only a smaller step stays on one side of it. */
const STEPS = [2e-3, 4e-4, 8e-5, 1e-5];

function isClose(difference: number | undefined, product: number, allowed: number): boolean {
  return Math.abs((difference ?? NaN) - product) <= allowed;
}

async function differenceAlong(
  stage: AnyStage,
  values: Values,
  name: string,
  v: Grid,
  epsilon: number,
  factors: (shape: readonly number[]) => Grid,
): Promise<number> {
  const at = async (step: number) => {
    const moved = (values[name] as Grid).data.map((value, i) => value + step * (v.data[i] ?? 0));
    return outputOf(stage, { ...values, [name]: { shape: v.shape, data: moved } });
  };
  const [more, less] = [await at(epsilon), await at(-epsilon)];
  const r = factors(more.shape);
  return more.data.reduce((sum, y, i) => sum + (r.data[i] ?? 0) * (y - (less.data[i] ?? 0)), 0) / (2 * epsilon);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

import * as tf from '@tensorflow/tfjs-core';
import { frameSource, stage, type Arrival, type FrameLabel, type Kernel, type Loss, type Target } from 'sluice';
import { expect } from 'vitest';
import type { Grid } from './reference.ts';

export type Rows = readonly (readonly number[])[];

/** The label of a batch of frames that show these. */
export function labelOf(targets: readonly Target[]): FrameLabel {
  return { source: 'test', seq: 0, timestamp: 0, targets };
}

/** What a loss gives for these outputs and targets, computed twice; nothing else is left, and the outputs stay as they were. */
export function lossOf(loss: Loss, outputs: Rows, targets: readonly Target[]): number[] {
  return lossWith(loss, outputs, labelOf(targets));
}

/** The same, for a label of any kind. */
export function lossWith(loss: Loss, outputs: Rows, label: FrameLabel | undefined): number[] {
  const before = tf.memory().numTensors;
  const x = tf.tensor2d(outputs.map((row) => [...row]));
  const kernel = loss.kernelWith(x.shape, {});
  try {
    const [first, second] = [1, 2].map(() => {
      const y = kernel.run(x as never, label) as tf.Tensor;
      expect(y.shape).toEqual(loss.outputShape(x.shape));
      const numbers = Array.from(y.dataSync());
      y.dispose();
      return numbers;
    }) as [number[], number[]];
    expect(second).toEqual(first);
    expect(Array.from(x.dataSync())).toEqual(Array.from(Float32Array.from(outputs.flat())));
    return first;
  } finally {
    x.dispose();
    kernel.dispose();
    expect(tf.memory().numTensors, 'tensors left').toBe(before);
  }
}

/** A stage that knows its targets, for what runs stages on tensors alone. */
export function withTargets(loss: Loss, targets: readonly Target[]): Loss {
  return withLabel(loss, labelOf(targets));
}

/** The same, for a label of any kind. */
export function withLabel(loss: Loss, label: FrameLabel): Loss {
  return stage<tf.Tensor2D, tf.Tensor1D>({
    spec: { op: 'withTargets' },
    outputShape: (input) => loss.outputShape(input),
    kernel: (input) => {
      const kernel = loss.kernelWith(input, {});
      const given = kernel as Kernel<tf.Tensor2D, tf.Tensor1D>;
      return { run: (x) => given.run(x, label), dispose: () => given.dispose() };
    },
  });
}

/** Each row as a tensor [1, n] of a source. */
export function rowSource(rows: Rows, options = {}) {
  const arrivals = function* (): Generator<Arrival<tf.Tensor2D>> {
    for (const [timestamp, row] of rows.entries()) yield { data: tf.tensor2d([[...row]]), timestamp };
  };
  return frameSource({ [Symbol.iterator]: arrivals }, { source: 'test', maxInFlight: 4, ...options });
}

/** Equal to a tolerance: absolute below 1, relative above. */
export function expectNear(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    const wanted = expected[i] ?? NaN;
    if (Math.abs(value - wanted) <= tolerance * Math.max(1, Math.abs(wanted))) return;
    expect.fail(`value ${i} is ${value}, not ${wanted} (± ${tolerance})`);
  });
}

export function rowsOf({ shape, data }: Grid): number[][] {
  const [rows = 0, size = 0] = shape;
  return Array.from({ length: rows }, (_, i) => data.slice(i * size, (i + 1) * size));
}

export function gridOf(rows: Rows): Grid {
  return { shape: [rows.length, rows[0]?.length ?? 0], data: rows.flat() };
}

// The losses as their definitions read, in double precision, which know nothing of src/ or of tfjs.

export interface LossSettings {
  readonly labelSmoothing?: number;
  readonly classWeights?: readonly number[];
}

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));

export function softmaxOf(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  return powers.map((power) => power / sum(powers));
}

/** −Σ wᵢ qᵢ ln pᵢ of a frame, and its weight. */
export function crossEntropyOf(
  probabilities: readonly number[],
  target: number | readonly number[],
  { labelSmoothing = 0, classWeights }: LossSettings = {},
): { loss: number; weight: number } {
  const shares = probabilities.map((_, i) => (typeof target === 'number' ? Number(i === target) : (target[i] ?? NaN)));
  const weights = classWeights ?? shares.map(() => 1);
  const smoothed = shares.map((share) => share * (1 - labelSmoothing) + labelSmoothing / shares.length);
  const terms = smoothed.map((share, i) =>
    share === 0 ? 0 : -(weights[i] ?? NaN) * share * Math.log(probabilities[i] ?? NaN),
  );
  return { loss: sum(terms), weight: classWeights ? sum(shares.map((share, i) => share * (weights[i] ?? NaN))) : 1 };
}

/** The mean over the labels of −(t ln p + (1 − t) ln(1 − p)), weighted. */
export function binaryCrossEntropyOf(
  probabilities: readonly number[],
  target: readonly number[],
  { labelSmoothing = 0, classWeights = target.map(() => 1) }: LossSettings = {},
): number {
  const terms = target.map((given, i) => {
    const t = given * (1 - labelSmoothing) + labelSmoothing / 2;
    const p = probabilities[i] ?? NaN;
    return -(classWeights[i] ?? NaN) * ((t === 0 ? 0 : t * Math.log(p)) + (t === 1 ? 0 : (1 - t) * Math.log1p(-p)));
  });
  return sum(terms) / sum(classWeights);
}

import * as tf from '@tensorflow/tfjs-core';
import * as onnxruntime from 'onnxruntime-node';
import { map } from 'rxjs';
import {
  conv2d,
  releaseModels,
  stage,
  useEngine,
  type Arrival,
  type Frame,
  type Shape,
  type Stage,
  type StageTiming,
} from 'sluice';
import { beforeEach, expect } from 'vitest';
import { idle, leakFree } from './balance.ts';
import { randomGrid } from './compute.ts';
import { valueOf } from './frames.ts';

/** ONNX Runtime itself, with what it is asked for counted, and made to fail when a test wants that. */
export const real = onnxruntime;

export const seen = { opened: 0, released: 0, runs: 0 };

/** What a test makes ONNX Runtime fail at. */
export const faults = { run: (_run: number): boolean => false, open: false };

export const runtime = {
  Tensor: real.Tensor,
  InferenceSession: {
    async create(...given: [Uint8Array, object?]) {
      if (faults.open) throw new Error('no session today');
      const session = await real.InferenceSession.create(...given);
      seen.opened++;
      return {
        run: (inputs: never) =>
          faults.run(++seen.runs) ? Promise.reject(new Error('it failed')) : session.run(inputs),
        release: () => (seen.released++, session.release()),
      };
    },
  },
};

beforeEach(async () => {
  Object.assign(faults, { run: () => false, open: false });
  await releaseModels();
  await useEngine('onnxruntime', { runtime: runtime, threads: 1 });
  Object.assign(seen, { opened: 0, released: 0, runs: 0 });
});

export type Shape4D = [number, number, number, number];

export type Picture = Stage<tf.Tensor4D, tf.Tensor4D>;

/** x + 1 by ONNX Runtime; `name` for each. */
export function plusOne(name: string): Picture {
  return conv2d({
    name,
    filters: 2,
    kernelSize: 1,
    weights: {
      kernel: [
        [
          [
            [1, 0],
            [0, 1],
          ],
        ],
      ],
      bias: [1, 1],
    },
  });
}

/** x · 2 by tfjs. */
export function twice(name = 'twice'): Picture {
  return stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'twice', name },
    outputShape: (input) => input,
    kernel: () => (x) => tf.mul(x, 2),
  });
}

export const values = () => map((frame: Frame<tf.Tensor>) => valueOf(frame));

export const traces = () => map((frame: Frame<tf.Tensor>): StageTiming[] => frame.timings);

export const names = (trace: readonly StageTiming[] = []) => trace.map((entry) => entry.stage);

/** Everything that was opened is closed again, tensors included. */
export async function nothingLeft<T>(body: () => Promise<T>): Promise<T> {
  const result = await leakFree(body);
  await idle();
  await releaseModels();
  expect(seen.released, 'sessions released').toBe(seen.opened);
  return result;
}

export function gridsOf(shapes: readonly Shape[], data?: readonly number[]): Arrival<tf.Tensor4D>[] {
  return shapes.map((shape, i) => ({
    data: tf.tensor<tf.Rank.R4>([...(data ?? randomGrid(shape, i + 1).data)], [...shape] as Shape4D),
    timestamp: i,
  }));
}

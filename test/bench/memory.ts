import { lastValueFrom, tap } from 'rxjs';
import { frameSource, classify, type Arrival } from 'sluice';
import * as tf from '@tensorflow/tfjs-core';
import type { Subject } from './networks.ts';

/** Memory after so many frames. */
export interface MemoryResult {
  readonly frames: number;
  readonly rssMiB: number;
  readonly tensors: number;
}

/** Sends frames through a network and reads the resident set after each of the given counts. */
export async function memoryOver({ net, shape }: Subject, at: readonly number[]): Promise<MemoryResult[]> {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const results: MemoryResult[] = [];
  let done = 0;
  function* arrivals(): Generator<Arrival<tf.Tensor4D>> {
    for (let i = 0; i < (at.at(-1) ?? 0); i++) {
      yield { data: tf.tensor4d(values, [...shape]), timestamp: i };
    }
  }
  await lastValueFrom(
    frameSource(arrivals(), { source: 'bench' }).pipe(
      net,
      classify({ top: 1 }),
      tap(() => {
        if (!at.includes(++done)) return;
        globalThis.gc?.();
        results.push({
          frames: done,
          rssMiB: process.memoryUsage.rss() / 2 ** 20,
          tensors: tf.memory().numTensors,
        });
      }),
    ),
  );
  return results;
}

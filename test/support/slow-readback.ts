import * as tf from '@tensorflow/tfjs-core';
import type { Observable } from 'rxjs';
import {
  frameSource,
  stage,
  type FrameSourceOptions,
  type Classification,
  type FrameResult,
  type Source,
} from 'sluice';
import { idle } from './balance.ts';

/** One frame per row of scores. */
export function rows(
  list: readonly (readonly number[])[],
  options: Partial<FrameSourceOptions> = {},
): Source<tf.Tensor2D> {
  return frameSource(
    {
      *[Symbol.iterator]() {
        for (const [k, row] of list.entries()) yield { data: tf.tensor2d([[...row]]), timestamp: k * 40_000 };
      },
    },
    { source: 'rows', ...options },
  );
}

/** Real tensors whose readback the test finishes, in the order it likes. */
export class Device {
  /** By frame: how far its readback is. */
  readonly started: number[] = [];
  readonly #gates = new Map<number, { open: () => void; fail: (reason: unknown) => void }>();

  readonly stage = stage<tf.Tensor, tf.Tensor>({
    spec: { op: 'device' },
    outputShape: (input) => input,
    clean: true,
    kernel: () => {
      let k = 0;
      return (x) => {
        const [y, frame] = [x.clone(), k++];
        const read = y.data.bind(y);
        const held = new Promise<void>((open, fail) => this.#gates.set(frame, { open, fail }));
        y.data = (async () => {
          this.started.push(frame);
          // As a device does: the numbers are taken when the readback is asked for.
          const numbers = await read();
          await held;
          return numbers;
        }) as typeof y.data;
        return y;
      };
    },
  });

  async finish(...readbacks: number[]): Promise<void> {
    for (const k of readbacks) {
      this.#gates.get(k)?.open();
      await idle();
    }
  }

  async fail(k: number, reason: unknown): Promise<void> {
    this.#gates.get(k)?.fail(reason);
    await idle();
  }
}

/** Collects what comes, and how it ends. */
export function listen(stream: Observable<FrameResult<Classification>>) {
  const seqs: number[] = [];
  const end: { completed?: true; error?: unknown } = {};
  const subscription = stream.subscribe({
    next: ({ seq }) => seqs.push(seq),
    error: (error: unknown) => (end.error = error),
    complete: () => (end.completed = true),
  });
  return { seqs, end, subscription };
}

export const tenths = (count: number) => Array.from({ length: count }, (_, k) => [k / 10, 1 - k / 10]);

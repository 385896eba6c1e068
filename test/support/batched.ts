import type * as tf from '@tensorflow/tfjs-core';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import type { Frame } from 'sluice';
import { type Source } from 'sluice';
import { closedAccount, idle, leakFree, run } from './balance.ts';
import { frames, valueOf } from './frames.ts';

export type Tensors = Source<tf.Tensor4D>;

export type TensorFrame = Frame<tf.Tensor4D>;

/** Seven frames unless said otherwise, through a pipe: what came out; everything is accounted for and freed. */
export async function through<T>(
  pipe: (source: Tensors) => Observable<T>,
  { count = 7, ...options }: Parameters<typeof frames>[1] & { count?: number } = {},
) {
  return leakFree(async () => {
    const source = frames(count, { maxInFlight: 8, ...options });
    const failures: string[] = [];
    source.failures.subscribe(({ label, error }) => failures.push(`${label.seq} ${error.stage} ${error.code}`));
    const result = await run(pipe(source));
    await idle();
    return { ...result, failures, account: closedAccount(source) };
  });
}

export const sizes = map((frame: TensorFrame) => frame.data.shape[0]);

export const numbers = map((frame: TensorFrame) => [frame.label.seq, valueOf(frame)]);

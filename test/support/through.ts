import type * as tf from '@tensorflow/tfjs-core';
import { finalize, from, map, type Observable } from 'rxjs';
import type { Frame, Source } from 'sluice';
import { expect } from 'vitest';
import { closedAccount, idle, leakFree, run, watch, type Run } from './balance.ts';
import { frames, valueOf } from './frames.ts';

export type Tensors = Source<tf.Tensor4D>;

export type TensorFrame = Frame<tf.Tensor4D>;

/** Six frames through a pipe of plain RxJS: what came out, and that every frame is accounted for and freed. */
export async function through<T>(
  pipe: (source: Tensors) => Observable<T>,
  options: Parameters<typeof frames>[1] = {},
): Promise<Run<T> & { account: Record<string, number> }> {
  return leakFree(async () => {
    const source = frames(6, options);
    const seen = watch(source);
    const result = await run(pipe(source));
    await idle();
    expect(seen.leases(), 'leases open at once').toBeLessThanOrEqual(options.maxInFlight ?? 2);
    return { ...result, account: closedAccount(source) };
  });
}

/** An operator that needs a frame for longer keeps it, and lets it go however its work ends. */
export function keepingIt(
  work: (frame: TensorFrame) => Observable<unknown>,
): (frame: TensorFrame) => Observable<number> {
  return (frame) => {
    frame.retain();
    return work(frame).pipe(
      map(() => valueOf(frame)),
      finalize(() => frame.release()),
    );
  };
}

export const soon = (): Observable<unknown> => from(Promise.resolve());

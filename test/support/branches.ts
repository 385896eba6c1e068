import type * as tf from '@tensorflow/tfjs-core';
import { map } from 'rxjs';
import type { Frame } from 'sluice';
import { frameSource, type FrameSourceOptions, type Source } from 'sluice';
import { fakeCamera } from 'sluice/testing';
import { arrival } from './frames.ts';

export type TensorFrame = Frame<tf.Tensor4D>;

export const tensor = (k: number): tf.Tensor4D => arrival(k).data;

export const seqs = map(({ label }: Frame<unknown>) => label.seq);

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** A camera of 30 frames/s; virtual time only. */
export const camera = (seconds: number, options: Partial<FrameSourceOptions> = {}): Source<tf.Tensor4D> =>
  frameSource(fakeCamera({ fps: 30, seconds, data: tensor }), { source: 'camera', ...options });

/** What each branch gave, of values that say whose they are: `['a', 1]`. */
export function byBranch<V>(values: readonly (readonly [string, V])[]): Record<string, V[]> {
  const lists: Record<string, V[]> = {};
  for (const [name, value] of values) (lists[name] ??= []).push(value);
  return lists;
}

export const as = <V>(name: string) => map((value: V) => [name, value] as const);

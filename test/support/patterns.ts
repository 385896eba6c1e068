import * as tf from '@tensorflow/tfjs-core';
import type { Example, Pixels, Target } from 'sluice';
import { randomGrid } from './compute.ts';

/** Pictures of three classes that a small network can tell apart: a bright bar at the top, in the middle or at the bottom, and noise. */
export interface Pattern {
  readonly values: readonly number[];
  readonly target: number;
}

export const SIDE = 8;

export function patterns(count: number, seed = 1, classes = 3): Pattern[] {
  return Array.from({ length: count }, (_, i) => {
    const target = i % classes;
    const noise = randomGrid([SIDE, SIDE, 1], seed * 1000 + i).data;
    const from = target * 3;
    const values = noise.map((value, place) => {
      const row = Math.floor(place / SIDE);
      return 0.8 * value + (row >= from && row < from + 2 ? 1 : 0);
    });
    return { values, target };
  });
}

/** The same as tensors, which the caller disposes. */
export function tensorExamples(some: readonly Pattern[]): (Example & { readonly data: tf.Tensor })[] {
  return some.map(({ values, target }) => ({ data: tf.tensor([...values], [1, SIDE, SIDE, 1]), target }));
}

/** The same as grey pictures. */
export function pictureExamples(
  some: readonly Pattern[],
): (Example & { readonly data: Pixels; readonly target: Target })[] {
  return some.map(({ values, target }) => {
    const bytes = values.map((value) => Math.max(0, Math.min(255, Math.round(60 + 90 * value))));
    return {
      data: { width: SIDE, height: SIDE, channels: 3, data: Uint8Array.from(bytes.flatMap((b) => [b, b, b])) },
      target,
    };
  });
}

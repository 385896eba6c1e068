import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Zeros around a picture. Where they are fewer than 0, rows and columns are cut off. */
export function cropOrPad(
  x: Tensor,
  [[top, bottom], [left, right]]: readonly [[number, number], [number, number]],
): Tensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const cut = (n: number) => Math.max(0, -n);
  const more = (n: number) => Math.max(0, n);
  const isCut = [top, bottom, left, right].some((n) => n < 0);
  const size = [batch, height - cut(top) - cut(bottom), width - cut(left) - cut(right), channels];
  const kept = isCut ? tf.slice(x, [0, cut(top), cut(left), 0], size) : x;
  if ([top, bottom, left, right].every((n) => n <= 0)) return kept;
  return tf.pad(kept, [
    [0, 0],
    [more(top), more(bottom)],
    [more(left), more(right)],
    [0, 0],
  ]);
}

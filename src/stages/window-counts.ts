import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '../stage/shape.ts';
import { explicitPadding, windowOutput, type Window } from '../stage/window.ts';

/** The number of values under each window: a scalar where it is the same everywhere, else `[1, h′, w′, 1]`. */
export function windowCounts(window: Window, input: Shape): Tensor {
  const outputs = windowOutput(input, window);
  const padding = explicitPadding(input, window);
  const [rows, columns] = ([0, 1] as const).map((i) =>
    Array.from({ length: outputs[i] }, (_, place) => {
      const from = place * window.strides[i] - padding[i][0];
      return Math.min(input[i + 1] ?? 0, from + window.size[i]) - Math.max(0, from);
    }),
  ) as [number[], number[]];
  const data = rows.flatMap((row) => columns.map((column) => row * column));
  if (data.every((count) => count === data[0])) return tf.scalar(data[0] ?? 1);
  return tf.tensor(data, [1, ...outputs, 1]);
}

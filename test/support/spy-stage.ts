import * as tf from '@tensorflow/tfjs-core';
import { map } from 'rxjs';
import type { Frame } from 'sluice';
import { frameSource, stage, type FrameSourceOptions, type Shape, type Source, type Stage } from 'sluice';

export type AnyFrame = Stage<tf.Tensor, tf.Tensor>;

/** A stage that notes what is made of it. */
export function spy(name = 'spy', outputShape = (input: Shape): Shape => input) {
  const log: string[] = [];
  const made: AnyFrame = stage<tf.Tensor, tf.Tensor>({
    spec: { op: 'spy', name },
    outputShape,
    kernel(input, _weights, own) {
      log.push(`build ${input.join('×')}`);
      const one = own(tf.scalar(1));
      return (x) => {
        log.push(`run ${x.shape.join('×')}`);
        return tf.mul(x, one);
      };
    },
  });
  return { made, log };
}

/** Frames of zeros of these shapes. */
export function shapes(list: readonly Shape[], options: Partial<FrameSourceOptions> = {}): Source<tf.Tensor> {
  return frameSource(
    {
      *[Symbol.iterator]() {
        for (const [k, shape] of list.entries()) yield { data: tf.zeros([...shape]), timestamp: k };
      },
    },
    { source: 'shapes', ...options },
  );
}

export const seqs = map(({ label }: Frame<unknown>) => label.seq);

import * as tf from '@tensorflow/tfjs-core';
import { stage } from 'sluice';

/** A stage that gives the difference of each frame to the one before, and a log of when its states begin and are disposed. */
export function motionStage(name = 'motion') {
  const log: string[] = [];
  const made = stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'motion', name },
    outputShape: (input) => input,
    kernel: (input) => {
      log.push(`begin ${input.join('×')}`);
      let last: tf.Tensor4D | undefined;
      return {
        run(x) {
          const difference = tf.sub<tf.Tensor4D>(x, last ?? x);
          last?.dispose();
          last = tf.keep(tf.clone(x));
          return difference;
        },
        dispose() {
          log.push('dispose');
          last?.dispose();
        },
      };
    },
  });
  return { made, log };
}

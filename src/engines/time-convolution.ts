import * as tf from '@tensorflow/tfjs-core';
import { now } from '../frames/clock.ts';

/** The first run, which compiles, is not among them. */
const RUNS = 3;

/**
 * The shortest time of a convolution on the backend in use, in ms: 3 × 3 over 56 × 56 × 64, as in the middle of a network for
 * pictures. Infinity if none was timed within `limit` ms.
 */
export async function timeConvolution(limit: number): Promise<number> {
  const picture = tf.ones<tf.Rank.R4>([1, 56, 56, 64]);
  const filter = tf.ones<tf.Rank.R4>([3, 3, 64, 64]);
  let corner: tf.Tensor | undefined;
  let [best, late] = [Infinity, false];
  const runs = async () => {
    for (let run = 0; run <= RUNS && !late; run++) {
      const from = now();
      // One number is read back, so that the reading takes no time of its own.
      corner = tf.tidy(() => tf.slice(tf.conv2d(picture, filter, 1, 'same'), [0, 0, 0, 0], [1, 1, 1, 1]));
      await corner.data();
      corner.dispose();
      if (run > 0 && !late) best = Math.min(best, now() - from);
    }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limited = new Promise<void>((resolve) => (timer = setTimeout(resolve, limit)));
  try {
    await Promise.race([runs(), limited]);
    return best;
  } finally {
    late = true;
    clearTimeout(timer);
    tf.dispose([picture, filter, corner ?? []]);
  }
}

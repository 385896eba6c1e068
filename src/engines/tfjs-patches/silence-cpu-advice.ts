import * as tf from '@tensorflow/tfjs-core';

/**
 * Keeps the cpu backend from printing, on its first use in Node, the advice to install tfjs-node. Call it when the backend
 * runs. tfjs has no option for this: https://github.com/tensorflow/tfjs/issues/5349
 */
export function silenceCpuAdvice(): void {
  Object.assign(tf.backend(), { firstUse: false });
}

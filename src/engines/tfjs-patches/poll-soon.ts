import * as tf from '@tensorflow/tfjs-core';

interface Platform {
  setTimeoutCustom?(action: () => void, ms: number): void;
}

/**
 * Makes tfjs notice sooner that webgl is done, so that reading a result back takes less time. tfjs polls with timers, and
 * browsers delay nested timers to 4 ms. A message between two timers avoids the delay.
 *
 * The delay: https://github.com/tensorflow/tfjs/issues/6687. tfjs has a remedy, the flag `USE_SETTIMEOUTCUSTOM`
 * (https://github.com/tensorflow/tfjs/pull/6694), but it keeps all its callbacks for as long as frames overlap, posts its
 * messages to the whole page, and does nothing in workers (https://github.com/tensorflow/tfjs/issues/6922).
 */
export function pollSoon(): void {
  const platform = tf.env().platform as Platform;
  if (!platform.setTimeoutCustom || typeof MessageChannel === 'undefined') return;
  const { port1, port2 } = new MessageChannel();
  const due: (() => void)[] = [];
  port1.onmessage = () => due.shift()?.();
  platform.setTimeoutCustom = (action, ms) => {
    setTimeout(() => {
      due.push(action);
      port2.postMessage(undefined);
    }, ms);
  };
}

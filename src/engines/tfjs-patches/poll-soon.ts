import * as tf from '@tensorflow/tfjs-core';

interface Platform {
  setTimeoutCustom?(action: () => void, ms: number): void;
}

/**
 * @internal Has tfjs ask sooner whether webgl is done: it asks by timers, which browsers hold back to 4 ms once they follow
 * each other. With a message in between they don't. tfjs has a way of its own for this (`USE_SETTIMEOUTCUSTOM`), but keeps
 * every question for as long as frames overlap, posts its messages to the whole page, and does not work in workers.
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

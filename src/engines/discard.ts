import * as tf from '@tensorflow/tfjs-core';

/** @internal Removes a backend, also one that is still starting, and leaves it to be started anew. */
export function discard(name: string): void {
  const { factory, priority } = tf.engine().registryFactory[name] ?? {};
  tf.removeBackend(name);
  if (factory) tf.registerBackend(name, factory, priority);
}

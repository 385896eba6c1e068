import * as tf from '@tensorflow/tfjs-core';

/** Removes a backend of tfjs, also one that is still starting, and registers it again, so that it can be started afresh. */
export function resetBackend(name: string): void {
  const { factory, priority } = tf.engine().registryFactory[name] ?? {};
  tf.removeBackend(name);
  if (factory) tf.registerBackend(name, factory, priority);
}

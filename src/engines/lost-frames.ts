import type * as tf from '@tensorflow/tfjs-core';
import type { EngineError } from '../errors/errors.ts';
import { anyDeviceLost, deviceOf, type Device } from './device.ts';
import { contextLost } from '../errors/context-lost.ts';
import type { FrameLabel } from '../errors/frame-label.ts';

/** Returns the error of a frame whose numbers were only on a GPU that was lost. Undefined for all other frames. */
export function lossOf({
  data,
  label,
}: {
  readonly data: unknown;
  readonly label: FrameLabel;
}): EngineError | undefined {
  if (!anyDeviceLost()) return undefined;
  const device = deviceOf(data);
  return device?.isLost && device.holds(data as tf.Tensor) ? contextLost(label, device.engine) : undefined;
}

/**
 * Reads something of a frame back from the GPU. Rejects if the GPU is lost before the read is done: what is read from a lost
 * GPU is wrong, and some reads never end.
 */
export function unlessLost<T>(data: unknown, label: FrameLabel, read: () => Promise<T>): Promise<T> {
  const device = deviceOf(data);
  return device ? watched(device, data as tf.Tensor, label, read) : read();
}

async function watched<T>(device: Device, tensor: tf.Tensor, label: FrameLabel, read: () => Promise<T>): Promise<T> {
  const lost = () => contextLost(label, device.engine);
  if (device.isLost && device.holds(tensor)) throw lost();
  let stopWatching: (() => void) | undefined;
  const loss = new Promise<never>((_, reject) => (stopWatching = device.onLoss(() => reject(lost()))));
  try {
    const result = await Promise.race([read(), loss]);
    if (device.isLost) throw lost();
    return result;
  } catch (error) {
    throw (await device.awaitLoss()) ? lost() : error;
  } finally {
    stopWatching?.();
  }
}

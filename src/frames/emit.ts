import type { Subscriber } from 'rxjs';
import type { Frame } from './frame.ts';

/**
 * Hands a frame on and releases it when `next()` has returned, as every emitter of frames must. One that can't be
 * released (somebody else did it already, or its data can't be freed) ends the stream.
 */
export function emit<T>(frame: Frame<T>, subscriber: Subscriber<Frame<T>>): void {
  try {
    subscriber.next(frame);
  } finally {
    try {
      frame.release();
    } catch (error) {
      subscriber.error(error);
    }
  }
}

import type { Subscriber } from 'rxjs';
import type { Frame } from './frame.ts';

/**
 * @internal Emits a frame and releases it when `next()` has returned, as everything that emits frames must. A frame that cannot
 * be released (it was released already, or its data cannot be freed) fails the stream.
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

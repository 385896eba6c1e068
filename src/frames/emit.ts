import type { Observer } from 'rxjs';
import type { Frame } from './frame.ts';

/**
 * @internal Emits a frame and releases it when `next()` has returned, as everything that emits frames must. A frame that cannot
 * be released (it was released already, or its data cannot be freed) fails the stream.
 */
export function emit<T>(frame: Frame<T>, observer: Pick<Observer<Frame<T>>, 'next' | 'error'>): void {
  try {
    observer.next(frame);
  } finally {
    try {
      frame.release();
    } catch (error) {
      observer.error(error);
    }
  }
}

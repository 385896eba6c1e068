import { Observable, type MonoTypeOperatorFunction } from 'rxjs';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import { emit } from '../frames/emit.ts';
import type { Frame } from '../frames/frame.ts';
import { after } from '../frames/clock.ts';

/**
 * A stage that takes `ms` (virtual) milliseconds per frame, one frame at a time and in order, as a GPU does. Frames that come
 * meanwhile are retained in a queue, so a gate that admits too many becomes visible.
 *
 * @see {@link busy}, {@link inVirtualTime}
 *
 * @example
 * const source = frameSource(fakeCamera({ fps: 30, seconds: 60 }), { source: 'camera' });
 * source.pipe(takes(100), markDelivered());
 */
export function takes<T>(ms: number | ((frame: Frame<T>) => number)): MonoTypeOperatorFunction<Frame<T>> {
  return (frames) =>
    new Observable((subscriber) => {
      const queue: Frame<T>[] = [];
      let ended: (() => void) | undefined;
      let cancel = (): void => undefined;
      const work = () => {
        const [frame] = queue;
        if (!frame) {
          ended?.();
          return;
        }
        let time: number;
        try {
          time = typeof ms === 'number' ? ms : ms(frame);
        } catch (error) {
          subscriber.error(error);
          return;
        }
        cancel = after(time, () => {
          queue.shift();
          emit(frame, subscriber);
          if (!subscriber.closed) work();
        });
      };
      subscriber.add(() => {
        cancel();
        for (const frame of queue.splice(0)) frame.release();
      });
      subscribeWithin(frames, subscriber, {
        next(frame) {
          try {
            queue.push(frame.hold('takes'));
          } catch (error) {
            subscriber.error(error);
            return;
          }
          if (queue.length === 1) work();
        },
        error: (error: unknown) => subscriber.error(error),
        complete() {
          ended = () => subscriber.complete();
          if (queue.length === 0) ended();
        },
      });
    });
}

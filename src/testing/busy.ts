import { tap, type MonoTypeOperatorFunction } from 'rxjs';
import { OptionError } from '../errors/errors.ts';
import type { Frame } from '../frames/frame.ts';
import { installedTime } from './virtual-time.ts';

/**
 * A stage that keeps the thread busy for `ms` virtual milliseconds per frame, as computing on the CPU does: timers that are due
 * meanwhile run late. ({@link takes} leaves the thread free, as computing on a GPU does.)
 *
 * Works only inside of {@link inVirtualTime}; elsewhere the stream fails with an `OptionError`.
 *
 * @see {@link takes}
 *
 * @example
 * const late: number[] = [];
 * await inVirtualTime((time) => {
 *   time.after(50, () => late.push(time.now()));
 *   frameSource(fakeFile({ fps: 10, seconds: 0.2 }), { source: 'clip.mp4' }).pipe(busy(40)).subscribe();
 * });
 * console.log(late); // [ 80 ]
 */
export function busy<T>(ms: number | ((frame: Frame<T>) => number)): MonoTypeOperatorFunction<Frame<T>> {
  return tap((frame) => {
    const time = installedTime();
    if (!time) throw new OptionError('busy: there is no virtual time: run this inside of inVirtualTime');
    time.skip(typeof ms === 'number' ? ms : ms(frame));
  });
}

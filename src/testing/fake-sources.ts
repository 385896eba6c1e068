import { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Arrival } from '../flow/gate/arrival.ts';
import { after, now } from '../frames/clock.ts';

/** Options of {@link fakeCamera} and {@link fakeFile}. */
export interface FakeSourceOptions<T> {
  /** Frames per second. */
  readonly fps: number;
  /** The length of the video in seconds. */
  readonly seconds: number;
  /** Makes the data of the n-th frame. Default: the number n. */
  readonly data?: (n: number) => T;
}

const NAMES: OptionNames<FakeSourceOptions<unknown>> = { fps: true, seconds: true, data: true };

/**
 * A camera for tests: it emits `fps` frames per second for `seconds` (virtual) seconds, whether the pipe is ready or not.
 *
 * The n-th frame, from 0, comes at n / fps seconds. Frames that were due while the thread was busy come late, all at once.
 * Throws `OptionError`.
 *
 * @see {@link fakeFile}, {@link marbles}, {@link inVirtualTime}
 *
 * @example
 * const source = frameSource(fakeCamera({ fps: 30, seconds: 2 }), { source: 'camera', policy: 'latest' });
 */
export function fakeCamera<T = number>(options: FakeSourceOptions<T>): Observable<Arrival<T>> {
  const { total, arrival, due } = fakeFrames('fakeCamera', options);
  return new Observable((subscriber) => {
    const start = now();
    let cancel = (): void => undefined;
    const next = (n: number) => {
      // The subscriber may have unsubscribed on the frame before.
      if (subscriber.closed) return;
      cancel = after(start + due(n) - now(), () => {
        if (n === total) {
          subscriber.complete();
          return;
        }
        subscriber.next(arrival(n));
        next(n + 1);
      });
    };
    next(0);
    return () => cancel();
  });
}

/**
 * A file for tests: an iterable that gives each frame at once when it is asked for, and can be read again. Throws
 * `OptionError`.
 *
 * @see {@link fakeCamera}, {@link marbles}, {@link inVirtualTime}
 *
 * @example
 * const source = frameSource(fakeFile({ fps: 25, seconds: 4 }), { source: 'clip.mp4' });
 */
export function fakeFile<T = number>(options: FakeSourceOptions<T>): Iterable<Arrival<T>> {
  const { total, arrival } = fakeFrames('fakeFile', options);
  return {
    *[Symbol.iterator]() {
      for (let n = 0; n < total; n++) yield arrival(n);
    },
  };
}

/** The number of frames of a source, the frames, and the times (ms) at which they are due. */
function fakeFrames<T>(name: string, options: FakeSourceOptions<T>) {
  checkOptions(name, options, NAMES);
  const { fps, seconds, data } = options;
  for (const [option, value] of Object.entries({ fps, seconds })) {
    if (value > 0 && value < Infinity) continue;
    throw new OptionError(`${name}: ${option} must be a number over 0, not ${describeValue(value)}`);
  }
  return {
    total: Math.round(fps * seconds),
    due: (n: number) => (n * 1000) / fps,
    arrival: (n: number): Arrival<T> => ({ data: data ? data(n) : (n as T), timestamp: Math.round((n * 1e6) / fps) }),
  };
}

/**
 * A source from a marble diagram in RxJS's syntax: `a` is a frame, `-` takes 10 ms, ` 45ms ` takes 45 ms, `(ab)` are frames at
 * the same time, `|` is the end, `#` an error. Every character takes 10 ms. The data of a frame is its letter, or the entry of
 * `values` for it; its timestamp is the time at which it comes.
 *
 * @see {@link fakeCamera}, {@link timeline}
 *
 * @example
 * const source = frameSource(marbles('a--b-(cd)|'), { source: 'marbles', policy: 'latest' });
 */
export function marbles<T = string>(diagram: string, values?: Readonly<Record<string, T>>): Observable<Arrival<T>> {
  return new Observable((subscriber) => {
    const messages = TestScheduler.parseMarbles(diagram, values, undefined, false, true);
    let sameTime = 0;
    const cancels = messages.map(({ frame, notification }, i) => {
      sameTime = frame === messages[i - 1]?.frame ? sameTime + 1 : 0;
      // Frames of one group come together, but no two may have the same timestamp.
      const timestamp = frame * 1000 + sameTime;
      return after(frame, () => {
        if (notification.kind === 'N') subscriber.next({ data: notification.value as T, timestamp });
        else if (notification.kind === 'E') subscriber.error(notification.error);
        else subscriber.complete();
      });
    });
    return () => {
      for (const cancel of cancels) cancel();
    };
  });
}

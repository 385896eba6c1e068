import { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Arrival } from '../flow/gate/arrival.ts';
import { after, now } from '../frames/clock.ts';

/** Options of the fake sources. */
export interface FakeSourceOptions<T> {
  /** Frames per second, over 0. */
  readonly fps: number;
  /** How long the source lasts, in seconds, over 0. */
  readonly seconds: number;
  /** The data of the n-th frame, counted from 0. Default: n. */
  readonly data?: (n: number) => T;
}

const NAMES: OptionNames<FakeSourceOptions<unknown>> = { fps: true, seconds: true, data: true };

/**
 * Makes a camera: its frames come by themselves, `fps` per second for so many (virtual) seconds. The n-th frame comes at
 * n / fps, counted from 0. Frames that came due while the thread was busy come late, all at once. Throws `OptionError`.
 *
 * @see {@link fakeFile}, {@link marbles}, {@link inVirtualTime}
 *
 * @example
 * const source = frameSource(fakeCamera({ fps: 30, seconds: 2 }), { source: 'camera', policy: 'latest' });
 */
export function fakeCamera<T = number>(options: FakeSourceOptions<T>): Observable<Arrival<T>> {
  const { total, arrival, due } = film('fakeCamera', options);
  return new Observable((subscriber) => {
    const start = now();
    let callOff = (): void => undefined;
    const next = (n: number) => {
      // Whoever got the frame before may have had enough.
      if (subscriber.closed) return;
      callOff = after(start + due(n) - now(), () => {
        if (n === total) {
          subscriber.complete();
          return;
        }
        subscriber.next(arrival(n));
        next(n + 1);
      });
    };
    next(0);
    return () => callOff();
  });
}

/**
 * Makes a file: its frames come when they are asked for, at once. It can be read any number of times. Throws
 * `OptionError`.
 *
 * @see {@link fakeCamera}, {@link marbles}, {@link inVirtualTime}
 *
 * @example
 * const source = frameSource(fakeFile({ fps: 25, seconds: 4 }), { source: 'clip.mp4' });
 */
export function fakeFile<T = number>(options: FakeSourceOptions<T>): Iterable<Arrival<T>> {
  const { total, arrival } = film('fakeFile', options);
  return {
    *[Symbol.iterator]() {
      for (let n = 0; n < total; n++) yield arrival(n);
    },
  };
}

/** What a source of so many frames a second brings, and when (ms). */
function film<T>(name: string, options: FakeSourceOptions<T>) {
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
 * Makes a source from a marble diagram in RxJS's syntax: `a` is a frame, `-` is 10 ms, ` 45ms ` is 45 ms, `(ab)` are
 * frames at the same time, `|` is the end, `#` an error; every sign takes 10 ms itself. The data of a frame is its
 * letter, or what `values` has for the letter; its timestamp is the time at which it comes.
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
    const callOffs = messages.map(({ frame, notification }, i) => {
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
      for (const callOff of callOffs) callOff();
    };
  });
}

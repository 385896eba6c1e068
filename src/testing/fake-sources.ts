import { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { Arrival } from '../flow/arrival.ts';
import { after } from '../timing/clock.ts';

/** Options of the fake sources. */
export interface FakeSourceOptions<T> {
  readonly fps: number;
  readonly seconds: number;
  /** What the n-th frame holds; default: its number. */
  readonly data?: (n: number) => T;
}

/**
 * A camera: its frames come by themselves, `fps` a second for so many (virtual) seconds, whether anybody has time for
 * them or not. The n-th comes at n / fps, from 0.
 *
 * @example
 * const source = admit(fakeCamera({ fps: 30, seconds: 2 }), { source: 'camera', policy: 'latest' });
 */
export function fakeCamera<T = number>({ fps, seconds, data }: FakeSourceOptions<T>): Observable<Arrival<T>> {
  return new Observable((subscriber) => {
    const total = Math.round(fps * seconds);
    let callOff = (): void => undefined;
    const next = (n: number, sinceLast: number) => {
      callOff = after(sinceLast, () => {
        if (n === total) subscriber.complete();
        else {
          subscriber.next({ data: data ? data(n) : (n as T), timestamp: Math.round((n * 1e6) / fps) });
          next(n + 1, 1000 / fps);
        }
      });
    };
    next(0, 0);
    return () => callOff();
  });
}

/**
 * A file: its frames come when they are asked for, at once.
 *
 * @example
 * const source = admit(fakeFile({ fps: 25, seconds: 4 }), { source: 'clip.mp4' });
 */
export function* fakeFile<T = number>({ fps, seconds, data }: FakeSourceOptions<T>): Generator<Arrival<T>, undefined> {
  const total = Math.round(fps * seconds);
  for (let n = 0; n < total; n++) yield { data: data ? data(n) : (n as T), timestamp: Math.round((n * 1e6) / fps) };
}

/**
 * A source as a marble diagram (RxJS's syntax: `a` a frame, `-` 10 ms, `(ab)` at once, `|` the end, `#` an error);
 * a frame's data is its letter, or what `values` has for it, its timestamp the virtual time at which it comes.
 *
 * @example
 * const source = admit(marbles('a--b-(cd)|'), { source: 'marbles', policy: 'latest' });
 */
export function marbles<T = string>(diagram: string, values?: Readonly<Record<string, T>>): Observable<Arrival<T>> {
  return new Observable((subscriber) => {
    const messages = TestScheduler.parseMarbles(diagram, values);
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

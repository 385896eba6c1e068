import { Observable, type Subscriber } from 'rxjs';
import { OptionError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { now } from '../timing/clock.ts';
import { attach } from './attach.ts';
import { emit } from './emit.ts';
import { join } from './join.ts';

/** Options of {@link zipLatest}. */
export interface ZipLatestOptions {
  /** How far apart (ms) the timestamps of two frames that belong together may be. Default 20. */
  readonly tolerance?: number;
}

/**
 * Pairs the frames of two cameras by their timestamps, which must be on one clock: each pair is as near in time as
 * `tolerance` says, and frames without a partner are let go (`discarded`). At most one frame is kept waiting.
 *
 * A pair is labelled as its first frame; its data are the two frames' data, which it keeps alive. Ends when either
 * source does. Throws `OptionError`.
 *
 * @example
 * zipLatest(source, source, { tolerance: 10 }).subscribe(({ data: [left, right] }) => draw(left, right));
 */
export function zipLatest<A, B>(
  first: Observable<Frame<A>>,
  second: Observable<Frame<B>>,
  { tolerance = 20 }: ZipLatestOptions = {},
): Observable<Frame<readonly [A, B]>> {
  if (!(tolerance >= 0)) throw new OptionError(`zipLatest: tolerance must be a number of ms, not ${String(tolerance)}`);
  return new Observable((subscriber) => {
    const pairing = new Pairing<A, B>(tolerance * 1000, subscriber);
    subscriber.add(() => pairing.letGo());
    const error = (thrown: unknown) => subscriber.error(thrown);
    const complete = () => subscriber.complete();
    attach(first, subscriber, { next: (frame) => pairing.take({ first: frame }), error, complete });
    attach(second, subscriber, { next: (frame) => pairing.take({ second: frame }), error, complete });
  });
}

interface Sides<A, B> {
  readonly first?: Frame<A>;
  readonly second?: Frame<B>;
}

/** One subscription's frame that waits for its partner. */
class Pairing<A, B> {
  readonly #tolerance: number;
  readonly #subscriber: Subscriber<Frame<readonly [A, B]>>;
  #waiting: Sides<A, B> = {};

  constructor(tolerance: number, subscriber: Subscriber<Frame<readonly [A, B]>>) {
    this.#tolerance = tolerance;
    this.#subscriber = subscriber;
  }

  take(came: Sides<A, B>): void {
    const { first, second } = { ...this.#waiting, ...came };
    if (first && second) {
      const apart = first.label.timestamp - second.label.timestamp;
      if (Math.abs(apart) <= this.#tolerance) {
        this.#pair(first, second, came);
        return;
      }
      // Timestamps only grow: the older of the two will never find a partner.
      const keepFirst = apart > 0;
      const keepsCame = keepFirst ? came.first !== undefined : came.second !== undefined;
      if (!keepsCame) return;
    }
    this.#keep(came);
  }

  letGo(): void {
    this.#waiting.first?.release();
    this.#waiting.second?.release();
    this.#waiting = {};
  }

  #keep(came: Sides<A, B>): void {
    this.letGo();
    try {
      came.first?.retain('zipLatest');
      came.second?.retain('zipLatest');
      this.#waiting = came;
    } catch (error) {
      this.#subscriber.error(error);
    }
  }

  #pair(first: Frame<A>, second: Frame<B>, came: Sides<A, B>): void {
    this.#waiting = {};
    const trace = { stages: [], marks: [now()], method: 'unavailable', before: undefined } as const;
    try {
      // The one that waited is held already; the joined frame takes both holds over.
      (came.first ?? came.second)?.retain('zipLatest');
      emit(join([first, second], [first.data, second.data] as const, trace), this.#subscriber);
    } catch (error) {
      this.#subscriber.error(error);
    }
  }
}

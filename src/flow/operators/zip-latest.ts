import { Observable, type Subscriber } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { emit } from '../../frames/emit.ts';
import { join } from './join.ts';
import { releaseAll } from '../../frames/release-all.ts';

/** Options of {@link zipLatest}. */
export interface ZipLatestOptions {
  /** How far apart (ms) the timestamps of a pair may be. Default 20. */
  readonly tolerance?: number;
}

const NAMES: OptionNames<ZipLatestOptions> = { tolerance: true };

/**
 * Pairs the frames of two sources, such as two cameras, by their timestamps, which must be on one clock. The timestamps of a
 * pair differ by at most `tolerance`; frames without a partner are `discarded`. At most one frame waits for its partner, so
 * give sources that run ahead (files) `maxInFlight: 1`.
 *
 * A pair has the label and the timings of its first frame. Its data is `[first, second]`, the data of both frames, which live
 * as long as the pair. Completes when a source has completed and none of its frames waits. Throws `OptionError`.
 *
 * @see {@link branch}
 *
 * @example
 * zipLatest(source, source, { tolerance: 10 }).subscribe(({ data: [left, right] }) => draw(left, right));
 */
export function zipLatest<A, B>(
  first: Observable<Frame<A>>,
  second: Observable<Frame<B>>,
  options: ZipLatestOptions = {},
): Observable<Frame<readonly [A, B]>> {
  checkOptions('zipLatest', options, NAMES);
  const { tolerance = 20 } = options;
  if (typeof tolerance !== 'number' || !(tolerance >= 0)) {
    throw new OptionError(`zipLatest: tolerance must be a number of ms, not ${describeValue(tolerance)}`);
  }
  return new Observable((subscriber) => {
    const pairing = new Pairing<A, B>(tolerance * 1000, subscriber);
    subscriber.add(() => pairing.releaseWaiting());
    const error = (thrown: unknown) => subscriber.error(thrown);
    subscribeWithin(first, subscriber, {
      next: (frame) => pairing.take({ first: frame }),
      error,
      complete: () => pairing.end('first'),
    });
    subscribeWithin(second, subscriber, {
      next: (frame) => pairing.take({ second: frame }),
      error,
      complete: () => pairing.end('second'),
    });
  });
}

interface Sides<A, B> {
  readonly first?: Frame<A>;
  readonly second?: Frame<B>;
}

/** The waiting frame of one subscription, and its pairing. */
class Pairing<A, B> {
  readonly #tolerance: number;
  readonly #subscriber: Subscriber<Frame<readonly [A, B]>>;
  readonly #ended = new Set<keyof Sides<A, B>>();
  #waiting: Sides<A, B> = {};

  constructor(tolerance: number, subscriber: Subscriber<Frame<readonly [A, B]>>) {
    this.#tolerance = tolerance;
    this.#subscriber = subscriber;
  }

  take(came: Sides<A, B>): void {
    const { first, second } = { ...this.#waiting, ...came };
    const apart = first && second ? first.label.timestamp - second.label.timestamp : 0;
    try {
      if (first && second && Math.abs(apart) <= this.#tolerance) this.#pair(first, second, came);
      // Timestamps only increase: the older of the two will never find a partner.
      else if (apart === 0 || (came.first ? apart > 0 : apart < 0)) this.#keep(came);
    } catch (error) {
      this.#subscriber.error(error);
    }
    this.#endWhereNoPairCanCome();
  }

  end(side: keyof Sides<A, B>): void {
    this.#ended.add(side);
    this.#endWhereNoPairCanCome();
  }

  releaseWaiting(): void {
    const { first, second } = this.#waiting;
    this.#waiting = {};
    releaseAll([first, second].filter((frame) => frame !== undefined));
  }

  #keep(came: Sides<A, B>): void {
    came.first?.hold('zipLatest');
    came.second?.hold('zipLatest');
    const { first, second } = this.#waiting;
    this.#waiting = came;
    releaseAll([first, second].filter((frame) => frame !== undefined));
  }

  #pair(first: Frame<A>, second: Frame<B>, came: Sides<A, B>): void {
    // The frame that waited is held already; the joined frame takes over both holds.
    (came.first ?? came.second)?.hold('zipLatest');
    this.#waiting = {};
    emit(join([first, second], [first.data, second.data] as const), this.#subscriber);
  }

  #endWhereNoPairCanCome(): void {
    for (const side of this.#ended) if (!this.#waiting[side]) this.#subscriber.complete();
  }
}

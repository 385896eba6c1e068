import { Observable } from 'rxjs';
import type { Arrival, Arrivals } from 'sluice';
import { after } from '../../../../src/frames/clock.ts';
import type { Audit, Datum } from './audit.ts';
import type { Schedule, Shot } from './schedule.ts';

/** A schedule's source, and what can be seen of it from outside. */
export interface Played {
  readonly arrivals: Arrivals<Datum>;
  /** Somebody has asked it and waits for the answer. */
  readonly asked: () => boolean;
  /** It has nothing more to give to whoever listens now. */
  readonly ended: () => boolean;
  /** Brings the next frame before its time. */
  readonly nudge: () => void;
  /** Everything is over: was the source left as it should be? */
  readonly check: () => void;
}

export const SOURCE_ERROR = new Error('the source broke');

/** Makes a source's data, one subscription's frames after the other. */
class Maker {
  #n = 0;
  #last = 0;
  readonly #schedule: Schedule;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  get next(): Shot | undefined {
    return this.#schedule.shots[this.#n];
  }

  get n(): number {
    return this.#n;
  }

  make(): Arrival<Datum> {
    const { stamp = 'good', bytes = 0 } = this.next ?? {};
    const last = this.#last;
    const timestamp = { good: last + 1000, NaN, equal: last, backwards: last - 1, restart: last - 2e6 }[stamp];
    if (stamp === 'good' || stamp === 'restart') this.#last = timestamp;
    const datum: Datum = { n: this.#n++, timestamp, byteLength: bytes, freed: 0, dispose: () => void datum.freed++ };
    return { data: datum, timestamp };
  }
}

/** A camera: it brings its frames by itself. */
export function sampled(schedule: Schedule, audit: Audit): Played {
  let ended = true;
  let nudge = (): void => undefined;
  const arrivals = new Observable<Arrival<Datum>>((subscriber) => {
    const maker = new Maker(schedule);
    let callOff = (): void => undefined;
    ended = false;
    subscriber.add(() => {
      callOff();
      ended = true;
    });
    const shoot = () => {
      const arrival = maker.make();
      audit.brings(arrival.data);
      subscriber.next(arrival);
    };
    const next = () => {
      // What comes at once comes in the same turn.
      while (maker.next?.gap === 0 && !subscriber.closed) shoot();
      callOff();
      if (subscriber.closed) return;
      if (maker.next) callOff = after(maker.next.gap, () => (shoot(), next()));
      else if (schedule.end.how !== 'never') callOff = after(schedule.end.gap, finish);
    };
    const finish = () => {
      ended = true;
      if (schedule.end.how === 'errors') subscriber.error(SOURCE_ERROR);
      else subscriber.complete();
    };
    nudge = () => {
      if (subscriber.closed || !maker.next) return;
      shoot();
      next();
    };
    next();
  });
  return { arrivals, asked: () => false, ended: () => ended, nudge: () => nudge(), check: () => undefined };
}

/** A file: it answers when it is asked, at once or after a while, and notes every rudeness. */
export function pulled(schedule: Schedule, audit: Audit): Played {
  const isAsync = schedule.source === 'async';
  const readers: Reader[] = [];
  const open = () => {
    const reader = new Reader(schedule, audit);
    readers.push(reader);
    return reader;
  };
  return {
    arrivals: (isAsync ? { [Symbol.asyncIterator]: open } : { [Symbol.iterator]: open }) as Arrivals<Datum>,
    asked: () => readers.some(({ asked }) => asked),
    ended: () => readers.at(-1)?.ended ?? true,
    nudge: () => undefined,
    check: () => readers.forEach((reader) => reader.ended || audit.breach('an iterator was left without return()')),
  };
}

type Answer = IteratorResult<Arrival<Datum>, undefined>;

class Reader {
  asked = false;
  #end: 'no' | 'by itself' | 'returned' = 'no';
  readonly #schedule: Schedule;
  readonly #audit: Audit;
  readonly #maker: Maker;

  constructor(schedule: Schedule, audit: Audit) {
    this.#schedule = schedule;
    this.#audit = audit;
    this.#maker = new Maker(schedule);
  }

  get ended(): boolean {
    return this.#end !== 'no';
  }

  next(): Answer | Promise<Answer> {
    if (this.asked) this.#audit.breach('the source was asked twice at once');
    if (this.#end !== 'no') this.#audit.breach(`the source was asked after its end (${this.#end})`);
    if (this.#schedule.source === 'sync') return this.#answer();
    this.asked = true;
    const { how, gap: endGap } = this.#schedule.end;
    const gap = this.#maker.next?.gap ?? (how === 'never' ? Infinity : endGap);
    return new Promise((resolve, reject) => {
      const answer = () => {
        this.asked = false;
        try {
          resolve(this.#answer());
        } catch (error) {
          reject(error);
        }
      };
      if (gap === 0) answer();
      else after(gap, answer);
    });
  }

  return(): Promise<Answer> | Answer {
    if (this.#end !== 'no') this.#audit.breach(`return() after the end (${this.#end})`);
    this.#end = 'returned';
    const answer = { done: true, value: undefined } as const;
    return this.#schedule.source === 'sync' ? answer : Promise.resolve(answer);
  }

  #answer(): Answer {
    if (this.#maker.next) {
      const value = this.#maker.make();
      // An answer that comes too late never arrives, but is freed all the same.
      if (this.#end === 'returned') this.#audit.bringsTooLate(value.data);
      else this.#audit.brings(value.data);
      return { done: false, value };
    }
    // The one that was returned has its end already.
    if (this.#end === 'no') this.#end = 'by itself';
    if (this.#schedule.end.how === 'errors') throw SOURCE_ERROR;
    return { done: true, value: undefined };
  }
}

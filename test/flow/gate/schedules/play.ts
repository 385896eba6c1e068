import { config, defer, map, mergeMap, Observable, pipe, repeat, retry, take, tap, type OperatorFunction } from 'rxjs';
import {
  frameSource,
  markDelivered,
  inOrder,
  OptionError,
  StageError,
  TimestampError,
  type FrameSourceChanges,
  type Frame,
  type GateEvent,
} from 'sluice';
import { takes, VirtualTime } from 'sluice/testing';
import { subscribeWithin } from '../../../../src/frames/subscribe-within.ts';
import { after, replaceClock } from '../../../../src/frames/clock.ts';
import { Audit, type Datum } from './audit.ts';
import type { Schedule, Shot } from './schedule.ts';
import { pulled, sampled, SOURCE_ERROR } from './sources.ts';

/** Looks around before every timer: by then all that the one before set off has happened. */
class WatchedTime extends VirtualTime {
  look: () => void = () => undefined;

  override at(ms: number, action: () => void, order?: number): () => void {
    return super.at(ms, () => (this.look(), action()), order);
  }
}

/** How many schedules of each kind came to what, so that one can see that they come to everything. */
export type Tally = Record<string, number>;

/** What a performance is asked to note besides. */
export interface Notes {
  readonly tally?: Tally;
  readonly events?: GateEvent[];
}

/** Plays a schedule through the gate in virtual time, and gives every breach of the contract. */
export async function play(schedule: Schedule, notes: Notes = {}): Promise<string[]> {
  const time = new WatchedTime();
  const restore = replaceClock(time);
  const audit = new Audit(schedule.source !== 'sampled', schedule.admission, () => time.now());
  config.onUnhandledError = (error) => audit.breach(`an error nobody handled: ${String(error)}`);
  try {
    await new Performance(schedule, audit, time, notes).run();
  } finally {
    restore();
    config.onUnhandledError = null;
  }
  return audit.breaches;
}

class Performance {
  readonly #schedule: Schedule;
  readonly #audit: Audit;
  readonly #time: WatchedTime;
  readonly #notes: Notes;
  /** Timers of work that nobody can call off. */
  #working = 0;

  constructor(schedule: Schedule, audit: Audit, time: WatchedTime, notes: Notes) {
    this.#schedule = schedule;
    this.#audit = audit;
    this.#time = time;
    this.#notes = notes;
  }

  async run(): Promise<void> {
    const schedule = this.#schedule;
    const audit = this.#audit;
    const time = this.#time;
    const played = schedule.source === 'sampled' ? sampled(schedule, audit) : pulled(schedule, audit);
    const source = frameSource(played.arrivals, { source: 'test', ...schedule.admission, changes: this.#changes() });

    let over = false;
    let turns = 0;
    const framed = new Observable<Frame<Datum>>((subscriber) => {
      // Before the gate's own teardown.
      subscriber.add(() => audit.left());
      source.subscribe(subscriber);
    }).pipe(
      tap({
        next: () => {
          if (schedule.nudge !== undefined && ++turns % schedule.nudge === 0) played.nudge();
        },
        error: () => audit.ends(),
        complete: () => audit.ends(),
      }),
    );
    const { leave, again } = schedule;
    const results = defer(() => {
      let last = -1;
      const limited = leave && 'take' in leave ? framed.pipe(take(leave.take)) : framed;
      return limited.pipe(
        this.#downstream(),
        tap((n) => {
          if (schedule.downstream !== 'at once' && n <= last) audit.breach(`result ${n} came after ${last}`);
          last = n;
        }),
      );
    });
    const repeated =
      again?.how === 'retry'
        ? results.pipe(retry(again.count))
        : again
          ? results.pipe(repeat(again.count + 1))
          : results;

    let events = 0;
    source.ledger.subscribe((counts) => audit.balances(counts));
    source.events.subscribe((event) => {
      this.#notes.events?.push(event);
      audit.hear(event);
      audit.agrees(source.ledger.counts);
      this.#count(event.type === 'dropped' ? event.cause : event.type);
      if (leave && 'event' in leave && ++events === leave.event) subscription.unsubscribe();
    });
    time.look = () => {
      audit.quiet(played.asked(), played.ended());
      if (over && audit.inFlight === 0 && !played.asked() && this.#working === 0) audit.breach('a timer is left');
    };
    const subscription = repeated.subscribe({
      error: (error: unknown) => this.#ended(error),
      complete: () => this.#ended(undefined),
    });
    const callOff = leave && 'at' in leave ? time.after(leave.at, () => subscription.unsubscribe()) : () => undefined;
    subscription.add(() => {
      over = true;
      callOff();
    });

    await time.run();
    if (!over && schedule.end.how !== 'never') audit.breach('the stream never ended');
    subscription.unsubscribe();
    await time.run();
    audit.closes(source.ledger.counts);
    played.check();
  }

  #ended(error: unknown): void {
    const audit = this.#audit;
    const { end, leave, shots } = this.#schedule;
    if (error === undefined) {
      this.#count('completes');
      // Whoever takes only so many may have them before the source comes to its end.
      if (leave && 'take' in leave) return;
      if (audit.mustStop) audit.breach('it completed, although a frame failed that should have stopped it');
      const goesOn = end.how === 'errors' || (end.how === 'never' && this.#schedule.source !== 'sync');
      if (goesOn) audit.breach('it completed, although its source did not');
      return;
    }
    this.#count(error === SOURCE_ERROR ? 'source error' : (error as Error).name);
    const isExpected =
      (error === SOURCE_ERROR && end.how === 'errors') ||
      (error instanceof OptionError && audit.wrongChange) ||
      (error instanceof StageError && audit.mustStop && shots.some(({ fails }) => fails)) ||
      (error instanceof TimestampError && audit.mustStop && shots.some(({ stamp }) => stamp !== 'good'));
    if (!isExpected) audit.breach(`it ended with ${String(error)}`);
  }

  #changes(): Observable<FrameSourceChanges> {
    return new Observable((subscriber) => {
      this.#audit.opened();
      for (const { at, change } of this.#schedule.changes) {
        const make = () => {
          this.#audit.changes(change);
          subscriber.next(change);
        };
        if (at === 0) make();
        else subscriber.add(after(at, make));
      }
    });
  }

  #downstream(): OperatorFunction<Frame<Datum>, number> {
    const service = (frame: Frame<Datum>) => this.#shot(frame).service;
    const out = pipe(
      this.#failing(),
      markDelivered<Datum>(),
      map(({ data }) => data.n),
    );
    switch (this.#schedule.downstream) {
      case 'in turn':
        return out;
      case 'busy':
        return pipe(
          tap((frame: Frame<Datum>) => this.#time.skip(service(frame))),
          out,
        );
      case 'one by one':
        return pipe(takes(service), out);
      case 'at once':
        return pipe(
          mergeMap((frame: Frame<Datum>) => holding(frame, service(frame))),
          out,
        );
      case 'in order':
        return inOrder(2, (frame) => this.#work(frame));
    }
  }

  #work(frame: Frame<Datum>): Promise<number> {
    const { service, fails } = this.#shot(frame);
    const { n } = frame.data;
    this.#working++;
    return new Promise((resolve, reject) => {
      after(service, () => {
        this.#working--;
        if (fails) reject(new Error('no'));
        else resolve(n);
      });
    });
  }

  /** A stage that throws on some frames; what a run of stages does then. */
  #failing(): OperatorFunction<Frame<Datum>, Frame<Datum>> {
    return (frames) =>
      new Observable((subscriber) => {
        subscribeWithin(frames, subscriber, {
          next: (frame) => {
            if (!this.#shot(frame).fails) {
              subscriber.next(frame);
              return;
            }
            const error = new StageError('failing', frame.label, new Error('no'));
            if (frame.lease.fail(error) === 'stop') subscriber.error(error);
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        });
      });
  }

  #shot({ data }: Frame<Datum>): Shot {
    const shot = this.#schedule.shots[data.n];
    if (!shot) throw new RangeError(`there is no shot ${data.n}`);
    return shot;
  }

  #count(what: string): void {
    const { tally } = this.#notes;
    if (tally) tally[what] = (tally[what] ?? 0) + 1;
  }
}

/** Keeps a frame for a while and passes it on; others may do the same meanwhile. */
function holding(frame: Frame<Datum>, ms: number): Observable<Frame<Datum>> {
  frame.retain('at once');
  return new Observable((subscriber) => {
    subscriber.add(
      after(ms, () => {
        subscriber.next(frame);
        subscriber.complete();
      }),
    );
    subscriber.add(() => frame.release());
  });
}

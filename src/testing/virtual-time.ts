import { Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs';
import { replaceClock, type Clock } from '../frames/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/**
 * Time that passes only when a test says so. Once it is installed, sluice's gate, timings and timers use it, and so does RxJS
 * where it is given {@link VirtualTime.scheduler}.
 *
 * @see inVirtualTime
 *
 * @example
 * const time = new VirtualTime();
 * time.after(60_000, () => console.log(time.now())); // 60000
 * await time.run();
 */
export class VirtualTime implements Clock {
  #now = 0;
  readonly #timers: Timer[] = [];
  /** The calls of `run` that have not ended. */
  readonly #runs: { readonly until: number }[] = [];
  /** For RxJS's own operators: `interval(33, time.scheduler)`, `timestamp(time.scheduler)`. */
  readonly scheduler: SchedulerLike = {
    now: () => this.#now,
    schedule: (work, delay = 0, state) => new VirtualAction(this, work).schedule(state, delay),
  };

  /** Virtual milliseconds since the start. */
  now(): number {
    return this.#now;
  }

  /** How many timers are set that have neither run nor been cancelled: 0 if everything was cleaned up. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Calls `action` after `ms` virtual milliseconds (`Infinity`: never); the function it returns cancels that. */
  after(ms: number, action: () => void): () => void {
    return this.at(ms > 0 ? this.#now + ms : this.#now, action);
  }

  /**
   * Calls `action` at a virtual time. Actions at the same time run by `order` (default 0), then in the order of the calls.
   */
  at(ms: number, action: () => void, order: number = 0): () => void {
    if (ms === Infinity) return () => undefined;
    const timer = { at: ms, order, action };
    this.#timers.splice(this.#placeFor(timer), 0, timer);
    return () => {
      const place = this.#timers.indexOf(timer);
      if (place >= 0) this.#timers.splice(place, 1);
    };
  }

  /**
   * Advances the time without running timers, as if the thread were busy; timers that became due run late.
   *
   * @example
   * await inVirtualTime((time) => {
   *   time.after(10, () => console.log(time.now())); // 25
   *   time.skip(25);
   * });
   */
  skip(ms: number): void {
    this.#now += ms;
  }

  /**
   * Runs all timers in order up to a time (default: until none is left), with the asynchronous work that they start. Of two
   * runs at once, as in the body of {@link inVirtualTime}, the one that stops earlier goes first.
   */
  async run(until: number = Infinity): Promise<void> {
    const run = { until };
    this.#runs.push(run);
    this.#runs.sort((a, b) => a.until - b.until || 0);
    try {
      await this.#runUntil(until, () => this.#runs[0] === run);
    } finally {
      this.#runs.splice(this.#runs.indexOf(run), 1);
    }
    if (until < Infinity) this.#now = Math.max(this.#now, until);
  }

  async #runUntil(until: number, isItsTurn: () => boolean): Promise<void> {
    for (;;) {
      await settled();
      if (!isItsTurn()) continue;
      const [next] = this.#timers;
      if (!next || next.at > until) break;
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.at);
      next.action();
    }
  }

  /** The place after all timers that are due earlier, or at the same time with no higher order. */
  #placeFor({ at, order }: Timer): number {
    let [from, to] = [0, this.#timers.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const other = this.#timers[middle];
      if (other && (other.at > at || (other.at === at && other.order > order))) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}

/** Work scheduled by RxJS, which may schedule itself again. */
class VirtualAction<T> extends Subscription implements SchedulerAction<T> {
  readonly #time: VirtualTime;
  readonly #work: (this: SchedulerAction<T>, state: T) => void;
  #callOff: (() => void) | undefined;

  constructor(time: VirtualTime, work: (this: SchedulerAction<T>, state: T) => void) {
    super(() => this.#callOff?.());
    this.#time = time;
    this.#work = work;
  }

  schedule(state?: T, delay: number = 0): Subscription {
    this.#callOff?.();
    if (!this.closed) this.#callOff = this.#time.after(delay, () => this.#work(state as T));
    return this;
  }
}

let installed: VirtualTime | undefined;

/** @internal The virtual time that is installed, if one is. */
export function installedTime(): VirtualTime | undefined {
  return installed;
}

/**
 * Runs a test in virtual time: it installs the clock, calls the body, runs until nothing is left to do (or until `until`
 * ms) and the body is done, and restores the clock from before. Resolves to what the body returned.
 *
 * @see {@link fakeCamera}, {@link takes}, {@link timeline}
 *
 * @example
 * const seen: number[] = [];
 * await inVirtualTime(() => {
 *   frameSource(fakeCamera({ fps: 10, seconds: 1 }), { source: 'camera' }).subscribe(({ label }) => seen.push(label.seq));
 * });
 * console.log(seen.length); // 10
 */
export async function inVirtualTime<T>(
  body: (time: VirtualTime) => T | Promise<T>,
  { until = Infinity }: { until?: number } = {},
): Promise<T> {
  const time = new VirtualTime();
  const before = installed;
  const restore = replaceClock(time);
  installed = time;
  try {
    let done = false;
    const result = Promise.resolve(body(time)).finally(() => (done = true));
    // Whoever awaits the result hears of it; until then nobody does, and that is no unhandled rejection.
    result.catch(() => undefined);
    await time.run(until);
    // A body may wait for something real (an engine that loads) and then go on in virtual time.
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await time.run(until);
    }
    await time.run(until);
    return await result;
  } finally {
    installed = before;
    restore();
  }
}

/** Everything that promises have to do until they wait for something outside. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    }
  });
}

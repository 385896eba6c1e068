import { Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs';
import { replaceClock, type Clock } from '../timing/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/**
 * Time that passes only when a test says so: sluice's gate, timings and timers run on it once it is installed, and so
 * does RxJS where it is given {@link VirtualTime.scheduler}.
 *
 * @example
 * const time = new VirtualTime();
 * time.after(60_000, () => console.log(time.now())); // 60000
 * await time.run();
 */
export class VirtualTime implements Clock {
  #now = 0;
  #timers: Timer[] = [];
  /** For RxJS's own operators: `interval(33, time.scheduler)`. */
  readonly scheduler: SchedulerLike = {
    now: () => this.#now,
    schedule: (work, delay = 0, state) => new VirtualAction(this, work).schedule(state, delay),
  };

  /** Virtual milliseconds since the start. */
  now(): number {
    return this.#now;
  }

  /** Calls `action` after so many virtual milliseconds; what it returns calls that off. */
  after(ms: number, action: () => void): () => void {
    return this.at(this.#now + Math.max(0, ms), action);
  }

  /** Calls `action` at a virtual time; of several at the same time the one with the lower order, then the older, is first. */
  at(ms: number, action: () => void, order: number = Infinity): () => void {
    const timer = { at: ms, order, action };
    const later = this.#timers.findIndex((other) => other.at > ms || (other.at === ms && other.order > order));
    this.#timers.splice(later < 0 ? this.#timers.length : later, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass without anything happening in it, as while the thread is busy; what was due then comes late. */
  skip(ms: number): void {
    this.#now += ms;
  }

  /** Runs all that is due, in order, with everything asynchronous it sets off, up to a time (default: until nothing is left). */
  async run(until: number = Infinity): Promise<void> {
    for (;;) {
      await settled();
      const [next] = this.#timers;
      if (!next || next.at > until) break;
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.at);
      next.action();
    }
    if (until < Infinity) this.#now = Math.max(this.#now, until);
  }
}

/** RxJS's idea of scheduled work, which may schedule itself again. */
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
    this.#callOff = this.#time.after(delay, () => {
      if (!this.closed) this.#work(state as T);
    });
    return this;
  }
}

/**
 * Runs a test on virtual time: installs it, lets the body set things up, runs until nothing is left to do (or `until`
 * ms), and puts the real clock back. Gives what the body gave.
 *
 * @example
 * const seen: number[] = [];
 * await inVirtualTime(() => {
 *   admit(fakeCamera({ fps: 10, seconds: 1 }), { source: 'camera' }).subscribe(({ label }) => seen.push(label.seq));
 * });
 * console.log(seen.length); // 10
 */
export async function inVirtualTime<T>(
  body: (time: VirtualTime) => T | Promise<T>,
  { until = Infinity }: { until?: number } = {},
): Promise<T> {
  const time = new VirtualTime();
  const restore = replaceClock(time);
  try {
    const result = body(time);
    await time.run(until);
    return await result;
  } finally {
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

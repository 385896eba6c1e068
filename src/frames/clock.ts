import { settle } from './settle.ts';

/** The clock that sluice uses. */
export interface Clock {
  /** Milliseconds since a fixed moment; never decreases. */
  now(): number;
  /** Calls `action` after `ms` milliseconds; the function it returns cancels that. */
  after(ms: number, action: () => void): () => void;
  /** Calls `done` when the event loop has turned. A clock without this has an event loop that is never held up. */
  settle?(arrived: () => number, done: () => void): () => void;
}

const wallClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
  settle,
};

let current = wallClock;

/** @internal The time, in milliseconds: `performance.now()`, or a test's virtual time. */
export function now(): number {
  return current.now();
}

/** @internal A timer on the same clock. */
export function after(ms: number, action: () => void): () => void {
  return current.after(ms, action);
}

/** @internal Waits until the event loop has turned since now; see {@link settle}. Undefined in virtual time, which never waits. */
export function whenSettled(...[arrived, done]: Parameters<typeof settle>): (() => void) | undefined {
  return current.settle?.(arrived, done);
}

/** @internal Replaces the clock; the function it returns restores the one before. */
export function replaceClock(clock: Clock): () => void {
  const before = current;
  current = clock;
  return () => {
    current = before;
  };
}

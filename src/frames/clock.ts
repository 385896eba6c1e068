/** The clock that sluice uses. */
export interface Clock {
  /** Milliseconds since a fixed moment; never decreases. */
  now(): number;
  /** Calls `action` after `ms` milliseconds; the function it returns cancels that. */
  after(ms: number, action: () => void): () => void;
}

const wallClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
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

/** @internal Replaces the clock; the function it returns restores the one before. */
export function replaceClock(clock: Clock): () => void {
  const before = current;
  current = clock;
  return () => {
    current = before;
  };
}

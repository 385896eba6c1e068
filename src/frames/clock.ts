/** Where sluice takes the time from. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Calls `action` after so many milliseconds; what it returns calls that off. */
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

/** @internal Puts another clock in place; what it returns brings the one before back. */
export function replaceClock(clock: Clock): () => void {
  const before = current;
  current = clock;
  return () => {
    current = before;
  };
}

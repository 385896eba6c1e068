/** Where the event loop counts what it hands over: in Node. */
interface CountingLoop {
  readonly nodeTiming?: { readonly uvMetricsInfo?: { readonly events: number } };
}

/** An event loop that was held up for less (ms) has left nothing behind that matters. */
export const HELD_UP = 10;

/** The longest wait (ms) for more of what is on its way from another process. */
const PATIENCE = 4;

/**
 * @internal Calls `done` when the event loop has turned, and has handed over what came while it was held up from now on; the
 * function it returns cancels that.
 *
 * What waits in a pipe is handed over in pieces, and the writer sends on once there is room. So turns of the loop follow each
 * other until one brings nothing: no event that the loop counts (Node), and nothing that `arrived` counts. These turns take at
 * most half as long as the loop was held up, so that other traffic cannot hold up the caller.
 */
export function settle(arrived: () => number, done: () => void): () => void {
  const start = performance.now();
  const brought = () => arrived() + ((performance as CountingLoop).nodeTiming?.uvMetricsInfo?.events ?? 0);
  let before = brought();
  let isCancelled = false;
  const turned = (patience: number, until: number) => {
    if (isCancelled) return;
    const count = brought();
    if (count === before || performance.now() > until) done();
    else {
      before = count;
      setTimeout(turned, patience, patience, until);
    }
  };
  soon(() => {
    const heldUp = performance.now() - start;
    if (heldUp < HELD_UP) {
      if (!isCancelled) done();
    } else soon(() => turned(Math.min(PATIENCE, heldUp / 16), start + 1.5 * heldUp));
  });
  return () => {
    isCancelled = true;
  };
}

/** @internal Calls back in the next turn of the event loop. */
export function soon(action: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(action);
  else setTimeout(action);
}

import { Observable, Subject } from 'rxjs';

/** A stream of frames that another stream makes, for an operator that may subscribe late, as a run does that warms up first. */
export interface Fed<T> {
  /** What the operator gets. `upstream` is where sluice looks for the source. */
  readonly frames: Observable<T>;
  /** What feeds it. */
  readonly feed: Subject<T>;
}

/**
 * @internal Makes a stream that `begin` feeds. `begin` is called once, after the first subscription and those of the same turn: what comes
 * before would be lost.
 */
export function fed<T>(upstream: Observable<unknown>, begin: () => void): Fed<T> {
  const feed = new Subject<T>();
  let hasBegun = false;
  const frames = new Observable<T>((subscriber) => {
    subscriber.add(feed.subscribe(subscriber));
    if (hasBegun) return;
    hasBegun = true;
    queueMicrotask(begin);
  });
  return { frames: Object.assign(frames, { upstream }), feed };
}

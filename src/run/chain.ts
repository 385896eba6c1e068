import { Observable } from 'rxjs';
import type { Frame } from '../frames/frame.ts';
import { runOf } from './run.ts';
import type { NamedStage } from '../stage/stage.ts';
import { named } from '../stage/names.ts';

/**
 * Frames that have gone through a run of stages.
 *
 * A stage applied to a chain makes a longer chain instead of another subscription: `source.pipe(a, b)` and
 * `source.pipe(pipeline(a, b))` are one and the same run, and what lies between two stages is freed at once.
 */
class Chain<O> extends Observable<Frame<O>> {
  readonly upstream: Observable<Frame<unknown>>;
  readonly parts: readonly NamedStage[];

  constructor(upstream: Observable<Frame<unknown>>, parts: readonly NamedStage[]) {
    super((subscriber) => runOf(named(parts), upstream, subscriber));
    this.upstream = upstream;
    this.parts = parts;
  }
}

/** @internal Appends stages to a stream of frames. */
export function chain<O>(source: Observable<Frame<unknown>>, parts: readonly NamedStage[]): Observable<Frame<O>> {
  if (source instanceof Chain) return new Chain<O>(source.upstream, [...source.parts, ...parts]);
  return new Chain<O>(source, parts);
}

import { Observable } from 'rxjs';
import { engineReady, loadWithEngine } from '../engines/engine.ts';
import type { RunStages } from '../engines/graph-engine.ts';
import type { Frame } from '../frames/frame.ts';
import type { NamedStage } from '../stage/stage.ts';
import { named } from '../stage/names.ts';

/**
 * The frames that stages make of a stream of frames.
 *
 * A stage applied to a chain gives a longer chain instead of a second subscription. So `source.pipe(a, b)` runs exactly as
 * `source.pipe(pipeline(a, b))`, and the tensors between two stages are freed at once.
 */
class Chain<O> extends Observable<Frame<O>> {
  readonly upstream: Observable<Frame<unknown>>;
  readonly parts: readonly NamedStage[];

  constructor(upstream: Observable<Frame<unknown>>, parts: readonly NamedStage[]) {
    super((subscriber) => start(named(parts), upstream, subscriber));
    this.upstream = upstream;
    this.parts = parts;
  }
}

/** @internal Applies stages to a stream of frames. */
export function chain<O>(source: Observable<Frame<unknown>>, parts: readonly NamedStage[]): Observable<Frame<O>> {
  if (source instanceof Chain) return new Chain<O>(source.upstream, [...source.parts, ...parts]);
  return new Chain<O>(source, parts);
}

/** What takes frames through stages. A page loads it together with its engine. */
let runOf: RunStages | undefined;

loadWithEngine(async () => {
  ({ runOf } = await import('./run.ts'));
});

const start: RunStages = (parts, frames, subscriber) => {
  if (subscriber.closed) return;
  if (runOf) runOf(parts, frames, subscriber);
  else {
    engineReady().then(
      () => start(parts, frames, subscriber),
      (error: unknown) => subscriber.error(error),
    );
  }
};

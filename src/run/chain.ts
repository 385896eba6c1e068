import { Observable } from 'rxjs';
import type { Frame } from '../frames/frame.ts';
import { runOf } from './run.ts';
import type { Part } from '../stages/stage.ts';

/**
 * Frames that have gone through a run of stages.
 *
 * A stage applied to a chain makes a longer chain instead of another subscription: `source.pipe(a, b)` and
 * `source.pipe(pipeline(a, b))` are one and the same run, and what lies between two stages is freed at once.
 */
class Chain<O> extends Observable<Frame<O>> {
  readonly upstream: Observable<Frame<unknown>>;
  readonly parts: readonly Part[];

  constructor(upstream: Observable<Frame<unknown>>, parts: readonly Part[]) {
    super((subscriber) => runOf(named(parts), upstream, subscriber));
    this.upstream = upstream;
    this.parts = parts;
  }
}

/** @internal Appends stages to a stream of frames. */
export function chain<O>(source: Observable<Frame<unknown>>, parts: readonly Part[]): Observable<Frame<O>> {
  if (source instanceof Chain) return new Chain<O>(source.upstream, [...source.parts, ...parts]);
  return new Chain<O>(source, parts);
}

/** @internal `conv2d`, `conv2d_1`, `conv2d_2` …: every part, and its stage, under a name of its own. */
export function named(parts: readonly Part[]): Part[] {
  const taken = new Set<string>();
  return parts.map((part) => {
    let name = part.name;
    for (let n = 1; taken.has(name); n++) name = `${part.name}_${n}`;
    taken.add(name);
    return name === part.name ? part : { ...part, name, stage: part.stage.named(name) };
  });
}

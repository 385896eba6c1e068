import type { Observable } from 'rxjs';
import { Source } from '../gate/frame-source.ts';

/**
 * @internal The source of a stream, if it can be found: sluice's operators keep the stream before them as `upstream`, those of
 * RxJS as `source`. An operator that merges several streams, or keeps none, ends the search.
 */
export function sourceOf(stream: Observable<unknown>): Source<unknown> | undefined {
  for (let at: unknown = stream; typeof at === 'object' && at !== null; at = upstreamOf(at)) {
    if (at instanceof Source) return at as Source<unknown>;
  }
  return undefined;
}

function upstreamOf(stream: object): unknown {
  if ('upstream' in stream) return stream.upstream;
  return 'source' in stream ? stream.source : undefined;
}

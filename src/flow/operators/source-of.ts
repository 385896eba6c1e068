import type { Observable } from 'rxjs';
import { Source } from '../gate/frame-source.ts';

/**
 * @internal The gated source a stream comes from, as far as it can be seen: what our operators make names the stream they
 * were applied to as `upstream`, what RxJS's make as `source`. What merges several, or hides its own, ends the search.
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

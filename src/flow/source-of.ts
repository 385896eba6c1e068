import type { Observable } from 'rxjs';
import { Source } from './admit.ts';

/**
 * @internal The gated source a stream comes from, as far as it can be seen: RxJS's operators and ours name the stream they
 * were applied to (`source`); what merges several, or hides its own, ends the search.
 */
export function sourceOf(stream: Observable<unknown>): Source<unknown> | undefined {
  for (let at: unknown = stream; typeof at === 'object' && at !== null; ) {
    if (at instanceof Source) return at as Source<unknown>;
    at = 'source' in at ? at.source : undefined;
  }
  return undefined;
}

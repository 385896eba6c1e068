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

/** @internal How many leases so many frames of a stream hold. Operators that join frames, or take them apart, say it as `leases`. */
export function leasesOf(stream: Observable<unknown>, frames: number): number {
  for (let at: unknown = stream; typeof at === 'object' && at !== null; at = upstreamOf(at)) {
    if ('leases' in at) return (at as JoinedFrames).leases(frames);
  }
  return frames;
}

/** @internal A stream whose frames hold other leases than one each. */
export interface JoinedFrames {
  /** How many leases so many frames hold. */
  leases(frames: number): number;
}

function upstreamOf(stream: object): unknown {
  if ('upstream' in stream) return stream.upstream;
  return 'source' in stream ? stream.source : undefined;
}

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

/**
 * @internal How many leases a source must give so that an operator can hold so many frames of a stream, of which it lets `step` go at a
 * time. Operators that join frames, or take them apart, say it as `leases`.
 */
export function leasesOf(stream: Observable<unknown>, frames: number, step = frames): number {
  for (let at: unknown = stream; typeof at === 'object' && at !== null; at = upstreamOf(at)) {
    if ('leases' in at) return (at as JoinedFrames).leases(frames, step);
  }
  return frames;
}

/** @internal A stream whose frames hold other leases than one each. */
export interface JoinedFrames {
  leases(frames: number, step: number): number;
}

/** @internal The stream of a `batch`, and how many frames are in one. */
export interface Batched {
  readonly upstream: Observable<unknown>;
  readonly batched: number;
}

/** @internal The nearest batch before a stream. */
export function batchBefore(stream: Observable<unknown>): Batched | undefined {
  for (let at: unknown = stream; typeof at === 'object' && at !== null; at = upstreamOf(at)) {
    if ('batched' in at) return at as unknown as Batched;
  }
  return undefined;
}

function upstreamOf(stream: object): unknown {
  if ('upstream' in stream) return stream.upstream;
  return 'source' in stream ? stream.source : undefined;
}

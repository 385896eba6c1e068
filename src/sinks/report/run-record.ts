import type { Segment } from '../../tasks/open-segment.ts';
import type { StageTimes } from '../../timing/stage-times.ts';

/** What a run did: plain JSON, all that {@link reportHtml} shows. */
export interface RunRecord {
  /** When it began, as ISO 8601. */
  readonly startedAt: string;
  readonly elapsedSeconds: number;
  /** What computed: `wasm (the fastest that works here)`. */
  readonly engine: string;
  readonly frames: {
    readonly decoded: number;
    readonly labelled: number;
    readonly failed: number;
  };
  /** Where the time went, and how many seconds each; of several workers the sum of theirs. */
  readonly time: readonly { readonly what: string; readonly seconds: number }[];
  /** How those were obtained, where it needs saying. */
  readonly timeNotes?: readonly string[];
  readonly stages: readonly Pick<StageTimes, 'stage' | 'p50' | 'p95' | 'share'>[];
  /** How many frames were labelled after so many seconds of the run. */
  readonly throughput: readonly { readonly seconds: number; readonly frames: number }[];
  readonly files: readonly FileRecord[];
}

/** What a run did with one file. */
export interface FileRecord {
  readonly source: string;
  /** Labelled ones. */
  readonly frames: number;
  /** Where its labelled frames begin and end, µs. */
  readonly start: number;
  readonly end: number;
  /** Why it could not be read to its end. */
  readonly error?: string;
  readonly segments: readonly Pick<Segment, 'label' | 'start' | 'end' | 'peakScore'>[];
  /** So many more segments are not listed. */
  readonly omitted: number;
}

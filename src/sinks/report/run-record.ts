import type { Segment } from '../../tasks/open-segment.ts';
import type { StageTimes } from '../../timing/stage-times.ts';

/** The record of a run as plain JSON. {@link reportHtml} shows it. */
export interface RunRecord {
  /** The start time, as ISO 8601. */
  readonly startedAt: string;
  readonly elapsedSeconds: number;
  /** The engine and the reason for it: `wasm (the fastest that works here)`. */
  readonly engine: string;
  readonly frames: {
    readonly decoded: number;
    readonly labelled: number;
    readonly failed: number;
  };
  /** How the time was spent. With several workers the seconds are their sum. */
  readonly time: readonly { readonly what: string; readonly seconds: number }[];
  /** Notes on how `time` was measured. */
  readonly timeNotes?: readonly string[];
  readonly stages: readonly Pick<StageTimes, 'stage' | 'p50' | 'p95' | 'share'>[];
  /** Samples of the number of frames that were labelled after some seconds of the run. */
  readonly throughput: readonly { readonly seconds: number; readonly frames: number }[];
  readonly files: readonly FileRecord[];
}

/** The record of one file. */
export interface FileRecord {
  readonly source: string;
  /** The number of labelled frames. */
  readonly frames: number;
  /** The start of the first and the end of the last labelled frame, µs. */
  readonly start: number;
  readonly end: number;
  /** Why the file could not be read to its end. */
  readonly error?: string;
  readonly segments: readonly Pick<Segment, 'label' | 'start' | 'end' | 'peakScore'>[];
  /** The number of segments that are not listed. */
  readonly omitted: number;
}

import type { StageTiming } from '../frames/trace.ts';
import type { FrameLabel } from '../errors/frame-label.ts';

/**
 * What a model found on one frame: the frame's `source`, `seq` and `timestamp` (µs), the fields of the task's result `T`
 * (for classification `classes`), and how long it took. It holds no tensor and needs no release.
 */
export type FrameResult<T extends object> = FrameLabel &
  T & {
    /** What each stage took; empty where the frame was not timed. */
    readonly timings: readonly StageTiming[];
    /** Milliseconds from the frame's arrival at the gate to this result. */
    readonly latencyMs: number;
  };

/** A result as files hold it: of one frame ({@link FrameResult}), or of several frames together ({@link Aggregate}). */
export type StoredResult<T extends object> = FrameLabel &
  T & {
    readonly timings?: readonly StageTiming[];
    /** How many frames the result was made from; absent for the result of a single frame. */
    readonly frames?: number;
    /** Where the last of several frames ends, in microseconds. */
    readonly end?: number;
  };

/** The result of several consecutive frames of one source. */
export type Aggregate<T extends object> = StoredResult<T> & {
  readonly frames: number;
  readonly end: number;
};

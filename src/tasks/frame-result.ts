import type { StageTiming } from '../frames/trace.ts';
import type { FrameLabel } from '../errors/frame-label.ts';

/**
 * The result of a model for one frame: the frame's `source`, `seq` and `timestamp` (µs), the fields of the task's result `T`
 * (for classification `classes`), and its times. It holds no tensor and needs no release.
 */
export type FrameResult<T extends object> = FrameLabel &
  T & {
    /** The time of each stage; empty if the frame was not timed. */
    readonly timings: readonly StageTiming[];
    /**
     * The number of the frame of the same source whose result this is, if this frame showed the same and was not computed (`skipStill`,
     * `--skip-still`). Absent for other results.
     */
    readonly same?: number;
    /** Milliseconds from the frame's arrival at the gate to this result. */
    readonly latencyMs: number;
  };

/** A result as files hold it: of one frame ({@link FrameResult}) or of several frames ({@link Aggregate}). */
export type StoredResult<T extends object> = FrameLabel &
  T & {
    readonly timings?: readonly StageTiming[];
    /** The number of the frame whose result this is, if this one showed the same; see {@link FrameResult}. */
    readonly same?: number;
    /** The number of frames of an aggregate; absent for the result of a single frame. */
    readonly frames?: number;
    /** The end of an aggregate's last frame, in microseconds. */
    readonly end?: number;
  };

/** The result of several consecutive frames of one source. */
export type Aggregate<T extends object> = StoredResult<T> & {
  readonly frames: number;
  readonly end: number;
};

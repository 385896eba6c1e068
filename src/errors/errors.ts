import type { ErrorCode } from './error-code.ts';

/** What a frame is called in errors, results and the ledger: where it came from, its number there, and its time (µs). */
export interface FrameLabel {
  /** The name of the source: a path, a URL, a device. */
  readonly source: string;
  /** Counts every frame the source produced from 0, also the dropped ones, so gaps show. */
  readonly seq: number;
  /** Presentation time in microseconds; strictly increasing per source. */
  readonly timestamp: number;
}

/** What an error concerns, and what lay beneath it. */
export interface ErrorContext {
  readonly stage?: string | undefined;
  readonly frame?: FrameLabel | undefined;
  readonly cause?: unknown;
}

/**
 * The base of every error sluice throws: a stable `code`, the stage and frame concerned, and a `cause`.
 *
 * @example
 * try { conv2d({ filters: 0, kernelSize: 3 }); } catch (error) {
 *   if (error instanceof SluiceError) console.log(error.code); // option
 * }
 */
export class SluiceError extends Error {
  /** Says what went wrong; docs/flow.md lists all codes. */
  readonly code: ErrorCode;
  readonly stage: string | undefined;
  readonly frame: FrameLabel | undefined;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = new.target.name;
    this.code = code;
    this.stage = context.stage;
    this.frame = context.frame;
  }
}

/** An option is missing, of the wrong type or out of range, or does not go with another (code `option`). */
export class OptionError extends SluiceError {
  constructor(message: string, context?: ErrorContext) {
    super('option', message, context);
  }
}

/** A stage cannot take the shape it is given (code `shape`); the message names the stage, what it needs and what came. */
export class ShapeError extends SluiceError {
  constructor(message: string, context?: ErrorContext) {
    super('shape', message, context);
  }
}

/** A frame was used after its turn ended (code `frame-released`); retain it on arrival and release it when done. */
export class FrameReleasedError extends SluiceError {
  constructor(what: string, frame: FrameLabel) {
    super(
      'frame-released',
      `frame ${describeFrame(frame)} was ${what} after its release: a frame lives until next() returns. ` +
        'An operator that keeps it longer (an await, a delay, a buffer) calls frame.retain() on arrival and frame.release() when done.',
      { frame },
    );
  }
}

/** A stage threw on one frame (code `stage-failed`); `cause` is what it threw. */
export class StageError extends SluiceError {
  constructor(stage: string, frame: FrameLabel, cause: unknown) {
    super('stage-failed', `stage ${stage} failed on frame ${describeFrame(frame)}: ${messageOf(cause)}`, {
      stage,
      frame,
      cause,
    });
  }
}

/**
 * What is wrong with a timestamp: it is no finite number, the same as the one before, earlier, or so much earlier (over
 * a second) that the source's clock must have begun anew, as when a camera is replaced by another.
 */
export type TimestampFault = 'not-finite' | 'equal' | 'backwards' | 'source-change';

const RESTART = 1e6;

/**
 * A source gave a frame a time that is no number or does not come after the one before (code `timestamp`).
 *
 * Only that frame is lost (under `onError: 'skip'`): the next one is held against the last good time, after a
 * `source-change` against the new clock.
 */
export class TimestampError extends SluiceError {
  readonly fault: TimestampFault;

  constructor(frame: FrameLabel, previous: number | undefined) {
    const fault = faultOf(frame.timestamp, previous);
    super(
      'timestamp',
      `frame ${frame.seq} of ${frame.source} has timestamp ${String(frame.timestamp)} µs` +
        `${previous === undefined ? '' : ` after ${previous} µs`}${fault === 'source-change' ? ' (another clock)' : ''}: ` +
        'timestamps must be finite and strictly increase per source',
      { stage: 'source', frame },
    );
    this.fault = fault;
  }
}

function faultOf(timestamp: number, previous: number | undefined): TimestampFault {
  if (!Number.isFinite(timestamp)) return 'not-finite';
  const back = (previous ?? timestamp) - timestamp;
  if (back === 0) return 'equal';
  return back > RESTART ? 'source-change' : 'backwards';
}

/** No frame came free for longer than `stallTimeout` (code `stall`); the message names the frame and who holds it. */
export class StallError extends SluiceError {
  constructor(message: string, context: ErrorContext) {
    super('stall', message, context);
  }
}

/** A source could not be opened or read on; `code` says how (`not-found`, `not-a-video`, `no-video-stream`, …). */
export class SourceError extends SluiceError {}

/** Weights are missing, damaged or of another shape than the network needs (code `weights`). */
export class WeightsError extends SluiceError {
  constructor(message: string, context?: ErrorContext) {
    super('weights', message, context);
  }
}

/**
 * No engine, or not the one asked for, can run here (code `engine`); or a frame was lost with the GPU that it was on
 * (code `context-lost`), which ends no stream.
 */
export class EngineError extends SluiceError {
  constructor(message: string, context?: ErrorContext, code: 'engine' | 'context-lost' = 'engine') {
    super(code, message, context);
  }
}

/** The worker behind `inWorker` could not be started, or died (code `worker`). */
export class WorkerError extends SluiceError {
  constructor(message: string, context?: ErrorContext) {
    super('worker', message, context);
  }
}

/** What becomes of a frame that was on a GPU when that was lost. */
export function contextLost(frame: FrameLabel, engine: string): EngineError {
  return new EngineError(
    `frame ${describeFrame(frame)} was lost with the GPU it was on: ${engine} is built anew, and goes on with the next frame`,
    { frame },
    'context-lost',
  );
}

/** Whether a frame failed because the GPU was lost, and through no fault of its own or the pipe's. */
export function isContextLost(error: unknown): boolean {
  return error instanceof EngineError && error.code === 'context-lost';
}

/** `clip.mp4 #12 at 0.480 s`: a frame's label as people read it. */
export function describeFrame({ source, seq, timestamp }: FrameLabel): string {
  return `${source} #${seq} at ${(timestamp / 1e6).toFixed(3)} s`;
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

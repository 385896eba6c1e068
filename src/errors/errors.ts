import type { ErrorCode } from './error-code.ts';
import { describeFrame, type FrameLabel } from './frame-label.ts';

/** What an error is about, and the error below it. */
export interface ErrorContext {
  /** The name of the stage or function concerned. */
  readonly stage?: string | undefined;
  /** The frame concerned. */
  readonly frame?: FrameLabel | undefined;
  /** What was thrown below, if anything. */
  readonly cause?: unknown;
}

/**
 * The base class of every error that sluice throws: a stable `code`, the stage and the frame concerned, and a `cause`.
 *
 * @example
 * try { conv2d({ filters: 0, kernelSize: 3 }); } catch (error) {
 *   if (error instanceof SluiceError) console.log(error.code); // option
 * }
 */
export class SluiceError extends Error {
  /** What went wrong; docs/flow.md lists all codes. */
  readonly code: ErrorCode;
  /** The name of the stage or function concerned, if there is one. */
  readonly stage: string | undefined;
  /** The frame concerned, if there is one. */
  readonly frame: FrameLabel | undefined;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = new.target.name;
    this.code = code;
    this.stage = context.stage;
    this.frame = context.frame;
  }
}

/**
 * An option is missing, misspelt, of the wrong type or out of range, or contradicts another one (code `option`).
 *
 * @example
 * try { toTensor({ channel: 1 }); } catch (error) {
 *   console.log(error.message.startsWith('toTensor has no option "channel": did you mean channels?')); // true
 * }
 */
export class OptionError extends SluiceError {
  constructor(message: string, context?: ErrorContext) {
    super('option', message, context);
  }
}

/**
 * A stage cannot take the shape that it is given (code `shape`). The message names the stage, the shape it needs and the
 * shape that came.
 *
 * @example
 * try { flatten().outputShape([]); } catch (error) { console.log(error instanceof ShapeError); } // true
 */
export class ShapeError extends SluiceError {
  constructor(message: string, context?: ErrorContext) {
    super('shape', message, context);
  }
}

/** A frame was used after its release (code `frame-released`). Call `retain()` on arrival and `release()` when done. */
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

/** Nothing was released for longer than `leaseTimeout` (code `stall`). The message names the frame and who holds it. */
export class StallError extends SluiceError {
  constructor(message: string, context: ErrorContext) {
    super('stall', message, context);
  }
}

/** A source could not be opened or read any further; `code` says why (`not-found`, `not-a-video`, `permission`, …). */
export class SourceError extends SluiceError {}

/** Weights are missing, damaged or of another shape than the model needs (code `weights`). */
export class WeightsError extends SluiceError {
  constructor(message: string, context?: ErrorContext) {
    super('weights', message, context);
  }
}

/**
 * No engine works here, or the chosen one does not (code `engine`). Or a frame was lost with its GPU (code
 * `context-lost`): the stream goes on with the next frame.
 */
export class EngineError extends SluiceError {
  constructor(message: string, context?: ErrorContext, code: 'engine' | 'context-lost' = 'engine') {
    super(code, message, context);
  }
}

/** The worker of `inWorker` could not be started, or died (code `worker`). */
export class WorkerError extends SluiceError {
  constructor(message: string, context?: ErrorContext) {
    super('worker', message, context);
  }
}

/**
 * A training can't go on (code `training`): an example has no target or one that the model can't have, the loss is not a number any
 * more, there are no examples, or no gradient reaches the weights.
 *
 * @example
 * console.log(new TrainingError('there are no examples').code); // training
 */
export class TrainingError extends SluiceError {
  constructor(message: string, context?: ErrorContext) {
    super('training', message, context);
  }
}

/** @internal The message of a thrown value, which need not be an `Error`. */
export function messageOf(thrown: unknown): string {
  const message = (thrown as { readonly message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(thrown);
}

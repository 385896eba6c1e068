import type { ErrorCode } from '../errors/error-code.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import {
  EngineError,
  FrameReleasedError,
  messageOf,
  OptionError,
  ShapeError,
  SluiceError,
  StageError,
  WeightsError,
} from '../errors/errors.ts';

/** An error on its way from one thread to another: what structured cloning keeps of one is not enough. */
export interface ErrorMessage {
  /** None where it is no error of ours. */
  readonly code?: ErrorCode;
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly stage?: string | undefined;
  readonly frame?: FrameLabel | undefined;
  readonly cause?: ErrorMessage;
}

/** By code: classes' names are not the same in two bundles. */
const CLASSES: Readonly<Record<string, { readonly prototype: SluiceError; readonly name: string }>> = {
  engine: EngineError,
  'context-lost': EngineError,
  'frame-released': FrameReleasedError,
  option: OptionError,
  shape: ShapeError,
  'stage-failed': StageError,
  weights: WeightsError,
};

/** What there is to say about whatever was thrown. */
export function toMessage(thrown: unknown): ErrorMessage {
  const { name, stack } = thrown instanceof Error ? thrown : { name: 'Error', stack: undefined };
  const message = messageOf(thrown);
  if (!(thrown instanceof SluiceError)) return { name, message, stack };
  const { code, stage, frame, cause } = thrown;
  return { code, name, message, stack, stage, frame, ...(cause === undefined ? {} : { cause: toMessage(cause) }) };
}

/** The same error on this side: of the same class, with the same text, code, stage and frame. */
export function toError(message: ErrorMessage): Error {
  const { code, name, stack } = message;
  if (code === undefined) return withStack(Object.assign(new Error(message.message), { name }), stack);
  const { stage, frame, cause } = message;
  const error = new SluiceError(code, message.message, { stage, frame, cause: cause && toError(cause) });
  const Class = Object.hasOwn(CLASSES, code) ? CLASSES[code] : undefined;
  // Each class has a constructor of its own, which would word the message anew.
  if (Class) Object.setPrototypeOf(error, Class.prototype).name = Class.name;
  return withStack(error, stack);
}

/** Where it was thrown is on the other side. */
function withStack(error: Error, stack: string | undefined): Error {
  return stack === undefined ? error : Object.assign(error, { stack });
}

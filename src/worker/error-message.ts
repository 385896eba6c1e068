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

/** An error as a message between threads. Structured cloning alone would lose its class and the fields of a SluiceError. */
export interface ErrorMessage {
  /** Absent if the error is not a SluiceError. */
  readonly code?: ErrorCode;
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly stage?: string | undefined;
  readonly frame?: FrameLabel | undefined;
  readonly cause?: ErrorMessage;
}

/** Error classes by code. Class names are no key, since minifiers change them. */
const CLASSES: Readonly<Record<string, { readonly prototype: SluiceError; readonly name: string }>> = {
  engine: EngineError,
  'context-lost': EngineError,
  'frame-released': FrameReleasedError,
  option: OptionError,
  shape: ShapeError,
  'stage-failed': StageError,
  weights: WeightsError,
};

/** Turns a thrown value into a message. */
export function toMessage(thrown: unknown): ErrorMessage {
  const { name = 'Error', stack } = (thrown ?? {}) as Partial<Error>;
  const message = messageOf(thrown);
  if (!(thrown instanceof SluiceError)) return { name, message, stack };
  const { code, stage, frame, cause } = thrown;
  return { code, name, message, stack, stage, frame, ...(cause === undefined ? {} : { cause: toMessage(cause) }) };
}

/** Makes the error again from its message, with the same class, text, code, stage and frame. */
export function toError(message: ErrorMessage): Error {
  const { code, name, stack } = message;
  if (code === undefined) return withStack(Object.assign(new Error(message.message), { name }), stack);
  const { stage, frame, cause } = message;
  const error = new SluiceError(code, message.message, { stage, frame, cause: cause && toError(cause) });
  const Class = Object.hasOwn(CLASSES, code) ? CLASSES[code] : undefined;
  // The constructors of the classes would build another message, so only the prototype is set.
  if (Class) Object.setPrototypeOf(error, Class.prototype).name = Class.name;
  return withStack(error, stack);
}

/** Replaces the error's stack by the stack from the other thread. */
function withStack(error: Error, stack: string | undefined): Error {
  return stack === undefined ? error : Object.assign(error, { stack });
}

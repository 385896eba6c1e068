import { Tensor } from '@tensorflow/tfjs-core';
import type { Observable, Subscriber } from 'rxjs';
import { lossOf } from '../../engines/gpu.ts';
import { isContextLost } from '../../errors/context-lost.ts';
import { describeValue } from '../../errors/describe-value.ts';
import {
  EngineError,
  FrameReleasedError,
  OptionError,
  ShapeError,
  StageError,
  type SluiceError,
} from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { Frame } from '../../frames/frame.ts';
import { Lease } from '../../frames/lease.ts';
import type { Trace } from '../../frames/trace.ts';
import { releaseAll } from '../../frames/release-all.ts';
import { describeShape } from '../../stage/shape.ts';
import { leasesOf, sourceOf } from './source-of.ts';

/** @internal The frames that were joined, and the trace that the joined frame began with. */
export interface Joined {
  readonly frames: readonly Frame<unknown>[];
  readonly trace: Trace | undefined;
}

const members = new WeakMap<Lease, Joined>();

/**
 * @internal One frame for several, with a lease of its own. Its outcome (delivered, failed) is the outcome of all of them,
 * and they are released when its lease ends. Takes over the caller's hold on each of them.
 *
 * It has the label of the first frame unless another is given, and the trace of the first one that is timed, of all or of `timed`.
 */
export function join<T>(
  frames: readonly [Frame<unknown>, ...Frame<unknown>[]],
  data: T,
  timed: readonly Frame<unknown>[] = frames,
  label: FrameLabel = frames[0].label,
): Frame<T> {
  const lease = new Lease({
    closed(outcome) {
      if (outcome === 'delivered') for (const frame of frames) frame.lease.markDelivered();
      releaseAll(frames);
    },
    failed: (error) => failAll(frames, error),
  });
  const [first] = frames;
  const { trace } = timed.find((frame) => frame.trace?.closed !== true) ?? first;
  members.set(lease, { frames, trace });
  return Frame.of(data, label, lease, trace);
}

/** @internal The frames that a joined frame was made from; undefined for any other frame. */
export function joined(frame: Frame<unknown>): Joined | undefined {
  return members.get(frame.lease);
}

/** @internal Fails all of these frames, each with an error of its own. `skip` only if every owner answers `skip`. */
export function failAll(frames: readonly Frame<unknown>[], error: SluiceError): 'stop' | 'skip' {
  const answers = frames.map((frame) => frame.lease.fail(errorFor(error, frame)));
  return answers.includes('stop') ? 'stop' : 'skip';
}

function errorFor(error: SluiceError, { label }: Frame<unknown>): SluiceError {
  const { stage, cause, message } = error;
  if (isContextLost(error)) return new EngineError(message, { stage, frame: label, cause }, 'context-lost');
  if (error instanceof ShapeError) return new ShapeError(message, { stage, frame: label, cause });
  return new StageError(stage ?? 'a stage', label, cause ?? error);
}

/**
 * @internal Refuses to wait for more frames than the source lets in: they would hold all leases and wait for one more for ever. The
 * operator lets `step` of its frames go at a time.
 */
export function checkFillable(
  upstream: Observable<unknown>,
  operator: string,
  size: number,
  otherwise: string,
  step = size,
): void {
  const most = sourceOf(upstream)?.maxInFlight ?? Infinity;
  const needed = leasesOf(upstream, size, step);
  if (needed <= most) return;
  throw new OptionError(
    `a ${operator} of ${size} can never fill: the source lets only ${most} frames in at once, and each stays in until the ` +
      `${operator} is done. Give the source maxInFlight: ${needed} (or more), ${otherwise}.`,
    { stage: operator },
  );
}

/** @internal Whether an operator can take a frame: a tensor `[1, …]`. Any other frame fails with a `ShapeError`. */
export function takesOne(frame: Frame<unknown>, operator: string, subscriber: Subscriber<unknown>): boolean {
  try {
    checkOne(frame, operator);
    return true;
  } catch (error) {
    // A released frame is a mistake in the pipe, not a failure of the frame.
    if (!(error instanceof ShapeError) || frame.lease.fail(error) === 'stop') subscriber.error(error);
    return false;
  }
}

function checkOne({ data, label }: Frame<unknown>, operator: string): void {
  if (data instanceof Tensor && data.shape[0] === 1) return;
  const got = data instanceof Tensor ? describeShape(data.shape) : describeValue(data);
  throw new ShapeError(`${operator} needs tensors of one frame each, [1, …], but got ${got}`, {
    stage: operator,
    frame: label,
  });
}

/** @internal What `make` makes of the data of all frames. If it throws, this fails and releases the frames, and gives undefined. */
export function dataOf<T, U>(
  frames: readonly [Frame<T>, ...Frame<T>[]],
  operator: string,
  subscriber: Subscriber<unknown>,
  make: (data: readonly T[]) => U,
): U | undefined {
  try {
    return make(frames.map(({ data }) => data));
  } catch (cause) {
    const error = cause instanceof FrameReleasedError ? cause : new StageError(operator, frames[0].label, cause);
    const answer = error === cause ? 'stop' : failAll(frames, error);
    releaseAll(frames);
    if (answer === 'stop') subscriber.error(error);
    return undefined;
  }
}

/** @internal Whether a frame was lost with its GPU while it waited; fails and releases such a frame. */
export function isLost(frame: Frame<unknown>): boolean {
  const loss = lossOf(frame);
  if (!loss) return false;
  frame.lease.fail(loss);
  frame.release();
  return true;
}

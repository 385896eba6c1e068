import { isContextLost } from '../../errors/context-lost.ts';
import { EngineError, ShapeError, StageError, type SluiceError } from '../../errors/errors.ts';
import { Frame } from '../../frames/frame.ts';
import { Lease } from '../../frames/lease.ts';
import type { Trace } from '../../frames/trace.ts';
import { releaseAll } from '../../frames/release-all.ts';

/** @internal What a joined frame stands for, and the trace it began with. */
export interface Joined {
  readonly frames: readonly Frame<unknown>[];
  readonly trace: Trace | undefined;
}

const members = new WeakMap<Lease, Joined>();

/**
 * @internal One frame that stands for several, under a lease of its own: what becomes of it becomes of all of them, and they
 * are released with the last frame derived from it. Takes over the caller's holds on them.
 *
 * It has the label of the first, and the trace of the first that is timed.
 */
export function join<T>(frames: readonly [Frame<unknown>, ...Frame<unknown>[]], data: T): Frame<T> {
  const lease = new Lease({
    closed(outcome) {
      if (outcome === 'delivered') for (const frame of frames) frame.lease.markDelivered();
      releaseAll(frames);
    },
    failed: (error) => failAll(frames, error),
  });
  const [first] = frames;
  const { trace } = frames.find((frame) => frame.trace?.closed !== true) ?? first;
  members.set(lease, { frames, trace });
  return Frame.of(data, first.label, lease, trace);
}

/** @internal What a joined frame stands for; undefined for any other. */
export function joined(frame: Frame<unknown>): Joined | undefined {
  return members.get(frame.lease);
}

/** @internal The failure of all of these, as each one's own; goes on only where all of them do. */
export function failAll(frames: readonly Frame<unknown>[], error: SluiceError): 'stop' | 'skip' {
  const answers = frames.map((frame) => frame.lease.fail(about(error, frame)));
  return answers.includes('stop') ? 'stop' : 'skip';
}

function about(error: SluiceError, { label }: Frame<unknown>): SluiceError {
  const { stage, cause, message } = error;
  if (isContextLost(error)) return new EngineError(message, { stage, frame: label, cause }, 'context-lost');
  if (error instanceof ShapeError) return new ShapeError(message, { stage, frame: label, cause });
  return new StageError(stage ?? 'a stage', label, cause ?? error);
}

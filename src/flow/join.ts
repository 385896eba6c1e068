import { SluiceError, StageError } from '../errors.ts';
import { Frame, Lease } from '../frame.ts';
import type { Trace } from '../timing/passport.ts';

const members = new WeakMap<Lease, readonly Frame<unknown>[]>();

/**
 * @internal One frame that stands for several, under a lease of its own: what becomes of it becomes of all of them, and they
 * are released with the last frame derived from it. Takes over the caller's holds on them. It is labelled as the first.
 */
export function join<T>(frames: readonly Frame<unknown>[], data: T, trace: Trace | undefined): Frame<T> {
  const lease = new Lease({
    closed(outcome) {
      for (const frame of frames) {
        if (outcome === 'delivered') frame.lease.deliver();
        frame.release();
      }
    },
    failed(error) {
      const answers = frames.map((frame) => frame.lease.fail(about(error, frame)));
      return answers.includes('stop') ? 'stop' : 'skip';
    },
  });
  members.set(lease, frames);
  const [first] = frames;
  if (!first) throw new RangeError('there is no frame to join');
  return Frame.of(data, first.label, lease, trace);
}

/** @internal The frames a joined one stands for. */
export function joinedFrames(frame: Frame<unknown>): readonly Frame<unknown>[] | undefined {
  return members.get(frame.lease);
}

/** The failure of them all, as each one's own. */
function about(error: SluiceError, { label }: Frame<unknown>): SluiceError {
  return new StageError(error.stage ?? 'a stage', label, error.cause ?? error);
}

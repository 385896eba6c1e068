import type { Frame } from './frame.ts';

/**
 * @internal Gives up one hold on each of these frames; on none that somebody has released too often, which is that one's to
 * hear. What can't be freed keeps none of the others from it; the first such error is thrown at the end.
 */
export function releaseAll(frames: Iterable<Frame<unknown>>): void {
  const errors: unknown[] = [];
  for (const frame of frames) {
    try {
      if (frame.live) frame.release();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

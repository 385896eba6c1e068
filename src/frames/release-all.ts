import type { Frame } from './frame.ts';

/**
 * @internal Releases each of these frames once, except those that have been released too often. Releases all of them even if
 * one throws, then throws the first error.
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

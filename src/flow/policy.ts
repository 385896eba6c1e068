import { OptionError } from '../errors.ts';

/**
 * What the gate does with a frame that comes while all leases are taken.
 *
 * - `wait`: nothing is dropped; the source is asked only when there is room (files). Refused on a camera.
 * - `latest`: one frame waits, a newer one replaces it (cause `replaced`).
 * - `dropNewest`: the frame that comes is let go (cause `full`).
 * - `buffer`: up to so many frames or bytes wait in order. A source that can be pulled reads ahead so far and loses
 *   nothing; on a camera the frame that finds the buffer full is let go (cause `full`).
 */
export type Policy = 'wait' | 'latest' | 'dropNewest' | { readonly buffer: number | { readonly bytes: number } };

/** How many frames, or bytes, may wait under a policy, and which gives way when they are too many. */
export interface Room {
  readonly frames: number;
  readonly bytes: number;
  readonly replace: boolean;
}

/** What a policy's name means; throws `OptionError` for one that does not exist. */
export function roomOf(policy: Policy): Room {
  if (policy === 'wait' || policy === 'dropNewest') return { frames: 0, bytes: Infinity, replace: false };
  if (policy === 'latest') return { frames: 1, bytes: Infinity, replace: true };
  const buffer: unknown = typeof policy === 'object' && policy !== null ? policy.buffer : undefined;
  if (isCount(buffer)) return { frames: buffer, bytes: Infinity, replace: false };
  if (typeof buffer === 'object' && buffer !== null && 'bytes' in buffer && isCount(buffer.bytes)) {
    return { frames: Infinity, bytes: buffer.bytes, replace: false };
  }
  throw new OptionError(
    `policy must be 'wait', 'latest', 'dropNewest', { buffer: frames } or { buffer: { bytes } }, not ${JSON.stringify(policy)}`,
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

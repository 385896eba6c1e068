import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';

/**
 * What the gate does with a frame that comes while all leases are taken.
 *
 * - `wait`: nothing is dropped; the source is asked only when there is room (files). Refused on a camera.
 * - `latest`: one frame waits, a newer one replaces it (cause `replaced`). On a source that can be pulled this reads on as
 *   fast as it answers: one that answers at once and never ends is no camera, and would be read for ever.
 * - `dropNewest`: the frame that comes is let go (cause `full`).
 * - `buffer`: up to so many frames or bytes wait in order. A source that can be pulled reads ahead so far and loses
 *   nothing; on a camera the frame that finds the buffer full is let go (cause `full`).
 */
export type Policy = 'wait' | 'latest' | 'dropNewest' | { readonly buffer: number | { readonly bytes: number } };

/** How many frames, or bytes, may wait under a policy, and what happens when they are too many. */
export interface Capacity {
  readonly frames: number;
  readonly bytes: number;
  /** The oldest gives way to the one that comes. */
  readonly replace: boolean;
  /** Also a source that could wait is read on, and loses what finds no room. */
  readonly lossy: boolean;
}

/** What a policy's name means; throws `OptionError` for one that does not exist. */
export function capacityOf(source: string, policy: Policy): Capacity {
  const none = { frames: 0, bytes: Infinity, replace: false, lossy: false };
  if (policy === 'wait') return none;
  if (policy === 'dropNewest') return { ...none, lossy: true };
  if (policy === 'latest') return { ...none, frames: 1, replace: true, lossy: true };
  const given: unknown = policy;
  const buffer = typeof given === 'object' && given !== null && 'buffer' in given ? given.buffer : undefined;
  if (isCount(buffer)) return { ...none, frames: buffer };
  const bytes = typeof buffer === 'object' && buffer !== null && 'bytes' in buffer ? buffer.bytes : undefined;
  if (isCount(bytes)) return { ...none, frames: Infinity, bytes };
  throw new OptionError(
    `${source}: policy must be 'wait', 'latest', 'dropNewest', { buffer: frames } or { buffer: { bytes } } with a ` +
      `whole number of at least 1, not ${describePolicy(given, buffer, bytes)}`,
  );
}

function describePolicy(policy: unknown, buffer: unknown, bytes: unknown): string {
  if (bytes !== undefined) return `{ buffer: { bytes: ${describeValue(bytes)} } }`;
  return buffer === undefined ? describeValue(policy) : `{ buffer: ${describeValue(buffer)} }`;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

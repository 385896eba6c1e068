import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';

/**
 * What the gate does with a frame that comes while all leases are taken.
 *
 * - `wait`: nothing is dropped; the source is asked for a frame only when a lease is free. For pulled sources (files) only.
 * - `latest`: one frame waits, and a newer one replaces it (cause `replaced`). A pulled source is read as fast as it
 *   answers, so do not use this with an iterable that answers at once and never ends.
 * - `dropNewest`: the new frame is dropped (cause `full`).
 * - `buffer`: up to that many frames or bytes wait in order. A pulled source reads ahead that far and loses nothing; of a
 *   camera a frame that finds the buffer full is dropped (cause `full`).
 */
export type Policy = 'wait' | 'latest' | 'dropNewest' | { readonly buffer: number | { readonly bytes: number } };

/** How many frames or bytes may wait under a policy, and which are dropped beyond that. */
export interface Capacity {
  readonly frames: number;
  readonly bytes: number;
  /** Whether the oldest frame is dropped, instead of the newest. */
  readonly replace: boolean;
  /** Whether a pulled source is read on as well, and loses the frames that exceed the capacity. */
  readonly lossy: boolean;
}

/** The capacity under a policy; throws `OptionError` for a policy that does not exist. */
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

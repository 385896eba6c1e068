import type { Pixels } from '../../stage/pixels.ts';

/** @internal A picture of the same size with other bytes. It counts as resized if the one before did. */
export function withData({ width, height, channels, resized }: Pixels, data: Pixels['data']): Pixels {
  return { width, height, channels, data, ...(resized === undefined ? {} : { resized }) };
}

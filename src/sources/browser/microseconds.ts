/**
 * @internal A time as ffmpeg counts it: the file's whole ticks, in microseconds, rounded to the nearest, halves away from zero.
 * `seconds` is a fraction of ticks that may be a little off; `ticksPerSecond` is the track's time resolution.
 */
export function microseconds(seconds: number, ticksPerSecond: number): number {
  // Whole microseconds are all that can be known of a track without whole ticks.
  const rate = Number.isSafeInteger(ticksPerSecond) && ticksPerSecond > 0 ? ticksPerSecond : 1e6;
  const ticks = BigInt(Math.round(Math.abs(seconds) * rate));
  const rounded = Number((ticks * 2_000_000n + BigInt(rate)) / (2n * BigInt(rate)));
  return seconds < 0 ? -rounded : rounded;
}

import { materialize, map, toArray, type OperatorFunction } from 'rxjs';
import { messageOf } from '../errors/errors.ts';
import { now } from '../frames/clock.ts';

/**
 * Collects what a stream emits, with the times, as lines to compare in a test: `100: 3` is the value 3 at 100 ms, `300: |` the
 * end, `300: # no` an error. Emits one array when the stream ends. `show` turns a value into text when it is emitted.
 *
 * @see {@link inVirtualTime}, {@link marbles}
 *
 * @example
 * await inVirtualTime(() => {
 *   const source = frameSource(marbles('a--b|'), { source: 'camera' });
 *   const seen = source.pipe(takes(15), timeline(({ data }) => data));
 *   seen.subscribe((lines) => console.log(lines.join('  '))); // 15: a  45: b  45: |
 * });
 */
export function timeline<T>(show: (value: T) => unknown = String): OperatorFunction<T, string[]> {
  return (stream) =>
    stream.pipe(
      map((value) => String(show(value))),
      materialize(),
      map((told) => {
        // Rounded, because sums of fractions such as 3 × 33.3 are not exact.
        const at = Math.round(now() * 1000) / 1000;
        if (told.kind === 'N') return `${at}: ${told.value}`;
        return told.kind === 'E' ? `${at}: # ${messageOf(told.error)}` : `${at}: |`;
      }),
      toArray(),
    );
}

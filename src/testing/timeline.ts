import { materialize, map, toArray, type OperatorFunction } from 'rxjs';
import { messageOf } from '../errors/errors.ts';
import { now } from '../frames/clock.ts';

/**
 * Collects what a stream emits, and when, as lines to compare: `100: 3` at 100 ms, `300: |` for its end, `300: # no` for
 * its error. It emits one array when the stream ends. `show` says how a value is written.
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
        // Sums of fractions, as in 3 × 33.3, are not what anybody wants to compare.
        const at = Math.round(now() * 1000) / 1000;
        if (told.kind === 'N') return `${at}: ${told.value}`;
        return told.kind === 'E' ? `${at}: # ${messageOf(told.error)}` : `${at}: |`;
      }),
      toArray(),
    );
}

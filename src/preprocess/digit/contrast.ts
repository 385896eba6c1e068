import { countsOf, quantile } from './counts.ts';
import type { Plane } from './plane.ts';

/** Levels from a level divided by this to that level times this are around it. */
const AROUND = 1.3;
/** Ink has sharp edges: the pixels above such levels change by less than this factor. In MNIST, they do by 1.2, and by 2.1 at most. */
const SHARP = 2;
/** They change by less than this factor where a level divides ink from a soft shadow. */
const DIVIDED = 1.5;
/** The steps by which that level is looked for, as a share of the first one. */
const STEP = 1 / 10;

/**
 * How far ink rises, of a plane that is 0 elsewhere: the mean value, where each pixel weighs as much as the square of its own, so that it
 * does not matter how little ink there is. Half of it divides ink from the rest. Where it does not, because of a soft shadow under
 * the ink, it is twice the next higher level that does.
 */
export function contrastOf({ data }: Plane): number {
  const counts = countsOf(data);
  let [squares, cubes] = [0, 0];
  counts.forEach((count, value) => {
    squares += count * value ** 2;
    cubes += count * value ** 3;
  });
  if (squares === 0) return 0;
  const mean = cubes / squares;
  const above = (level: number) => counts.subarray(Math.ceil(level)).reduce((sum, count) => sum + count, 0);
  const change = (level: number) => above(level / AROUND) / above(level * AROUND);
  if (change(mean / 2) <= SHARP) return mean;
  for (let level = mean / 2; level * AROUND < 255; level += (mean / 2) * STEP) {
    if (change(level) < DIVIDED) return 2 * level;
  }
  return mean;
}

/** The deviation of noise, by the median difference of neighbours in a row: ink is too rare to change it. */
export function noiseOf({ width, data }: Plane): number {
  const differences = data.map((value, i) => (i % width === 0 ? 0 : Math.abs(value - (data[i - 1] as number))));
  // The median of |x| is 0.6745 deviations, and a difference has √2 times the deviation.
  return quantile(differences, 1 / 2) / (0.6745 * Math.SQRT2);
}

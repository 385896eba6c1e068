import type { Region } from 'sluice';
import { encodeRuns } from '../../src/tasks/segmentation/rle.ts';

/** A region of these pixels of a map, given as x and y. */
export function region(
  index: number,
  label: string,
  points: readonly (readonly [x: number, y: number])[],
  { width, height }: { readonly width: number; readonly height: number },
): Region {
  const places = points.map(([x, y]) => x * height + y).toSorted((a, b) => a - b);
  const runs = places.flatMap((at) => [at, at + 1]);
  return {
    index,
    label,
    area: points.length,
    share: points.length / (width * height),
    rle: encodeRuns(runs, height, width),
  };
}

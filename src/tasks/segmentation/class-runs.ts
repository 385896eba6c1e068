import type { Raster } from './map-raster.ts';

/** The runs of each class of a map, down its columns, and how many pixels the network did not see. */
export interface ClassRuns {
  readonly runs: ReadonlyMap<number, readonly number[]>;
  readonly unseen: number;
}

/** Collects the runs of a map whose classes `classAt` gives; −1 for a pixel that the network did not see. No map is kept in memory. */
export function classRuns(
  { width, height }: Pick<Raster, 'width' | 'height'>,
  classAt: (x: number, y: number) => number,
): ClassRuns {
  const runs = new Map<number, number[]>();
  let unseen = 0;
  let [current, from, at] = [-1, 0, 0];
  const close = () => {
    if (current < 0) {
      unseen += at - from;
      return;
    }
    const own = runs.get(current);
    if (own) own.push(from, at);
    else runs.set(current, [from, at]);
  };
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++, at++) {
      const index = classAt(x, y);
      if (index === current) continue;
      close();
      current = index;
      from = at;
    }
  }
  close();
  return { runs, unseen };
}

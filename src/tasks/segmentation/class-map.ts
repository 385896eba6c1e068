import { checkOptions } from '../../errors/check-options.ts';
import type { Size } from '../../frames/picture-view.ts';
import { count, numberUpTo } from '../../stage/arguments.ts';
import { eachPiece, mapSize, runsOfRegion } from './rle.ts';
import type { Segmentation } from './segmented.ts';

/** Options of {@link classMap}. */
export interface ClassMapOptions {
  /** The number for pixels of no region: of the background, of classes that are left out, and those that the network did not see. Default 255; with classes from 255 on 65535. */
  readonly none?: number;
}

/**
 * The class of each pixel of a result: width × height numbers, row by row, the `index` of its region each, else `none`. The size is that of
 * `place`, else of `picture`. Works for results from files as well.
 *
 * In an aggregate, whose regions may overlap, the smaller ones are on top. Throws `OptionError` for a damaged mask.
 *
 * @see {@link maskOf}, {@link outlines}, {@link segmentation}
 *
 * @example
 * const picture = { width: 2, height: 2 };
 * const cat = { index: 8, label: 'cat', area: 1, share: 0.25, rle: { size: [2, 2], counts: '112' } } as const;
 * console.log(classMap({ form: 'classes', regions: [cat], unseen: 0, picture }, { none: 0 }).join()); // 0,0,8,0
 */
export function classMap(
  result: Pick<Segmentation, 'regions' | 'picture' | 'place'>,
  options: ClassMapOptions = {},
): Uint8Array | Uint16Array {
  checkOptions('classMap', options, { none: true });
  const size = mapSize('classMap', result);
  const { width, height } = size;
  const most = Math.max(0, ...result.regions.map(({ index }) => index));
  const { none = most < 255 ? 255 : 65_535 } = options;
  numberUpTo('classMap', 'none', count('classMap', 'none', none, 0), 65_535);
  const map = Math.max(most, none) < 256 ? new Uint8Array(width * height) : new Uint16Array(width * height);
  map.fill(none);
  for (const region of result.regions) fillRuns(map, runsOfRegion('classMap', region, size), size, region.index);
  return map;
}

/** @internal Fills the pixels of runs, which go down columns, in a map whose pixels are row by row. */
export function fillRuns(
  map: Uint8Array | Uint16Array,
  runs: readonly number[],
  { width, height }: Size,
  value: number,
): void {
  eachPiece(runs, height, (x, from, to) => {
    for (let y = from; y < to; y++) map[y * width + x] = value;
  });
}

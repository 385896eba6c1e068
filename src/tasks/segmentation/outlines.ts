import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { numberUpTo } from '../../stage/arguments.ts';
import { boundsOf } from './bounds-of.ts';
import { eachPiece, mapSize, runsOfRegion } from './rle.ts';
import { mapPlace, type Segmentation } from './segmented.ts';
import { simplifyRing } from './simplify-ring.ts';
import { traceRings, type Vertex } from './trace-rings.ts';

/** Options of {@link outlines}. */
export interface OutlinesOptions {
  /** The label to outline. Default: all of the result. */
  readonly label?: string;
  /** How far an outline may be from the edges of the pixels, in pixels of the map. Default 1; 0 follows the edges of the pixels. */
  readonly tolerance?: number;
}

/** The outline of a connected part of a region. */
export interface Outline {
  readonly index: number;
  readonly label: string;
  /**
   * Rings of points, in pixels of the source picture. The first ring is the outer one, the others are holes, as in a polygon of GeoJSON,
   * but without the first point again at the end. The outer ring is clockwise as seen, holes are not.
   */
  readonly rings: readonly (readonly Vertex[])[];
}

const NAMES: OptionNames<OutlinesOptions> = { label: true, tolerance: true };

/**
 * The outlines of a result's regions as polygons, in pixels of the source picture. Pixels are connected by their edges, not by their
 * corners. Points that are within `tolerance` of the line between their neighbours are left out (Douglas & Peucker), and so are parts and
 * holes of which less than a triangle is left. Works for results from files as well.
 *
 * Throws `OptionError` for a wrong option and for a damaged mask.
 *
 * @see {@link maskOf}, {@link segmentation}
 *
 * @example
 * const picture = { width: 2, height: 2 };
 * const cat = { index: 8, label: 'cat', area: 1, share: 0.25, rle: { size: [2, 2], counts: '112' } } as const;
 * const [outline] = outlines({ form: 'classes', regions: [cat], unseen: 0, picture }, { tolerance: 0 });
 * console.log(outline?.rings); // [ [ [ 0, 1 ], [ 1, 1 ], [ 1, 2 ], [ 0, 2 ] ] ]
 */
export function outlines(
  result: Pick<Segmentation, 'regions' | 'picture' | 'place'>,
  options: OutlinesOptions = {},
): Outline[] {
  checkOptions('outlines', options, NAMES);
  const { label: wanted, tolerance = 1 } = options;
  numberUpTo('outlines', 'tolerance', tolerance, Infinity);
  if (wanted !== undefined && typeof wanted !== 'string') {
    throw new OptionError(`outlines: label must be a label, not ${describeValue(wanted)}`);
  }
  const size = mapSize('outlines', result);
  const { left, top, scaleX, scaleY } = mapPlace(result);
  return result.regions
    .filter(({ label }) => wanted === undefined || label === wanted)
    .flatMap((region) => {
      const { index, label } = region;
      const runs = runsOfRegion('outlines', region, size);
      // A map may be large, and its regions small.
      const { x: x0, y: y0, width, height } = boundsOf(runs, size.height);
      const mask = new Uint8Array(width * height);
      eachPiece(runs, size.height, (column, from, to) => {
        for (let row = from; row < to; row++) mask[(row - y0) * width + column - x0] = 1;
      });
      return traceRings(mask, width, height).flatMap((part) => {
        const [outer, ...holes] = part.map((ring) => simplifyRing(ring, tolerance));
        if (!outer) return [];
        const rings = [outer, ...holes.filter((hole) => hole !== undefined)];
        const placed = rings.map((ring) =>
          ring.map(([x, y]): Vertex => [left + (x0 + x) * scaleX, top + (y0 + y) * scaleY]),
        );
        return [{ index, label, rings: placed }];
      });
    });
}

import { scoring } from '../../shares.ts';
import { COCO_POINTS } from '../coco-pose.ts';
import type { KeypointOutputs } from '../keypoint-outputs.ts';
import { onePose, type FoundHead, type Head, type PlacedPoint, type Wanted } from './head.ts';
import { offsetIn, type HeatMap } from './refine.ts';

/** A map for each point of one pose. The maps are the last dimension, or the second where only that has the number of points. */
export const heatMaps: Head = (shape, settings) => {
  const [batch, second = 0, third = 0, last = 0, ...more] = shape;
  if (batch !== 1 || more.length > 0 || second * third * last === 0) return [];
  // MoveNet's points.
  if (settings.head === undefined && second === 1 && last === 3) return [];
  const known = settings.names?.length ?? settings.points ?? COCO_POINTS.length;
  const isFirst = second === known && last !== known;
  return [isFirst ? headOf(third, last, second, true, settings) : headOf(second, third, last, false, settings)];
};

function headOf(
  height: number,
  width: number,
  points: number,
  mapsFirst: boolean,
  settings: KeypointOutputs,
): FoundHead {
  const [perMap, perCell] = mapsFirst ? [height * width, 1] : [1, points];
  return {
    head: 'heatmaps',
    points,
    isSuppressed: true,
    decode(output, wanted) {
      const all = Array.from({ length: points }, (_, point) => {
        const at = (row: number, column: number) =>
          output.data[point * perMap + (row * width + column) * perCell] ?? NaN;
        return peakOf({ height, width, at }, settings, wanted);
      });
      return onePose(all, wanted.minScore);
    },
  };
}

/** The first cell with the largest value. A map with a value that is not a number gives a score that is none. */
function peakOf(map: HeatMap, { refine = 'quarter', fromLogits }: KeypointOutputs, wanted: Wanted): PlacedPoint {
  let [row, column, best] = [0, 0, map.at(0, 0)];
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < map.width; x++) {
      const value = map.at(y, x);
      if (Number.isNaN(value)) return { x: 0, y: 0, score: NaN };
      if (value > best) [row, column, best] = [y, x, value];
    }
  }
  const scoreOf = scoring(fromLogits);
  const scores = { ...map, at: (y: number, x: number) => scoreOf(map.at(y, x)) };
  const offset = offsetIn(scores, row, column, refine);
  return {
    x: ((column + 0.5 + offset.x) * wanted.width) / map.width,
    y: ((row + 0.5 + offset.y) * wanted.height) / map.height,
    score: fromLogits ? scoreOf(best) : nearShare(best),
  };
}

/** The last layer of such a network is a plain convolution, so that peaks may be a little under 0 or over 1. */
function nearShare(peak: number): number {
  return Math.abs(peak - 0.5) > 1.5 ? peak : Math.min(1, Math.max(0, peak));
}

import { assign } from '../../tracking/assign.ts';
import type { Pose } from '../pose.ts';

/** Two poses are not of one object if their points are further apart on average: a share of the diagonal of the larger one. */
const FURTHEST = 0.5;

/**
 * Finds the pose of the frame before that each pose goes on with: its number, or -1. Poses with a `trackId` go on with the same one.
 * The others are matched so that the sum of the mean distances of their points, relative to their sizes, is least. Where both frames have
 * one pose, without a box as models of one person give it, it is the same one.
 */
export function matchPoses(poses: readonly Pose[], before: readonly Pose[]): number[] {
  const matched = poses.map(({ trackId }) =>
    trackId === undefined ? -1 : before.findIndex((old) => old.trackId === trackId),
  );
  const free = before.flatMap((old, i) => (old.trackId === undefined ? [i] : []));
  const open = poses.flatMap((pose, i) => (pose.trackId === undefined ? [i] : []));
  const [only, last] = [poses[open[0] ?? -1], before[free[0] ?? -1]];
  if (open.length === 1 && free.length === 1 && !only?.box && !last?.box) {
    matched[open[0] as number] = free[0] as number;
    return matched;
  }
  const rows = open.map((i) =>
    free.flatMap((old, column) => {
      const cost = distance(poses[i] as Pose, before[old] as Pose);
      return cost <= FURTHEST ? [{ column, cost }] : [];
    }),
  );
  for (const [row, column] of assign(rows, free.length, FURTHEST).entries()) {
    if (column >= 0) matched[open[row] as number] = free[column] as number;
  }
  return matched;
}

/** The mean distance of the points that both have, relative to the larger one's diagonal; Infinity without such points. */
function distance(a: Pose, b: Pose): number {
  const [one, other] = [placesOf(a), placesOf(b)];
  const apart = [...one].flatMap(([name, [x, y]]) => {
    const place = other.get(name);
    return place ? [Math.hypot(x - place[0], y - place[1])] : [];
  });
  const sum = apart.reduce((total, each) => total + each, 0);
  if (sum === 0) return apart.length > 0 ? 0 : Infinity;
  return sum / apart.length / Math.max(diagonal(a, one), diagonal(b, other));
}

type Place = readonly [x: number, y: number];

/** The points by their names, and the middle of the box. */
function placesOf({ points, box }: Pose): Map<string, Place> {
  const places = new Map<string, Place>(points.map(({ name, x, y }) => [name, [x, y]]));
  // No point has an empty name.
  if (box) places.set('', [box.x + box.width / 2, box.y + box.height / 2]);
  return places;
}

/** That of the box, or of the points. */
function diagonal({ box }: Pose, places: ReadonlyMap<string, Place>): number {
  if (box) return Math.hypot(box.width, box.height);
  const [xs, ys] = [[...places.values()].map(([x]) => x), [...places.values()].map(([, y]) => y)];
  return Math.hypot(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
}

import type { Candidates } from './candidates.ts';

/** Which boxes are removed because they overlap better ones. */
export interface Suppression {
  /** Two boxes overlap too much if their intersection over union is higher. 1 removes none. */
  readonly iou: number;
  /** Whether only boxes of the same class are compared. */
  readonly perClass: boolean;
  readonly maxDetections: number;
}

/**
 * Greedy non-maximum suppression: the best candidate stays, those that overlap it too much are removed, and so on. Returns the
 * numbers of those that stay, best first. Of equal scores the first one counts as better. The definition is that of ONNX's
 * NonMaxSuppression.
 */
export function suppress({ corners, scores, classes }: Candidates, settings: Suppression): number[] {
  const { iou, perClass, maxDetections } = settings;
  const order = Array.from(scores.keys()).toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const kept: number[] = [];
  for (const candidate of order) {
    if (kept.length >= maxDetections) break;
    const isCovered = kept.some(
      (better) =>
        (!perClass || classes[better] === classes[candidate]) && overlap(corners, 4 * better, 4 * candidate) > iou,
    );
    if (!isCovered) kept.push(candidate);
  }
  return kept;
}

/** The intersection over union of two boxes, whose corners begin at `a` and `b`; 0 for boxes without an area. */
function overlap(corners: readonly number[], a: number, b: number): number {
  const [aLeft = 0, aTop = 0, aRight = 0, aBottom = 0] = [corners[a], corners[a + 1], corners[a + 2], corners[a + 3]];
  const [bLeft = 0, bTop = 0, bRight = 0, bBottom = 0] = [corners[b], corners[b + 1], corners[b + 2], corners[b + 3]];
  const width = Math.min(aRight, bRight) - Math.max(aLeft, bLeft);
  const height = Math.min(aBottom, bBottom) - Math.max(aTop, bTop);
  if (!(width > 0 && height > 0)) return 0;
  const both = width * height;
  return both / ((aRight - aLeft) * (aBottom - aTop) + (bRight - bLeft) * (bBottom - bTop) - both);
}

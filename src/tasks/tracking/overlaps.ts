import type { Rectangle } from '../../frames/picture-view.ts';

/** A rectangle, and what it shows. */
export interface Labelled {
  readonly box: Rectangle;
  readonly label: string;
}

/** A box that overlaps another one: its number, and the intersection over union of both. */
export interface Overlap {
  readonly number: number;
  readonly iou: number;
}

/** The most overlaps of a box; those with the highest IoU are kept. A crowd of identical boxes would otherwise fill the memory. */
const MOST = 64;

/**
 * Of each of `ones` the `others` that it overlaps by at least `minIou`; of the same label only, unless `acrossClasses`. The others
 * are sorted by their left edges, so that only those near a box are compared with it.
 */
export function overlapsOf(
  ones: readonly Labelled[],
  others: readonly Labelled[],
  minIou: number,
  acrossClasses: boolean,
): Overlap[][] {
  const sorted = others.map((other, number) => ({ ...other, number })).toSorted((a, b) => a.box.x - b.box.x);
  const widest = sorted.reduce((most, { box }) => Math.max(most, box.width), 0);
  return ones.map(({ box, label }) => {
    const found: Overlap[] = [];
    const right = box.x + box.width;
    for (let i = firstFrom(sorted, box.x - widest); i < sorted.length; i++) {
      const other = sorted[i] as (typeof sorted)[number];
      if (!(other.box.x < right)) break;
      if (!acrossClasses && other.label !== label) continue;
      const iou = intersectionOverUnion(box, other.box);
      if (iou > 0 && iou >= minIou) found.push({ number: other.number, iou });
    }
    if (found.length <= MOST) return found;
    return found.toSorted((a, b) => b.iou - a.iou).slice(0, MOST);
  });
}

/** The intersection over union of two boxes; 0 for boxes without an area. */
export function intersectionOverUnion(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (!(width > 0 && height > 0)) return 0;
  const both = width * height;
  return both / (a.width * a.height + b.width * b.height - both);
}

/** The place of the first box whose left edge is at least `left`. */
function firstFrom(sorted: readonly Labelled[], left: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as Labelled).box.x < left) low = middle + 1;
    else high = middle;
  }
  return low;
}

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
  const order = others.map((_, number) => number).toSorted((a, b) => leftOf(others[a]) - leftOf(others[b]));
  const { left, top, right, bottom } = edgesOf(order.map((number) => others[number] as Labelled));
  const widest = others.reduce((most, { box }) => Math.max(most, box.width), 0);
  return ones.map(({ box, label }) => {
    let found: Overlap[] = [];
    let least = minIou;
    const [end, low] = [box.x + box.width, box.y + box.height];
    for (let i = firstFrom(left, box.x - widest); i < order.length; i++) {
      const from = left[i] as number;
      if (!(from < end)) break;
      const width = Math.min(end, right[i] as number) - Math.max(box.x, from);
      const height = Math.min(low, bottom[i] as number) - Math.max(box.y, top[i] as number);
      if (!(width > 0 && height > 0)) continue;
      const number = order[i] as number;
      const other = others[number] as Labelled;
      if (!acrossClasses && other.label !== label) continue;
      const both = width * height;
      const iou = both / (box.width * box.height + other.box.width * other.box.height - both);
      if (!(iou >= least)) continue;
      found.push({ number, iou });
      if (found.length < 2 * MOST) continue;
      found = best(found);
      least = Math.max(minIou, (found.at(-1)?.iou ?? 0) + Number.EPSILON);
    }
    return best(found);
  });
}

function best(found: Overlap[]): Overlap[] {
  return found.length <= MOST ? found : found.toSorted((a, b) => b.iou - a.iou).slice(0, MOST);
}

function leftOf(one: Labelled | undefined): number {
  return one?.box.x ?? NaN;
}

function edgesOf(all: readonly Labelled[]): Readonly<Record<'left' | 'top' | 'right' | 'bottom', Float64Array>> {
  return {
    left: Float64Array.from(all, ({ box }) => box.x),
    top: Float64Array.from(all, ({ box }) => box.y),
    right: Float64Array.from(all, ({ box }) => box.x + box.width),
    bottom: Float64Array.from(all, ({ box }) => box.y + box.height),
  };
}

/** The place of the first left edge that is at least `least`. */
function firstFrom(left: Float64Array, least: number): number {
  let [low, high] = [0, left.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((left[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

import type { Rectangle } from '../../frames/picture-view.ts';
import { longerSide, widened } from './box.ts';
import { quantile } from './counts.ts';
import type { Ink } from './ink.ts';
import { wholeOf, type Plane } from './plane.ts';

/** How far beyond their parts the soft edges of strokes may reach: so many pixels, or this share of the digit's longer side. */
const [SOFT_PIXELS, SOFT_SHARE] = [2, 1 / 20];
/** Noise is cut off up to this many times its root mean square, but never more than this share of the contrast. */
const [NOISE, MOST_NOISE] = [2, 1 / 4];
/** Full ink is what this share of the pixels inside of strokes does not exceed. */
const FULL = 0.9;

/** The strokes of a digit as light ink on black, without what is around them. Full ink is 255, and soft edges stay soft. */
export function strokesOf({ rise, contrast, labels, digit }: Ink): Plane {
  const { data, width: across } = rise;
  const reach = Math.max(SOFT_PIXELS, Math.round(longerSide(digit.box) * SOFT_SHARE));
  const part = widened(digit.box, reach, wholeOf(rise));
  const { width, height } = part;
  /** The place in the whole plane. */
  const placeOf = (i: number) => (Math.floor(i / width) + part.y) * across + (i % width) + part.x;
  const isOwn = (place: number) => digit.labels.has(labels[place] as number);
  const own = Uint8Array.from({ length: width * height }, (_, i) => (isOwn(placeOf(i)) ? 1 : 0));
  const near = spread(spread(own, width, 1, reach), height, width, reach);
  const full = quantile(
    data.filter((value, place) => value >= contrast / 2 && isOwn(place)),
    FULL,
  );
  const least = Math.min(contrast * MOST_NOISE, NOISE * restAround(part, rise, labels));
  const strokes = near.map((mark, i) => {
    const place = placeOf(i);
    if (mark === 0 || (own[i] === 0 && labels[place] !== 0)) return 0;
    return Math.round(255 * Math.min(1, Math.max(0, ((data[place] as number) - least) / (full - least))));
  });
  return { width, height, data: strokes };
}

/** The root of the mean square of what rises around a part of a plane, where no part of ink is. */
function restAround(part: Rectangle, { width, data }: Plane, labels: Int32Array): number {
  let [squares, count] = [0, 0];
  data.forEach((value, place) => {
    const [x, y] = [(place % width) - part.x, Math.floor(place / width) - part.y];
    if (labels[place] !== 0 || (x >= 0 && y >= 0 && x < part.width && y < part.height)) return;
    squares += value ** 2;
    count++;
  });
  return count === 0 ? 0 : Math.sqrt(squares / count);
}

/** Marks also what is within `reach` steps of a mark, in lines of `length` places that are `step` apart. */
function spread(marks: Uint8Array, length: number, step: number, reach: number): Uint8Array {
  const out = new Uint8Array(marks.length);
  marks.forEach((mark, i) => {
    if (mark === 0) return;
    const place = Math.floor(i / step) % length;
    const last = Math.min(reach, length - 1 - place);
    for (let by = -Math.min(reach, place); by <= last; by++) out[i + by * step] = 1;
  });
  return out;
}

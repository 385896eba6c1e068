import type { Size } from '../../frames/picture-view.ts';
import type { Canvas2d } from '../canvas-2d.ts';
import { beginPlates, colourOf, paintPlate, plateLabel, plateSize, plateTextSize } from '../plate.ts';
import type { Overlay } from '../task.ts';
import { eachPiece, mapSize, runsOfRegion } from './rle.ts';
import { mapPlace, type MapPlace, type Region, type Segmentation } from './segmented.ts';

/** Half of it shows: the alpha of `#rrggbbaa`. */
const HALF = '80';
/** What is behind the region of a mask. */
const BEHIND = 'rgba(0, 30, 60, 0.65)';

/**
 * Tints the regions of a result in a picture of any size, and names each in its middle. Of the form `mask` it darkens what is not in the
 * region. Nothing for no regions.
 */
export function regionsOverlay(result: Segmentation, picture: Size): Overlay | undefined {
  const { regions, form } = result;
  if (regions.length === 0) return undefined;
  const { width, height } = picture;
  const place = mapPlace(result);
  const map = mapSize('overlay', result);
  const size = plateTextSize(picture);
  return {
    ...{ x: 0, y: 0, width, height },
    paint(context) {
      const pixels = pixelEdges(place, result.picture, picture);
      beginPlates(context, size);
      if (form === 'mask') {
        context.fillStyle = BEHIND;
        fillColumns(context, behind(regions, map), place.height, pixels);
        return;
      }
      const runs = regions.map((region) => runsOfRegion('overlay', region, map));
      for (const [i, { index }] of regions.entries()) {
        context.fillStyle = colourOf(index) + HALF;
        fillColumns(context, runs[i] ?? [], place.height, pixels);
      }
      for (const [i, region] of regions.entries()) {
        const middle = middleOf(runs[i] ?? [], place.height, pixels);
        if (middle) name(context, region, middle, size, picture);
      }
    },
  };
}

/** Where the columns and the rows of the map begin in the drawn picture. Each pixel of that is in one of them at most. */
interface PixelEdges {
  readonly columns: readonly number[];
  readonly rows: readonly number[];
}

function pixelEdges({ width, height, left, top, scaleX, scaleY }: MapPlace, source: Size, drawn: Size): PixelEdges {
  const edge = (at: number, length: number, most: number) =>
    Math.min(most, Math.max(0, Math.round((at * most) / length)));
  return {
    columns: Array.from({ length: width + 1 }, (_, x) => edge(left + x * scaleX, source.width, drawn.width)),
    rows: Array.from({ length: height + 1 }, (_, y) => edge(top + y * scaleY, source.height, drawn.height)),
  };
}

function fillColumns(context: Canvas2d, runs: readonly number[], height: number, { columns, rows }: PixelEdges): void {
  eachPiece(runs, height, (column, from, to) => {
    const [x, right] = [columns[column] as number, columns[column + 1] as number];
    const [y, low] = [rows[from] as number, rows[to] as number];
    if (right > x && low > y) context.fillRect(x, y, right - x, low - y);
  });
}

/** The runs of what is in no region. */
function behind(regions: readonly Region[], { width, height }: Size): number[] {
  const [region] = regions;
  const runs = region ? runsOfRegion('overlay', region, { width, height }) : [];
  const others: number[] = [];
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    if ((runs[i] as number) > at) others.push(at, runs[i] as number);
    at = runs[i + 1] as number;
  }
  if (at < width * height) others.push(at, width * height);
  return others;
}

/** The middle of the longest piece of a region, which is inside of it. */
function middleOf(
  runs: readonly number[],
  height: number,
  { columns, rows }: PixelEdges,
): { readonly x: number; readonly y: number } | undefined {
  let [x, y, most] = [0, 0, 0];
  eachPiece(runs, height, (column, from, to) => {
    const [upper, lower] = [rows[from] as number, rows[to] as number];
    if (lower - upper > most) [x, y, most] = [columns[column] as number, (upper + lower) / 2, lower - upper];
  });
  return most === 0 ? undefined : { x, y };
}

/** The label and the share, on a plate in the region's colour around a place. */
function name(
  context: Canvas2d,
  { index, label, share }: Region,
  { x, y }: { readonly x: number; readonly y: number },
  size: number,
  picture: Size,
): void {
  const text = `${plateLabel(label)} ${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
  const plate = plateSize(text, size, picture);
  const within = (middle: number, own: number, most: number) =>
    Math.max(0, Math.min(Math.round(middle - own / 2), most - own));
  const corner = { x: within(x, plate.width, picture.width), y: within(y, plate.height, picture.height) };
  paintPlate(context, text, { ...plate, ...corner }, { size, colour: colourOf(index) });
}

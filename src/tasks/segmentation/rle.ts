import { OptionError } from '../../errors/errors.ts';
import type { Size } from '../../frames/picture-view.ts';
import { MAX_MAP_PIXELS } from './map-raster.ts';
import { mapPlace, type Region, type Rle, type Segmentation } from './segmented.ts';

/** Where the runs of a mask begin and end, in turn: numbers of pixels, counted down the columns. */
export type Runs = readonly number[];

/** The mask of the runs. A run that begins where the one before ends goes on with it. */
export function encodeRuns(runs: Runs, height: number, width: number): Rle {
  const counts: number[] = [];
  let end = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const [from, to] = [runs[i] as number, runs[i + 1] as number];
    if (from === end && counts.length > 0) {
      counts.push((counts.pop() ?? 0) + to - from);
    } else {
      counts.push(from - end, to - from);
    }
    end = to;
  }
  if (end < height * width || counts.length === 0) counts.push(height * width - end);
  return { size: [height, width], counts: toText(counts) };
}

/** The runs of a mask. Throws `OptionError` for a mask that is damaged, since it may come from a file. */
export function decodeRuns(who: string, { size, counts }: Rle): number[] {
  const [height = NaN, width = NaN] = Array.isArray(size) ? (size as readonly number[]) : [];
  const pixels = height * width;
  const isSize = Number.isSafeInteger(height) && Number.isSafeInteger(width) && height >= 0 && width >= 0;
  const lengths = typeof counts === 'string' && isSize ? fromText(counts) : undefined;
  if (!lengths) throw new OptionError(`${who}: a mask is damaged: it has no size or no counts in COCO's form`);
  const runs: number[] = [];
  let at = 0;
  for (const [i, length] of lengths.entries()) {
    if (length < 0 || at + length > pixels) break;
    if (i % 2 === 1 && length > 0) runs.push(at, at + length);
    at += length;
  }
  const sum = lengths.reduce((total, length) => total + length, 0);
  if (at === pixels && sum === pixels) return runs;
  throw new OptionError(`${who}: a mask is damaged: its runs have ${sum} pixels, but its size is ${height} × ${width}`);
}

/** The size of a result's map. Throws `OptionError` for a result that has none, since it may come from a file. */
export function mapSize(who: string, result: Pick<Segmentation, 'picture' | 'place'>): Size {
  const { width, height } = mapPlace(result);
  const isSize = [width, height].every((side) => Number.isSafeInteger(side) && side >= 0);
  if (isSize && width * height <= MAX_MAP_PIXELS) return { width, height };
  throw new OptionError(`${who} needs the result of a segmentation, but its map has ${width} × ${height} pixels`);
}

/** The runs of a region of a map of this size. Throws `OptionError` for a damaged mask. */
export function runsOfRegion(who: string, { rle }: Region, { width, height }: Size): number[] {
  const runs = decodeRuns(who, rle);
  if (rle.size[0] === height && rle.size[1] === width) return runs;
  throw new OptionError(
    `${who}: a mask is damaged: its size is ${rle.size[0]} × ${rle.size[1]}, but the map has ${height} × ${width}`,
  );
}

/** Each number as groups of five bits, the lowest first; after the third it is the difference from the one before the last. */
function toText(counts: readonly number[]): string {
  const codes: number[] = [];
  for (let i = 0; i < counts.length; i++) {
    let rest = (counts[i] as number) - (i > 2 ? (counts[i - 2] as number) : 0);
    for (let more = true; more;) {
      const bits = rest & 31;
      rest >>= 5;
      more = bits & 16 ? rest !== -1 : rest !== 0;
      codes.push(48 + bits + (more ? 32 : 0));
    }
  }
  // A call with all of them could have too many arguments.
  let text = '';
  for (let i = 0; i < codes.length; i += 4096) text += String.fromCodePoint(...codes.slice(i, i + 4096));
  return text;
}

/** Undefined for a text that ends within a number or has other characters. */
function fromText(text: string): number[] | undefined {
  const counts: number[] = [];
  for (let at = 0; at < text.length;) {
    let [value, shift, more] = [0, 0, true];
    while (more) {
      const code = text.charCodeAt(at++) - 48;
      if (!(code >= 0 && code < 64) || shift > 30) return undefined;
      value |= (code & 31) << shift;
      shift += 5;
      more = (code & 32) !== 0;
      if (!more && code & 16 && shift < 32) value |= -1 << shift;
    }
    counts.push(counts.length > 2 ? value + (counts[counts.length - 2] as number) : value);
  }
  return counts;
}

/** Calls `visit` with each part of runs that is in one column: its column, and the rows where it begins and ends. */
export function eachPiece(
  runs: readonly number[],
  height: number,
  visit: (column: number, from: number, to: number) => void,
): void {
  for (let i = 0; i < runs.length; i += 2) {
    const end = runs[i + 1] as number;
    for (let at = runs[i] as number; at < end;) {
      const column = Math.floor(at / height);
      const to = Math.min(end, (column + 1) * height);
      visit(column, at - column * height, to - column * height);
      at = to;
    }
  }
}

/** How many pixels runs have. */
export function pixelsIn(runs: readonly number[]): number {
  let pixels = 0;
  for (let i = 0; i < runs.length; i += 2) pixels += (runs[i + 1] as number) - (runs[i] as number);
  return pixels;
}

import type { PictureView } from '../../frames/picture-view.ts';
import type { MapPlace } from './segmented.ts';

/** The pixels of a map, and where their centres are in the network's input. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** Of each column, how far its centre is from the left edge of the input, in pixels of it; NaN where the input does not show the picture. */
  readonly u: Float64Array;
  /** Of each row, how far its centre is from the upper edge. */
  readonly v: Float64Array;
  /** Absent for a map that is the source picture, pixel for pixel. */
  readonly place?: MapPlace;
}

/** The most pixels of a map: a picture of 7680 × 4320 has 33.2 million. */
export const MAX_MAP_PIXELS = 2 ** 25;

/** A map of the source picture's pixels. Throws `RangeError` for a picture that is too large. */
export function sourceRaster({ size, source, left, top, scaleX, scaleY }: PictureView): Raster {
  const { width, height } = source;
  checkPixels(width, height, "the source picture: with size: 'network' the map has the size of the network's input");
  return {
    width,
    height,
    u: centres(width, (x) => within((x - left) / scaleX, size.width)),
    v: centres(height, (y) => within((y - top) / scaleY, size.height)),
  };
}

/** A map of the pixels of the network's input. */
export function networkRaster({ size, source, left, top, scaleX, scaleY }: PictureView): Raster {
  const { width, height } = size;
  checkPixels(width, height, "the network's input");
  const isIn = (at: number, length: number) => at >= 0 && at < length;
  return {
    width,
    height,
    u: centres(width, (x) => (isIn(left + x * scaleX, source.width) ? x : NaN)),
    v: centres(height, (y) => (isIn(top + y * scaleY, source.height) ? y : NaN)),
    place: { width, height, left, top, scaleX, scaleY },
  };
}

function checkPixels(width: number, height: number, of: string): void {
  if (width * height <= MAX_MAP_PIXELS) return;
  throw new RangeError(
    `a map has at most ${MAX_MAP_PIXELS} pixels, but ${width} × ${height} are ${width * height}, those of ${of}`,
  );
}

function centres(length: number, place: (centre: number) => number): Float64Array {
  return Float64Array.from({ length }, (_, i) => place(i + 0.5));
}

function within(at: number, length: number): number {
  return at >= 0 && at < length ? at : NaN;
}

/** Of each pixel of a raster the two nearest values of a grid, and the weight of the second one. `first` is −1 where nothing is seen. */
export interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weight: Float64Array;
}

/** How a grid lies on the input: its outer values at the edges (`alignCorners`), or each in the middle of its part. */
export function bilinearTaps(at: Float64Array, input: number, grid: number, alignCorners: boolean): Taps {
  const first = new Int32Array(at.length).fill(-1);
  const [second, weight] = [new Int32Array(at.length), new Float64Array(at.length)];
  for (const [i, centre] of at.entries()) {
    if (Number.isNaN(centre)) continue;
    const inGrid = alignCorners
      ? ((centre - 0.5) * (grid - 1)) / Math.max(1, input - 1)
      : (centre * grid) / input - 0.5;
    const limited = Math.min(Math.max(inGrid, 0), grid - 1);
    first[i] = Math.floor(limited);
    second[i] = Math.min(Math.floor(limited) + 1, grid - 1);
    weight[i] = limited - Math.floor(limited);
  }
  return { first, second, weight };
}

/** Of each pixel of a raster the value of a grid in whose part it lies; −1 where nothing is seen. */
export function nearestTaps(at: Float64Array, input: number, grid: number): Int32Array {
  return Int32Array.from(at, (centre) =>
    Number.isNaN(centre) ? -1 : Math.min(Math.floor((centre * grid) / input), grid - 1),
  );
}

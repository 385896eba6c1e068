import type { Size } from '../../frames/picture-view.ts';
import type { Pixels } from '../../stage/pixels.ts';

/** The part of a picture from (x, y) on. What lies beyond its right and lower edge is the picture, mirrored. */
export function cutTile({ width, height, channels, data }: Pixels, x: number, y: number, size: Size): Pixels {
  const tile = new Uint8Array(size.width * size.height * channels);
  const inside = Math.min(size.width, width - x) * channels;
  for (let row = 0; row < size.height; row++) {
    const line = mirrored(y + row, height) * width;
    const to = row * size.width * channels;
    tile.set(data.subarray((line + x) * channels, (line + x) * channels + inside), to);
    for (let at = inside; at < size.width * channels; at += channels) {
      const from = (line + mirrored(x + at / channels, width)) * channels;
      for (let c = 0; c < channels; c++) tile[to + at + c] = data[from + c] ?? 0;
    }
  }
  return { ...size, channels, data: tile };
}

/** A place beyond the end, mirrored at the last pixel. */
function mirrored(place: number, length: number): number {
  if (place < length) return place;
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = place % period;
  return within < length ? within : period - within;
}

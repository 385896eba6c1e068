import type { Plane } from './plane.ts';

/**
 * How thick strokes are, in pixels: twice their area by their outline. The area is the sum of the values, and the outline that of
 * their gradients, so soft edges count as what they cover.
 */
export function strokeWidth({ width, height, data }: Plane): number {
  let [area, outline] = [0, 0];
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : (data[y * width + x] as number);
  for (let y = -1; y < height; y++) {
    for (let x = -1; x < width; x++) {
      const value = at(x, y);
      area += value;
      outline += Math.hypot(at(x + 1, y) - value, at(x, y + 1) - value);
    }
  }
  return outline === 0 ? 0 : (2 * area) / outline;
}

/** Strokes with `by` pixels more on each side, on a plane that is larger by as much. */
export function thickened({ width, height, data }: Plane, by: number): Plane {
  const wider = width + 2 * by;
  const out = new Uint8Array(wider * (height + 2 * by));
  data.forEach((value, i) => {
    if (value === 0) return;
    const middle = (Math.floor(i / width) + by) * wider + (i % width) + by;
    for (let row = -by; row <= by; row++) {
      const half = Math.floor(Math.sqrt((by + 0.5) ** 2 - row ** 2));
      for (let at = middle + row * wider - half; at <= middle + row * wider + half; at++) {
        if ((out[at] as number) < value) out[at] = value;
      }
    }
  });
  return { width: wider, height: height + 2 * by, data: out };
}

import type { Plane } from './plane.ts';

/**
 * How high a plane is flooded from its border: for each pixel the highest level at which a path of pixels that are not lower
 * leads to it from the border. There `levels` are the water's levels, one for each place of `border`. What rises above the
 * flood has lower pixels all around. In the field's words it is the grey reconstruction of the plane by dilation from a marker
 * at its border (Vincent 1993, "Morphological grayscale reconstruction in image analysis").
 *
 * It takes pixels by falling levels, from 256 lists, so each pixel once.
 */
export function flood({ width, data }: Plane, border: Int32Array, levels: Uint8Array): Uint8Array {
  const { length } = data;
  const flooded = new Uint8Array(length);
  const seen = new Uint8Array(length);
  const waiting = new Lists(length);
  const springs = new Lists(border.length);
  for (let i = 0; i < border.length; i++)
    springs.put(Math.min(levels[i] as number, data[border[i] as number] as number), i);
  for (let level = 255; level >= 0; level--) {
    for (let i = springs.take(level); i >= 0; i = springs.take(level)) {
      const place = border[i] as number;
      if (seen[place] === 1) continue;
      seen[place] = 1;
      waiting.put(level, place);
    }
    for (let place = waiting.take(level); place >= 0; place = waiting.take(level)) {
      flooded[place] = level;
      const x = place % width;
      const left = x > 0 ? 1 : 0;
      const right = x < width - 1 ? 1 : 0;
      const last = place + width < length ? place + width : place;
      for (let row = place < width ? place : place - width; row <= last; row += width) {
        for (let next = row - left; next <= row + right; next++) {
          if (seen[next] === 1) continue;
          seen[next] = 1;
          const ground = data[next] as number;
          waiting.put(ground < level ? ground : level, next);
        }
      }
    }
  }
  return flooded;
}

/** A list of numbers for each level, 0–255. Each number, from 0 to below `size`, is in one list at most. */
class Lists {
  readonly #first = new Int32Array(256).fill(-1);
  readonly #next: Int32Array;

  constructor(size: number) {
    this.#next = new Int32Array(size);
  }

  put(level: number, number: number): void {
    this.#next[number] = this.#first[level] as number;
    this.#first[level] = number;
  }

  /** Takes the last number out of a list; −1 if it is empty. */
  take(level: number): number {
    const number = this.#first[level] as number;
    if (number >= 0) this.#first[level] = this.#next[number] as number;
    return number;
  }
}

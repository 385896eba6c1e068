import type { Rectangle } from '../../frames/picture-view.ts';
import type { Plane } from './plane.ts';

/** A connected part of a plane: pixels that touch, also by a corner. */
export interface Part {
  /** What its pixels have in {@link Parts.labels}; from 1. */
  readonly label: number;
  /** The sum of its values. */
  readonly sum: number;
  /** How many pixels it has. */
  readonly area: number;
  /** Its highest value. */
  readonly peak: number;
  readonly box: Rectangle;
  /** Whether it has a pixel on the border of the plane. */
  readonly touches: boolean;
}

/** The connected parts of a plane, and of each pixel the label of its part, or 0. */
export interface Parts {
  /** The width of the plane. */
  readonly width: number;
  readonly labels: Int32Array;
  readonly all: readonly Part[];
}

/** Finds the connected parts of pixels whose values are at least `least`, which is over 0. */
export function partsOf({ width, height, data }: Plane, least: number): Parts {
  const labels = new Int32Array(data.length);
  const stack = new Int32Array(data.length);
  const all: Part[] = [];
  for (let start = 0; start < data.length; start++) {
    if (labels[start] !== 0 || (data[start] as number) < least) continue;
    const label = all.length + 1;
    let [sum, area, peak] = [0, 0, 0];
    let [left, top, right, bottom] = [width, height, 0, 0];
    let size = 0;
    stack[size++] = start;
    labels[start] = label;
    while (size > 0) {
      const place = stack[--size] as number;
      const value = data[place] as number;
      const [x, y] = [place % width, Math.floor(place / width)];
      sum += value;
      area++;
      peak = Math.max(peak, value);
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const next = row * width + column;
          if (labels[next] !== 0 || (data[next] as number) < least) continue;
          labels[next] = label;
          stack[size++] = next;
        }
      }
    }
    const box = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
    const touches = left === 0 || top === 0 || right === width - 1 || bottom === height - 1;
    all.push({ label, sum, area, peak, box, touches });
  }
  return { width, labels, all };
}

import { readFileSync } from 'node:fs';
import type { Pixels } from 'sluice';
import { digitPixels } from '../../src/preprocess/digit/digit-pixels.ts';
import { resolveResize, type ResizeOptions } from '../../src/preprocess/fit.ts';
import { randomFrom } from './random.ts';

/** How much of each pixel is ink, 0–1, row by row. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly ink: Float64Array;
}

type Point = readonly [x: number, y: number];

/** Lines of pens, in a square of 1 × 1. */
export const STROKES = {
  zero: [
    Array.from({ length: 25 }, (_, i): Point => [0.5 + 0.32 * Math.sin(i * 0.2618), 0.5 - 0.48 * Math.cos(i * 0.2618)]),
  ],
  one: [
    [
      [0.62, 0],
      [0.38, 1],
    ],
  ],
  four: [
    [
      [0.3, 0],
      [0.1, 0.6],
      [0.9, 0.6],
    ],
    [
      [0.7, 0.25],
      [0.65, 1],
    ],
  ],
  /** Its bar does not touch the rest. */
  five: [
    [
      [0.3, 0.18],
      [0.25, 0.45],
      [0.6, 0.45],
      [0.75, 0.7],
      [0.55, 1],
      [0.2, 0.9],
    ],
    [
      [0.4, 0],
      [0.9, 0],
    ],
  ],
  seven: [
    [
      [0.1, 0],
      [0.9, 0],
      [0.4, 1],
    ],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly Point[])[]>>;

/** Draws the strokes of a digit, `size` pixels high, with a round pen of `pen` pixels, and soft edges of one pixel. */
export function draw(strokes: readonly (readonly Point[])[], size: number, pen: number): Drawing {
  const side = Math.ceil(size + 2 * pen);
  const inner = size - pen;
  const lines = strokes.flatMap((points) =>
    points
      .slice(1)
      .map((to, i) => [points[i] as Point, to].map(([x, y]): Point => [pen * 1.5 + x * inner, pen * 1.5 + y * inner])),
  );
  const ink = new Float64Array(side * side);
  ink.forEach((_, i) => {
    const place: Point = [(i % side) + 0.5, Math.floor(i / side) + 0.5];
    const nearest = Math.min(...lines.map(([from, to]) => distance(place, from as Point, to as Point)));
    ink[i] = Math.min(1, Math.max(0, pen / 2 - nearest + 0.5));
  });
  return { width: side, height: side, ink };
}

/** How far a point is from a line between two others. */
function distance([x, y]: Point, [fromX, fromY]: Point, [toX, toY]: Point): number {
  const [dx, dy] = [toX - fromX, toY - fromY];
  const share = Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / (dx ** 2 + dy ** 2 || 1)));
  return Math.hypot(x - fromX - share * dx, y - fromY - share * dy);
}

/** A grey picture of 28 × 28 as a drawing that is so many times as large. */
export function enlarged(digit: Uint8Array, by: number): Drawing {
  const side = 28 * by;
  const at = (x: number, y: number) =>
    (digit[Math.min(27, Math.max(0, y)) * 28 + Math.min(27, Math.max(0, x))] as number) / 255;
  const ink = Float64Array.from({ length: side ** 2 }, (_, i) => {
    const [x, y] = [((i % side) + 0.5) / by - 0.5, (Math.floor(i / side) + 0.5) / by - 0.5];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, down] = [x - left, y - top];
    const row = (y: number) => at(left, y) * (1 - right) + at(left + 1, y) * right;
    return row(top) * (1 - down) + row(top + 1) * down;
  });
  return { width: side, height: side, ink };
}

/** What a drawing is on, and how it is seen. */
export interface Page {
  readonly width: number;
  readonly height: number;
  /** Where the drawing's top left corner is. Default: in the middle. */
  readonly at?: Point;
  /** The levels of paper and ink, 0–255. Default 225 and 45. */
  readonly paper?: number;
  readonly ink?: number;
  /** The deviation of the noise. Default 0. */
  readonly noise?: number;
  readonly seed?: number;
  /** What else is drawn: the level of a pixel, by its place and its level until then. */
  readonly more?: (x: number, y: number, level: number) => number;
  /** The light on a place of the page, 0–1; x and y are from 0 to 1. */
  readonly light?: (x: number, y: number) => number;
}

/** A picture of a page with a drawing. */
export function photo(drawing: Drawing | undefined, page: Page): Pixels {
  const {
    width,
    height,
    paper = 225,
    ink = 45,
    noise = 0,
    seed = 1,
    more = (_x, _y, level) => level,
    light = () => 1,
  } = page;
  const random = randomFrom(seed);
  const { at = drawing && [Math.floor((width - drawing.width) / 2), Math.floor((height - drawing.height) / 2)] } = page;
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const covered = drawing && at ? inkAt(drawing, x - at[0], y - at[1]) : 0;
      const level = more(x, y, paper + (ink - paper) * covered) * light(x / width, y / height);
      // The sum of three uniform numbers, less their mean, is nearly normal with a deviation of 1/2.
      const grain = noise === 0 ? 0 : (random() + random() + random() - 1.5) * 2 * noise;
      data.fill(level + grain, (y * width + x) * 3, (y * width + x) * 3 + 3);
    }
  }
  return { width, height, channels: 3, data };
}

function inkAt({ width, height, ink }: Drawing, x: number, y: number): number {
  return x < 0 || y < 0 || x >= width || y >= height ? 0 : (ink[y * width + x] as number);
}

/** The grey levels of the digit that is found in a picture. */
export function found(pixels: Pixels, options: Partial<ResizeOptions> = {}): Uint8Array {
  const { data } = digitPixels(pixels, resolveResize({ width: 28, height: 28, fit: 'digit', ...options }));
  return Uint8Array.from({ length: data.length / 3 }, (_, i) => data[i * 3] as number);
}

/** The longer side of the box of what has at least a quarter of full ink, the centre of mass, and the most ink. */
export function measured(digit: Uint8Array, width = 28): { longer: number; centre: Point; most: number } {
  let [left, top, right, bottom] = [width, width, -1, -1];
  let [sum, across, down] = [0, 0, 0];
  digit.forEach((value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    sum += value;
    across += value * x;
    down += value * y;
    if (value < 64) return;
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  });
  return {
    longer: Math.max(right - left, bottom - top) + 1,
    centre: [across / sum, down / sum],
    most: Math.max(...digit),
  };
}

/** The mean difference of the levels of two pictures, 0–255. */
export function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;
}

/** The same where one of them may be shifted by a pixel, as where centres of mass are rounded. */
export function differenceShifted(a: Uint8Array, b: Uint8Array): number {
  const shifted = (across: number, down: number) =>
    a.map((_, i) => {
      const [x, y] = [(i % 28) + across, Math.floor(i / 28) + down];
      return x < 0 || y < 0 || x > 27 || y > 27 ? 0 : (a[y * 28 + x] as number);
    });
  const steps = [-1, 0, 1];
  return Math.min(...steps.flatMap((across) => steps.map((down) => difference(shifted(across, down), b))));
}

/** Twenty digits of MNIST's test set, two of each kind: see test/data/README.md. */
export function mnistDigits(): readonly Uint8Array[] {
  const file = readFileSync(new URL('../data/mnist-20.idx3-ubyte', import.meta.url));
  return Array.from({ length: 20 }, (_, i) => new Uint8Array(file.subarray(16 + i * 784, 16 + (i + 1) * 784)));
}

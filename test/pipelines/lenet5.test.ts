import { lastValueFrom, map, toArray } from 'rxjs';
import { frameSource, infer, useEngine, type Model, type Pixels } from 'sluice';
import { lenet5 } from 'sluice/pipelines/lenet5';
import { beforeAll, describe, expect, it } from 'vitest';
import { enlarged, mnistDigits, photo, type Drawing, type Page } from '../support/handwriting.ts';

let model: Model;
beforeAll(async () => {
  await useEngine('wasm');
  model = await lenet5();
});

/** What the model reads in pictures; '' where it gives no digit. */
const read = (pictures: readonly Pixels[]): Promise<string[]> =>
  lastValueFrom(
    frameSource(
      pictures.map((data, i) => ({ data, timestamp: i })),
      { source: 'photos' },
    ).pipe(
      infer(model, { top: 1 }),
      map(({ classes }) => classes[0]?.label ?? ''),
      toArray(),
    ),
  );

/** The same drawing, leaning to the right by so much of its height. */
function slanted({ width, height, ink }: Drawing, by: number): Drawing {
  const wide = Math.ceil(width + Math.abs(by) * height);
  const shift = (y: number) => by * (by > 0 ? height - 1 - y : -y);
  const at = (x: number, y: number) => (x < 0 || x >= width ? 0 : (ink[y * width + x] as number));
  const leaning = Float64Array.from({ length: wide * height }, (_, i) => {
    const [x, y] = [(i % wide) - shift(Math.floor(i / wide)), Math.floor(i / wide)];
    const [left, part] = [Math.floor(x), x - Math.floor(x)];
    return at(left, y) * (1 - part) + at(left + 1, y) * part;
  });
  return { width: wide, height, ink: leaning };
}

/** The mean over squares of so many pixels to each side, as a lens out of focus gives. */
function blurred({ width, height, channels, data }: Pixels, radius: number): Pixels {
  const inside = (place: number, size: number) => Math.min(size - 1, Math.max(0, place));
  const mean = (from: ArrayLike<number>, step: number, [across, down]: readonly [number, number]) =>
    Uint8ClampedArray.from({ length: from.length }, (_, i) => {
      const [x, y, channel] = [Math.floor(i / step) % width, Math.floor(i / step / width), i % step];
      let sum = 0;
      for (let k = -radius; k <= radius; k++) {
        const place = inside(y + k * down, height) * width + inside(x + k * across, width);
        sum += from[place * step + channel] ?? 0;
      }
      return sum / (2 * radius + 1);
    });
  const rows = mean(data, channels, [1, 0]);
  return { width, height, channels, data: mean(rows, channels, [0, 1]) };
}

/** Twenty digits of MNIST's test set, two of each kind: 0, 0, 1, 1 … */
const digits = mnistDigits();
const shown = (i: number) => `${Math.floor(i / 2)}`;

const PHOTOS: Readonly<Record<string, (digit: Uint8Array, i: number) => Pixels>> = {
  'dark on light': (digit) => photo(enlarged(digit, 6), { width: 300, height: 240 }),
  'light on dark': (digit) => photo(enlarged(digit, 5), { width: 220, height: 220, paper: 20, ink: 230 }),
  'small, in a corner': (digit) => photo(enlarged(digit, 2), { width: 320, height: 240, at: [12, 8] }),
  'large, at the edge': (digit) => photo(enlarged(digit, 9), { width: 400, height: 300, at: [140, 30] }),
  'with noise': (digit, i) => photo(enlarged(digit, 6), { width: 260, height: 260, noise: 14, seed: i + 1 }),
  'out of focus': (digit) => blurred(photo(enlarged(digit, 6), { width: 260, height: 260 }), 5),
  'leaning to the right': (digit) => photo(slanted(enlarged(digit, 6), 0.2), { width: 300, height: 240 }),
  'leaning to the left': (digit) => photo(slanted(enlarged(digit, 6), -0.15), { width: 300, height: 240 }),
  'pale, in uneven light': (digit) => photo(enlarged(digit, 6), { ...UNEVEN, paper: 200, ink: 120 }),
  'leaning, noisy and out of focus': (digit, i) =>
    blurred(photo(slanted(enlarged(digit, 6), 0.12), { width: 300, height: 260, noise: 12, seed: i + 90 }), 2),
};
const UNEVEN: Page = { width: 280, height: 260, light: (x, y) => 1 - 0.35 * x - 0.15 * y };

describe('LeNet-5 with its bundled weights', () => {
  it('reads the digits of MNIST as they are', async () => {
    const pictures = digits.map((digit): Pixels => {
      const data = new Uint8Array(28 * 28 * 3).map((_, i) => digit[Math.floor(i / 3)] ?? 0);
      return { width: 28, height: 28, channels: 3, data };
    });
    expect(await read(pictures)).toEqual(digits.map((_, i) => shown(i)));
  });

  it('reads at least 95 % of 200 photographed digits, and most of each kind of photo', async () => {
    const wrong: string[] = [];
    for (const [kind, make] of Object.entries(PHOTOS)) {
      const labels = await read(digits.map((digit, i) => make(digit, i)));
      const own = labels.flatMap((label, i) => (label === shown(i) ? [] : [`${kind}: ${shown(i)} as ${label}`]));
      expect(own.length, own.join(', ')).toBeLessThanOrEqual(4);
      wrong.push(...own);
    }
    expect(wrong.length, wrong.join(', ')).toBeLessThanOrEqual(10);
  });

  it('names its classes, and says how it prepares pictures', () => {
    expect(model.labels).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(model.preprocess).toMatchObject({ width: 32, height: 32, channels: 1, fit: 'digit' });
  });

  it('with weights of your own knows other classes, which are numbered unless you name them', async () => {
    const { readFile } = await import('node:fs/promises');
    const weights = await readFile(new URL('../../pipelines/lenet5/weights.safetensors', import.meta.url));
    expect((await lenet5({ weights })).labels[7]).toBe('class 7');
    const labels = ['T-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'boot'];
    expect((await lenet5({ weights, labels })).labels).toEqual(labels);
    await expect(lenet5({ weights, labels: ['one'] })).rejects.toThrow('1 labels, but lenet5 gives 10');
  });

  it('of a picture without a digit, it gives scores of an empty field', async () => {
    const blank = photo(undefined, { width: 100, height: 80 });
    const [first, second] = await read([blank, photo(undefined, { width: 300, height: 300, paper: 90 })]);
    expect(first).toBe(second);
  });
});

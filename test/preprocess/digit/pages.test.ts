import { createCanvas } from '@napi-rs/canvas';
import { describe, expect, it } from 'vitest';
import type { Pixels } from 'sluice';
import { randomFrom, seed } from '../../support/random.ts';
import {
  difference,
  differenceShifted,
  draw,
  found,
  measured,
  photo,
  STROKES,
  type Drawing,
  type Page,
} from '../../support/handwriting.ts';

const NAMES = Object.keys(STROKES) as (keyof typeof STROKES)[];
const BLANK = new Uint8Array(28 * 28);

/** It has the form of MNIST, and is about the same as what a clean page gives. */
function expectDigit(out: Uint8Array, clean: Uint8Array, tolerance = 16): void {
  const { longer, centre, most } = measured(out);
  expect(Math.abs(longer - 20)).toBeLessThanOrEqual(1);
  for (const place of centre) expect(Math.abs(place - 14)).toBeLessThanOrEqual(0.5);
  expect(most).toBe(255);
  expect(out[0]).toBe(0);
  expect(differenceShifted(out, clean)).toBeLessThan(tolerance);
}

/** A table around a sheet of paper that lies a little crooked. */
function table(x: number, y: number, level: number): number {
  const [across, down] = [x - 160 + (y - 120) * 0.06, y - 120 - (x - 160) * 0.06];
  return Math.abs(across) > 140 || Math.abs(down) > 102 ? 60 : level;
}

const PAGES: Readonly<Record<string, Page>> = {
  'light on dark': { width: 320, height: 240, paper: 30, ink: 220 },
  'pencil, 35 levels darker than the paper': { width: 320, height: 240, paper: 200, ink: 165, noise: 3 },
  'in a corner': { width: 320, height: 240, at: [180, 100] },
  'noise of 25': { width: 320, height: 240, noise: 25 },
  'light from one side': { width: 320, height: 240, light: (x, y) => 0.3 + 0.7 * x * (1 - y / 3) },
  'a soft shadow over half of it': {
    width: 320,
    height: 240,
    light: (x, y) => 1 - 0.5 / (1 + Math.exp((x + y / 2 - 0.7) * 20)),
  },
  'a hard shadow up to it': { width: 320, height: 240, light: (x) => (x < 0.3 ? 0.5 : 1) },
  'darker corners': { width: 320, height: 240, light: (x, y) => 1 - (x - 0.5) ** 2 - (y - 0.5) ** 2 },
  'darker in the middle': {
    width: 320,
    height: 240,
    light: (x, y) => 0.6 + 0.4 * Math.min(1, 4 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)),
  },
  'the edge of a page': { width: 320, height: 240, more: (x, y, level) => (x > 255 + y / 8 ? 50 : level) },
  'a sheet on a table': { width: 320, height: 240, more: table, noise: 4 },
  'ruled paper': { width: 320, height: 240, more: (_x, y, level) => (y % 30 < 2 ? Math.min(level, 180) : level) },
  'squared paper': {
    width: 320,
    height: 240,
    more: (x, y, level) => (x % 20 < 1 || y % 20 < 1 ? Math.min(level, 185) : level),
  },
  'a black crease': { width: 320, height: 240, more: (x, y, level) => (Math.abs(x - 60 - y / 9) < 1.5 ? 50 : level) },
  'the frame of a form': { width: 320, height: 240, more: (x, y, level) => (isFrame(x - 160, y - 120) ? 50 : level) },
  dirt: { width: 320, height: 240, more: (x, y, level) => ((x * 7 + y * 13) % 997 < 1 ? 40 : level) },
};

const isFrame = (x: number, y: number) => Math.max(Math.abs(x), Math.abs(y)) === 90;

describe.each(NAMES)('a %s', (name) => {
  const drawing = draw(STROKES[name], 120, 14);
  const clean = found(photo(drawing, { width: 320, height: 240 }));

  it('on a clean page', () => {
    expectDigit(clean, clean);
  });

  it.each(Object.entries(PAGES))('%s', (_what, page) => {
    expectDigit(found(photo(drawing, page)), clean);
  });

  it.each([
    [24, 3],
    [40, 5],
    [300, 35],
  ])('%i pixels high, with a pen of %i', (size, pen) => {
    expectDigit(found(photo(draw(STROKES[name], size, pen), { width: 400, height: 400, noise: 4 })), clean);
  });

  it('of a thin pen gets strokes of 2 pixels', () => {
    const out = found(photo(draw(STROKES[name], 200, 3), { width: 320, height: 240 }));
    expectDigit(out, clean, 24);
    const ink = (digit: Uint8Array) => digit.reduce((sum, value) => sum + value, 0);
    expect(ink(out) / ink(clean)).toBeGreaterThan(0.6);
  });
});

describe('parts', () => {
  const drawing = draw(STROKES.five, 120, 10);

  it('the bar of a 5 stays, although it does not touch', () => {
    const out = found(photo(drawing, { width: 320, height: 240 }));
    const rows = Array.from({ length: 28 }, (_, y) => Math.max(...out.subarray(y * 28, y * 28 + 28)));
    const first = rows.findIndex((row) => row > 128);
    const gap = rows.findIndex((row, y) => y > first && row < 64);
    expect(first).toBeLessThan(6);
    expect(gap).toBeGreaterThan(first);
    expect(rows.findLastIndex((row) => row > 128)).toBeGreaterThan(gap + 10);
  });

  it('what is far away does not count: a smaller digit', () => {
    const page = photo(drawing, { width: 320, height: 240, at: [170, 60] });
    const other = photo(draw(STROKES.one, 60, 8), { width: 320, height: 240, at: [20, 20] });
    page.data.forEach((value, i) => (page.data[i] = Math.min(value, other.data[i] as number)));
    const alone = found(photo(drawing, { width: 320, height: 240, at: [170, 60] }));
    expect(difference(found(page), alone)).toBeLessThan(2);
  });

  it('a digit that is cut off by the border is still found', () => {
    const out = found(photo(draw(STROKES.seven, 160, 16), { width: 240, height: 200, at: [-24, 20] }));
    const { longer, most } = measured(out);
    expect([longer, most]).toEqual([20, 255]);
  });

  it('a digit that fills its picture is found', () => {
    const { width, height, ink }: Drawing = draw(STROKES.zero, 120, 16);
    const out = found(photo({ width, height, ink }, { width: 90, height: 120, at: [-31, -16] }));
    expectDigit(out, found(photo({ width, height, ink }, { width: 320, height: 240 })));
  });
});

describe('a rendered digit', () => {
  function rendered(change: (context: ReturnType<ReturnType<typeof createCanvas>['getContext']>) => void): Pixels {
    const canvas = createCanvas(320, 240);
    const context = canvas.getContext('2d');
    context.fillStyle = '#f4efe2';
    context.fillRect(0, 0, 320, 240);
    context.fillStyle = '#1d3f94';
    context.font = '150px sans-serif';
    change(context);
    context.fillText('4', 100, 180);
    return { width: 320, height: 240, channels: 4, data: context.getImageData(0, 0, 320, 240).data };
  }
  const clean = found(rendered(() => undefined));

  it.each([
    ['blue on cream', () => undefined, 1],
    ['blurred', (context) => (context.filter = 'blur(4px)'), 12],
    ['slanted: it stays so', (context) => context.transform(1, 0, -0.25, 1, 40, 0), 48],
    ['turned by 10°', (context) => context.rotate(0.17), 40],
  ] as const satisfies readonly (readonly [string, Parameters<typeof rendered>[0], number])[])(
    '%s',
    (_what, change, tolerance) => {
      expectDigit(found(rendered(change)), clean, tolerance);
    },
  );

  it('black on transparent pixels, which count as white', () => {
    const pixels = rendered(() => undefined);
    const data = Uint8ClampedArray.from(pixels.data, (_, i) =>
      i % 4 === 3 ? 255 - (pixels.data[i - 2] as number) : 0,
    );
    expectDigit(found({ ...pixels, data }), clean);
  });
});

describe('pictures without a digit are black', () => {
  it.each<[string, Pixels]>([
    ['one colour', photo(undefined, { width: 64, height: 48 })],
    ['black', photo(undefined, { width: 64, height: 48, paper: 0 })],
    ['white', photo(undefined, { width: 64, height: 48, paper: 255 })],
    ['one pixel', photo(undefined, { width: 1, height: 1 })],
    ['a row', photo(undefined, { width: 9, height: 1, more: (x) => x * 20 })],
    ['two pixels', photo(undefined, { width: 1, height: 2, more: (_x, y) => y * 255 })],
    ['transparent', { width: 8, height: 8, channels: 4, data: new Uint8Array(256) }],
    ['noise', photo(undefined, { width: 320, height: 240, noise: 20 })],
    ['small and noisy', photo(undefined, { width: 28, height: 28, noise: 20 })],
    ['a slope of light', photo(undefined, { width: 320, height: 240, light: (x) => x })],
    ['a shadow', photo(undefined, { width: 320, height: 240, light: (x, y) => (x + y < 0.8 ? 0.5 : 1) })],
    ['half black, half white', photo(undefined, { width: 320, height: 240, more: (x) => (x < 160 ? 0 : 255) })],
  ])('%s', (_what, pixels) => {
    expect(found(pixels)).toEqual(BLANK);
  });
});

describe('sizes', () => {
  const drawing = draw(STROKES.four, 120, 14);
  const page = photo(drawing, { width: 320, height: 240 });

  it.each([
    [32, 32, 23],
    [28, 56, 20],
    [100, 64, 46],
    [14, 14, 10],
  ])('%i × %i: the longer side is 20/28 of the shorter one, %i', (width, height, longer) => {
    const out = found(page, { width, height });
    expect(out.length).toBe(width * height);
    expect(Math.abs(measured(out, width).longer - longer)).toBeLessThanOrEqual(1);
    const [x, y] = measured(out, width).centre;
    expect(Math.abs(x - width / 2)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(y - height / 2)).toBeLessThanOrEqual(0.5);
  });

  it.each([
    [1, 1],
    [2, 3],
    [1, 40],
  ])('%i × %i does not fail', (width, height) => {
    expect(found(page, { width, height }).length).toBe(width * height);
  });

  it('a digit of 6 pixels is enlarged', () => {
    const out = found(photo(draw(STROKES.one, 6, 1.5), { width: 16, height: 16 }));
    expect(Math.abs(measured(out).longer - 20)).toBeLessThanOrEqual(2);
  });

  it('a digit of 40 pixels in a picture of 12 megapixels has all of its detail', () => {
    const small = found(photo(draw(STROKES.five, 40, 5), { width: 320, height: 240 }));
    const large = found(photo(draw(STROKES.five, 40, 5), { width: 4000, height: 3000, at: [3100, 400] }));
    expect(differenceShifted(large, small)).toBeLessThan(12);
  });

  it('centralFraction is the share of the picture that is looked at', () => {
    const outside = photo(drawing, { width: 800, height: 600, at: [10, 10] });
    expect(found(outside, { centralFraction: 0.5 })).toEqual(BLANK);
    const inside = photo(drawing, { width: 800, height: 600 });
    expect(differenceShifted(found(inside, { centralFraction: 0.5 }), found(page))).toBeLessThan(4);
  });

  it('resizeMethod says how the digit is brought to its size', () => {
    const nearest = found(page, { resizeMethod: 'nearest' });
    expect(nearest).not.toEqual(found(page));
    expectDigit(nearest, found(page), 20);
  });
});

it(`a picture of any size and content gives levels of ink (seed ${seed})`, () => {
  const random = randomFrom(seed);
  for (let i = 0; i < 300; i++) {
    const [width, height] = [1 + Math.floor(random() ** 3 * 400), 1 + Math.floor(random() ** 3 * 400)];
    const blot = draw(STROKES.seven, 4 + random() * 200, 1 + random() * 20);
    const at = [(random() - 0.3) * width, (random() - 0.3) * height].map(Math.round) as [number, number];
    const page = { width, height, at, noise: random() < 0.5 ? 0 : random() * 40, seed: i, ink: random() * 255 };
    const [fieldWidth, fieldHeight] = [1 + Math.floor(random() * 40), 1 + Math.floor(random() * 40)];
    const options = { width: fieldWidth, height: fieldHeight, centralFraction: random() < 0.5 ? 1 : 1 - random() };
    const out = found(photo(blot, page), options);
    const what = JSON.stringify({ page, options, seed });
    expect(out.length, what).toBe(fieldWidth * fieldHeight);
    // Nothing, or full ink somewhere.
    if (fieldWidth > 8 && fieldHeight > 8) expect([0, 255], what).toContain(Math.max(...out));
  }
});

describe('it ends soon for whatever comes', () => {
  const dots = (x: number, y: number) => (x % 3 === 1 && y % 3 === 1 ? 0 : 255);
  it.each<[string, Page['more'] & object]>([
    ['dots everywhere', dots],
    ['a chessboard', (x, y) => ((x + y) % 2) * 255],
    ['rings', (x, y) => (Math.floor(Math.hypot(x - 256, y - 192) / 3) % 2) * 255],
    ['a spiral', (x, y) => (Math.sin(Math.hypot(x - 256, y - 192) / 4 + Math.atan2(y - 192, x - 256)) > 0 ? 255 : 0)],
    ['stripes', (x) => (x % 4 < 2 ? 0 : 255)],
  ])('%s', (_what, more) => {
    expect(found(photo(undefined, { width: 512, height: 384, more })).length).toBe(784);
  });
});

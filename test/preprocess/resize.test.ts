import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { OptionError, resize, ShapeError, useEngine, type Pixels, type ResizeOptions } from 'sluice';
import { fitRectangles, resizeKey } from '../../src/preprocess/fit.ts';

/** A grey picture, row by row. */
function grey(width: number, height: number, shades: readonly number[]): Pixels {
  return { width, height, channels: 3, data: Uint8Array.from(shades.flatMap((shade) => [shade, shade, shade])) };
}

function noise(width: number, height: number, channels: 3 | 4, seed = 1): Pixels {
  let state = seed;
  const data = Uint8Array.from({ length: width * height * channels }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
  return { width, height, channels, data };
}

function run(pixels: Pixels, options: ResizeOptions): Pixels {
  const kernel = resize(options).build([1, pixels.height, pixels.width, pixels.channels]);
  const out = kernel.run(pixels);
  expect(kernel.run(pixels)).toEqual(out);
  kernel.dispose();
  return out;
}

/** The first channel, row by row. */
function values({ width, height, data }: Pixels): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_none, x) => data[(y * width + x) * 3] ?? NaN),
  );
}

/**
 * The same from the definitions, per output pixel and in double precision. Shrinking: the integral over the pixel's
 * rectangle of the picture as piecewise constant function. Enlarging: the picture as samples at pixel centres, joined
 * linearly, edge pixels of the crop repeated. Each direction decides for itself.
 */
function byDefinition(pixels: Pixels, options: ResizeOptions): { width: number; height: number; data: number[] } {
  const { source, target } = fitRectangles(pixels.width, pixels.height, options);
  const { width, height } = options;
  const weight = (start: number, length: number, outputs: number, out: number, pixel: number): number => {
    const scale = length / outputs;
    if (scale > 1) {
      const [from, to] = [start + out * scale, start + (out + 1) * scale];
      return Math.max(0, Math.min(to, pixel + 1) - Math.max(from, pixel)) / scale;
    }
    const [least, most] = [Math.floor(start + 1e-9), Math.ceil(start + length - 1e-9) - 1];
    const centre = Math.min(Math.max(start + (out + 0.5) * scale - 0.5, least), most);
    return Math.max(0, 1 - Math.abs(centre - pixel));
  };
  const over = (y: number, x: number, c: number): number => {
    const i = (y * pixels.width + x) * pixels.channels;
    const alpha = pixels.channels === 4 ? (pixels.data[i + 3] ?? 0) / 255 : 1;
    return (pixels.data[i + c] ?? 0) * alpha + 255 * (1 - alpha);
  };
  const data: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [ty, tx] = [y - target.y, x - target.x];
      const inside = ty >= 0 && tx >= 0 && ty < target.height && tx < target.width;
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let row = 0; row < (inside ? pixels.height : 0); row++) {
          const wy = weight(source.y, source.height, target.height, ty, row);
          if (wy === 0) continue;
          for (let column = 0; column < pixels.width; column++) {
            const wx = weight(source.x, source.width, target.width, tx, column);
            if (wx > 0) sum += wy * wx * over(row, column, c);
          }
        }
        data.push(sum);
      }
    }
  }
  return { width, height, data };
}

function expectNear(actual: Pixels, expected: { data: readonly number[] }, tolerance = 0.502): void {
  expect(actual.data.length).toBe(expected.data.length);
  actual.data.forEach((value, i) => {
    const wanted = expected.data[i] ?? NaN;
    // Rounding to whole numbers is half a step; single precision adds less than 0.002 of one.
    if (!(Math.abs(value - wanted) <= tolerance)) expect.fail(`value ${i} is ${value}, not ${wanted}`);
  });
}

beforeAll(() => useEngine('cpu'));

describe('resize by hand', () => {
  test('half the size takes the mean of each four', () => {
    // (10 + 20 + 50 + 60) / 4 = 35, (30 + 40 + 70 + 80) / 4 = 55
    const picture = grey(4, 2, [10, 20, 30, 40, 50, 60, 70, 80]);
    expect(values(run(picture, { width: 2, height: 1 }))).toEqual([[35, 55]]);
  });

  test('from 3 to 2 the middle pixel counts half on each side', () => {
    // (0 + 90 / 2) / 1.5 = 30, (90 / 2 + 240) / 1.5 = 190
    expect(values(run(grey(3, 1, [0, 90, 240]), { width: 2, height: 1, fit: 'fill' }))).toEqual([[30, 190]]);
  });

  test('twice the size interpolates at half-pixel centres, edges repeated', () => {
    // Centres at −0.25, 0.25, 0.75, 1.25: 0, 0 + ¼·100, 0 + ¾·100, 100
    expect(values(run(grey(2, 1, [0, 100]), { width: 4, height: 1, fit: 'fill' }))).toEqual([[0, 25, 75, 100]]);
    // The same downwards
    expect(values(run(grey(1, 2, [0, 100]), { width: 1, height: 4, fit: 'fill' }))).toEqual([[0], [25], [75], [100]]);
  });

  test('shrinks in one direction while it enlarges in the other', () => {
    // Columns: (0 + 40) / 2 = 20 and (80 + 120) / 2 = 100 per row; rows: 20, ¾·20 + ¼·100 …
    expect(values(run(grey(2, 2, [0, 40, 80, 120]), { width: 1, height: 4, fit: 'fill' }))).toEqual([
      [20],
      [40],
      [80],
      [100],
    ]);
  });

  test('channels are kept apart and in order', () => {
    const red: Pixels = { width: 2, height: 1, channels: 3, data: Uint8Array.of(200, 0, 10, 100, 0, 30) };
    expect([...run(red, { width: 1, height: 1, fit: 'fill' }).data]).toEqual([150, 0, 20]);
  });

  test('transparent pixels lie over white', () => {
    // Opaque black is 0; transparent black is white; half (128 / 255) black is 255 · 127 / 255 = 127
    const data = Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 128);
    expect(values(run({ width: 3, height: 1, channels: 4, data }, { width: 3, height: 1 }))).toEqual([[0, 255, 127]]);
    // First over white, then averaged: (0 + 255 + 127) / 3 = 127.3
    expect(values(run({ width: 3, height: 1, channels: 4, data }, { width: 1, height: 1, fit: 'fill' }))).toEqual([
      [127],
    ]);
  });
});

describe('fit', () => {
  const ramp = grey(6, 2, [0, 10, 20, 30, 40, 50, 100, 110, 120, 130, 140, 150]);

  test('cover cuts the sides off, the middle stays', () => {
    expect(values(run(ramp, { width: 2, height: 2 }))).toEqual([
      [20, 30],
      [120, 130],
    ]);
    expect(run(ramp, { width: 2, height: 2, fit: 'cover' })).toEqual(run(ramp, { width: 2, height: 2 }));
  });

  test('cover of an odd remainder cuts half pixels', () => {
    // 5 wide, 2 high, to 2 × 2: columns 1.5 … 3.5, each half of two
    const odd = grey(5, 2, [0, 10, 20, 30, 40, 0, 10, 20, 30, 40]);
    expect(values(run(odd, { width: 2, height: 2 }))).toEqual([
      [15, 25],
      [15, 25],
    ]);
  });

  test('contain puts black bars above and below, the odd row below', () => {
    // 6 × 2 into 3 × 4: 3 × 1 of picture; three rows left, one above, two below
    expect(values(run(ramp, { width: 3, height: 4, fit: 'contain' }))).toEqual([
      [0, 0, 0],
      [55, 75, 95],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test('contain puts black bars left and right', () => {
    const tall = grey(1, 2, [100, 200]);
    expect(values(run(tall, { width: 3, height: 2, fit: 'contain' }))).toEqual([
      [0, 100, 0],
      [0, 200, 0],
    ]);
  });

  test('fill stretches', () => {
    // (0 + 10 + 100 + 110) / 4 = 55, 75, 95
    expect(values(run(ramp, { width: 3, height: 1, fit: 'fill' }))).toEqual([[55, 75, 95]]);
  });

  test('centralFraction takes the middle of what fit selected', () => {
    // Half of 4 × 4 is 2 × 2
    const square = grey(
      4,
      4,
      Array.from({ length: 16 }, (_, i) => 10 * i),
    );
    expect(values(run(square, { width: 2, height: 2, centralFraction: 0.5 }))).toEqual([
      [50, 60],
      [90, 100],
    ]);
    // Cover takes 720 × 720 of 1280 × 720; 0.875 of that is 630 × 630
    expect(fitRectangles(1280, 720, { width: 224, height: 224, centralFraction: 0.875 }).source).toEqual({
      x: 325,
      y: 45,
      width: 630,
      height: 630,
    });
  });

  test('the target’s aspect decides the crop', () => {
    expect(fitRectangles(1280, 720, { width: 16, height: 9 }).source).toEqual({ x: 0, y: 0, width: 1280, height: 720 });
    expect(fitRectangles(720, 1280, { width: 224, height: 112 }).source).toEqual({
      x: 0,
      y: 460,
      width: 720,
      height: 360,
    });
    expect(fitRectangles(100, 50, { width: 10, height: 10, fit: 'contain' }).target).toEqual({
      x: 0,
      y: 2,
      width: 10,
      height: 5,
    });
  });
});

describe('resize', () => {
  test.each([
    [1, 1, 5, 3],
    [1, 1000, 7, 7],
    [1000, 1, 7, 7],
    [3, 1000, 224, 2],
    [2, 2, 1, 1],
  ])('%i × %i to %i × %i: as the definitions give it', (width, height, toWidth, toHeight) => {
    for (const fit of ['cover', 'contain', 'fill'] as const) {
      for (const channels of [3, 4] as const) {
        const options = { width: toWidth, height: toHeight, fit };
        const picture = noise(width, height, channels);
        const out = run(picture, options);
        expect(out).toMatchObject({ width: toWidth, height: toHeight, channels: 3 });
        expectNear(out, byDefinition(picture, options));
      }
    }
  });

  const side = fc.integer({ min: 1, max: 40 });
  const options: fc.Arbitrary<ResizeOptions> = fc.record({
    width: side,
    height: side,
    fit: fc.constantFrom('cover' as const, 'contain' as const, 'fill' as const),
    centralFraction: fc.oneof(fc.constant(1), fc.constant(0.875), fc.double({ min: 0.01, max: 1, noNaN: true })),
  });

  test('any picture, any options: as the definitions give it', () => {
    fc.assert(
      fc.property(
        side,
        side,
        fc.constantFrom(3 as const, 4 as const),
        options,
        fc.nat(),
        (width, height, channels, o, seed) => {
          const picture = noise(width, height, channels, seed);
          expectNear(run(picture, o), byDefinition(picture, o));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('one colour stays that colour, in every corner', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), side, options, fc.nat({ max: 255 }), (width, height, o, value) => {
        if (o.fit === 'contain') return;
        const out = run(grey(width, height, Array<number>(width * height).fill(value)), o);
        expect(new Set(out.data)).toEqual(new Set([value]));
      }),
      { numRuns: 500 },
    );
  });

  test('to its own size it changes nothing', () => {
    const picture = noise(31, 17, 3);
    for (const fit of ['cover', 'contain', 'fill'] as const) {
      expect([...run(picture, { width: 31, height: 17, fit }).data]).toEqual([...picture.data]);
    }
  });

  test('a mirrored picture gives the mirrored result', () => {
    const picture = noise(13, 7, 3);
    const mirrored = grey(13, 7, []);
    const data = Uint8Array.from({ length: picture.data.length }, (_, i) => {
      const [pixel, c] = [Math.floor(i / 3), i % 3];
      const [y, x] = [Math.floor(pixel / 13), pixel % 13];
      return picture.data[(y * 13 + 12 - x) * 3 + c] ?? 0;
    });
    const there = run(picture, { width: 5, height: 4 });
    const back = run({ ...mirrored, data }, { width: 5, height: 4 });
    // A sum in the other order may round differently at the half.
    values(there).forEach((row, y) =>
      row
        .toReversed()
        .forEach((value, x) => expect(Math.abs(value - (values(back)[y]?.[x] ?? NaN))).toBeLessThanOrEqual(1)),
    );
  });

  test('what is resized already passes as it is: the same object, not a copy', () => {
    const wanted: ResizeOptions = { width: 8, height: 8, centralFraction: 0.875 };
    const once = run(noise(20, 30, 3), wanted);
    expect(once.resized).toBe(resizeKey(wanted));
    expect(run(once, wanted)).toBe(once);
    expect(run(once, { ...wanted, fit: 'cover' })).toBe(once);
    expect(run(once, { width: 8, height: 8 })).not.toBe(once);
    expect(run(once, { ...wanted, fit: 'contain' })).not.toBe(once);
  });

  test('what it is given stays as it was', () => {
    const picture = noise(9, 9, 4);
    const before = [...picture.data];
    run(picture, { width: 4, height: 4 });
    expect([...picture.data]).toEqual(before);
  });

  test.each([
    ['too few bytes', { data: new Uint8Array(11) }],
    ['too many bytes', { data: new Uint8Array(13) }],
    ['bytes of RGBA', { data: new Uint8Array(16) }],
    ['no bytes', { data: new Uint8Array(0) }],
    ['no width', { width: 0, data: new Uint8Array(0) }],
    ['a negative height', { height: -2 }],
    ['a fractional width', { width: 1.5, data: new Uint8Array(9) }],
    ['one channel', { channels: 1, data: new Uint8Array(4) }],
    ['NaN', { width: NaN }],
    ['texts', { width: '2', height: '2' }],
  ])('refuses a picture of %s', (_what, wrong) => {
    const picture = { width: 2, height: 2, channels: 3, data: new Uint8Array(12), ...wrong } as Pixels;
    const kernel = resize({ width: 1, height: 1 }).build([1, 2, 2, 3]);
    expect(() => kernel.run(picture)).toThrow(ShapeError);
    expect(() => kernel.run(picture)).toThrow(/width · height · 3/);
  });

  test.each([[[]], [[2, 2, 3]], [[1, 2, 2, 1]], [[2, 2, 2, 3]], [[1, 0, 2, 3]]])('refuses the shape %j', (shape) => {
    expect(() => resize({ width: 1, height: 1 }).outputShape(shape)).toThrow(
      `resize needs [1, height, width, 3 or 4 channels], but got [${shape.join(', ')}]`,
    );
  });
});

describe('resize is told impossible things', () => {
  test.each([0, -1, 1.5, NaN, Infinity, '8', '__proto__', null, undefined, {}, 16_385])(
    'width and height %o',
    (value) => {
      expect(() => resize({ width: value as never, height: 8 })).toThrow(
        /^resize: width must be a whole number from 1 to 16384, not /,
      );
      expect(() => resize({ width: 8, height: value as never })).toThrow(OptionError);
    },
  );
  test.each(['crop', '', '__proto__', 'Cover', null, 1])('fit %o', (fit) => {
    expect(() => resize({ width: 8, height: 8, fit: fit as never })).toThrow(
      /^resize: fit must be one of cover, contain, fill, digit, not /,
    );
  });
  test.each([0, -0.5, 1.01, NaN, Infinity, '0.5', null])('centralFraction %o', (centralFraction) => {
    expect(() => resize({ width: 8, height: 8, centralFraction: centralFraction as never })).toThrow(
      /^resize: centralFraction must be over 0 and at most 1, not /,
    );
  });
});

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OptionError, preprocess, resize, type Pixels, type ResizeMethod, type ResizeOptions } from 'sluice';
import { resizeKey } from '../../src/preprocess/fit.ts';
import { scalePart } from '../../src/preprocess/scale.ts';
import { brought } from '../../src/sources/brought.ts';

/** What Pillow 12.3 makes of the pictures below: `Image.resize(size, filter, box)`. */
interface PillowCase {
  readonly method: ResizeMethod;
  readonly picture: 'photo' | 'noise';
  readonly width: number;
  readonly height: number;
  readonly centralFraction?: number;
  readonly rgb: string;
}
const cases = JSON.parse(readFileSync(new URL('pillow.json', import.meta.url), 'utf8')) as PillowCase[];

const photo: Pixels = {
  width: 224,
  height: 224,
  channels: 3,
  data: readFileSync(new URL('../data/squirrel_224.rgb', import.meta.url)),
};

function noise(width: number, height: number): Pixels {
  let state = 1;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
  return { width, height, channels: 3, data };
}

function run(pixels: Pixels, options: ResizeOptions): Pixels {
  const kernel = resize(options).build([1, pixels.height, pixels.width, pixels.channels]);
  const out = kernel.run(pixels);
  kernel.dispose();
  return out;
}

function row(...shades: number[]): Pixels {
  const data = Uint8Array.from(shades.flatMap((shade) => [shade, shade, shade]));
  return { width: shades.length, height: 1, channels: 3, data };
}

function shades({ data }: Pixels): number[] {
  return Array.from({ length: data.length / 3 }, (_, i) => data[i * 3] ?? NaN);
}

test.each<ResizeMethod>(['area', 'bilinear', 'antialias', 'bicubic', 'lanczos', 'nearest'])(
  'a picture that has its size keeps its bytes, which are those that %s gives',
  (resizeMethod) => {
    const [picture, whole] = [noise(7, 5), { x: 0, y: 0, width: 7, height: 5 }];
    for (const fit of ['cover', 'contain', 'fill'] as const) {
      expect(run(picture, { width: 7, height: 5, fit, resizeMethod }).data).toBe(picture.data);
    }
    expect([...scalePart(picture, whole, whole, whole, resizeMethod)]).toEqual([...picture.data]);
    const middle = run(picture, { width: 7, height: 5, resizeMethod, centralFraction: 0.5 });
    expect(middle.data).not.toEqual(picture.data);
  },
);

describe('resizeMethod by hand', () => {
  const [step, line] = [row(0, 0, 0, 0, 255, 255, 255, 255), { height: 1, fit: 'fill' } as const];
  test('nearest takes the pixel at the centre of each output', () => {
    // Centres 1.5, 4.5, 7.5 of 9 pixels.
    const picture = row(0, 10, 20, 30, 40, 50, 60, 70, 80);
    expect(shades(run(picture, { ...line, width: 3, resizeMethod: 'nearest' }))).toEqual([10, 40, 70]);
    expect(shades(run(row(1, 2), { ...line, width: 4, resizeMethod: 'nearest' }))).toEqual([1, 1, 2, 2]);
  });
  test('bilinear takes two pixels, however far it shrinks', () => {
    // Centres 2 and 6 less ½: between pixels 1 and 2, and between 5 and 6.
    expect(shades(run(row(0, 100, 50, 0, 9, 20, 40, 9), { ...line, width: 2, resizeMethod: 'bilinear' }))).toEqual([
      75, 30,
    ]);
    expect(shades(run(row(0, 80), { ...line, width: 4, resizeMethod: 'bilinear' }))).toEqual([0, 20, 60, 80]);
  });
  test('antialias weighs all pixels in reach by their distance', () => {
    // From 8 to 2: the triangle around 2 reaches from −2 to 6: weights 5, 7, 7, 5, 3, 1 of 28 for the first six pixels… those that are white: 3 + 1.
    const [left, right] = shades(run(step, { ...line, width: 2, resizeMethod: 'antialias' }));
    expect(left).toBe(Math.round((255 * (3 + 1)) / (5 + 7 + 7 + 5 + 3 + 1)));
    expect(right).toBe(255 - (left ?? 0));
  });
  test('bicubic overshoots at an edge, and is cut to 0 and 255', () => {
    const wide = shades(run(row(50, 50, 50, 200, 200, 200), { ...line, width: 24, resizeMethod: 'bicubic' }));
    expect(Math.min(...wide)).toBeLessThan(50);
    expect(Math.max(...wide)).toBeGreaterThan(200);
    const cut = shades(run(step, { ...line, width: 32, resizeMethod: 'lanczos' }));
    expect([Math.min(...cut), Math.max(...cut)]).toEqual([0, 255]);
  });
});

describe.each(cases)('$method of $picture to $width×$height, $centralFraction', (wanted) => {
  test('is what Pillow makes of it', () => {
    const { method, picture, width, height, centralFraction, rgb } = wanted;
    const out = run(picture === 'photo' ? photo : noise(23, 17), {
      width,
      height,
      fit: 'fill',
      resizeMethod: method,
      ...(centralFraction === undefined ? {} : { centralFraction }),
    });
    const bytes = Buffer.from(rgb, 'hex');
    const apart = [...out.data].map((value, i) => Math.abs(value - (bytes[i] ?? NaN)));
    expect(apart).toHaveLength(bytes.length);
    expect(Math.max(...apart)).toBeLessThanOrEqual(TOLERANCE[method]?.[picture] ?? 0);
  });
});

/** Pillow rounds to bytes and cuts to 0–255 between its two passes. Noise overshoots there more than any photo. */
const TOLERANCE: { readonly [Method in ResizeMethod]?: Readonly<Record<PillowCase['picture'], number>> } = {
  antialias: { photo: 1, noise: 1 },
  bicubic: { photo: 2, noise: 11 },
  lanczos: { photo: 3, noise: 26 },
};

test('every method leaves one colour as it is', () => {
  const methods = ['area', 'bilinear', 'antialias', 'bicubic', 'lanczos', 'nearest'] as const;
  const sizes = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      fc.constantFrom(...methods),
      sizes,
      sizes,
      sizes,
      sizes,
      (resizeMethod, inWide, inHigh, width, height) => {
        const data = new Uint8Array(inWide * inHigh * 3).fill(137);
        const out = run({ width: inWide, height: inHigh, channels: 3, data }, { width, height, resizeMethod });
        expect(new Set(out.data)).toEqual(new Set([137]));
      },
    ),
  );
});

describe('a picture that was resized before', () => {
  const size = { width: 8, height: 8, centralFraction: 0.875 };
  test('the key of area is as it was, and that of another method differs', () => {
    expect(resizeKey({ ...size, resizeMethod: 'area' })).toBe(resizeKey(size));
    expect(resizeKey({ ...size, resizeMethod: 'bicubic' })).not.toBe(resizeKey(size));
  });
  test('by another method is resized again; by the same it passes', () => {
    const area = run(photo, size);
    expect(run(area, { ...size, resizeMethod: 'area' })).toBe(area);
    expect(run(area, { ...size, resizeMethod: 'bicubic' })).not.toBe(area);
  });
  test('a source leaves the bytes of a decoder that resized, and resizes itself what the decoder cannot', () => {
    const decoded = { ...photo, width: 224 };
    expect(brought(decoded, { ...size })).toMatchObject({ width: 224, resized: resizeKey(size) });
    const resizeMethod = 'lanczos';
    expect(brought(decoded, { ...size, resizeMethod })).toEqual(run(photo, { ...size, resizeMethod }));
    expect(brought(decoded, undefined)).toBe(decoded);
  });
});

test('a method that does not exist is an error', () => {
  for (const resizeMethod of ['cubic', '', '__proto__', null, 1]) {
    const options = { width: 8, height: 8, resizeMethod } as unknown as ResizeOptions;
    expect(() => resize(options)).toThrow(OptionError);
    expect(() => resize(options)).toThrow('resize: resizeMethod must be one of area, bilinear, antialias, bicubic');
  }
});

test('the spec names a method only if it is not area, so that older versions read it', () => {
  expect(resize({ width: 2, height: 2, resizeMethod: 'area' }).spec).not.toHaveProperty('resizeMethod');
  const { spec } = preprocess({ width: 2, height: 2, resizeMethod: 'nearest', range: [0, 1] });
  expect(spec).toMatchObject({ op: 'preprocess', resizeMethod: 'nearest' });
});

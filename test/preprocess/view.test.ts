import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { resize, type Pixels, type ResizeOptions } from 'sluice';
import { inSource, wholeView, type PictureView, type Rectangle } from '../../src/frames/picture-view.ts';
import { lookAfter, resolveResize } from '../../src/preprocess/fit.ts';
import { viewOf } from '../../src/stage/pixels.ts';

/** A black picture with a white rectangle. */
function withBox(width: number, height: number, box: Rectangle): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = box.y; y < box.y + box.height; y++) {
    data.fill(255, (y * width + box.x) * 3, (y * width + box.x + box.width) * 3);
  }
  return { width, height, channels: 3, data };
}

/** The middle of what is white, and its size, by moments: both are those of the rectangle, however it was smoothed. */
function found({ width, height, data }: Pixels): Rectangle {
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const light = data[(y * width + x) * 3] ?? 0;
      sum += light;
      sumX += light * (x + 0.5);
      sumY += light * (y + 0.5);
    }
  }
  return { x: sumX / sum, y: sumY / sum, width: 0, height: 0 };
}

function run(pixels: Pixels, options: ResizeOptions): Pixels {
  const kernel = resize(options).build([1, pixels.height, pixels.width, 3]);
  const output = kernel.run(pixels);
  kernel.dispose();
  return output;
}

const size = fc.integer({ min: 24, max: 160 });
const options = fc.record({
  width: size,
  height: size,
  fit: fc.constantFrom('cover', 'contain', 'fill'),
  resizeMethod: fc.constantFrom('area', 'antialias'),
}) as fc.Arbitrary<ResizeOptions>;

test('what is seen in a resized picture is where its view says, to half a pixel', () => {
  fc.assert(
    fc.property(size, size, options, options, fc.boolean(), (width, height, first, second, twice) => {
      // In the middle, so that no fit cuts it off: what `cover` leaves of the shorter side is at least a seventh.
      const box = { x: Math.floor(width / 2) - 1, y: Math.floor(height / 2) - 1, width: 2, height: 2 };
      const picture = withBox(width, height, box);
      const once = run(picture, first);
      const small = twice ? run(once, second) : once;
      const view = viewOf(small);
      expect(view?.source).toEqual({ width, height });
      expect(view?.size).toEqual({ width: small.width, height: small.height });
      const seen = inSource(view!, found(small));
      // Of the coarsest of the pictures.
      const half = (scale: 'scaleX' | 'scaleY') => 0.5 * Math.max(1, view![scale], viewOf(once)![scale]);
      expect(Math.abs(seen.x - (box.x + 1))).toBeLessThanOrEqual(half('scaleX'));
      expect(Math.abs(seen.y - (box.y + 1))).toBeLessThanOrEqual(half('scaleY'));
    }),
  );
});

describe('by hand', () => {
  const look = (width: number, height: number, resized: ResizeOptions) =>
    viewOf(lookAfter({ width, height }, resolveResize(resized)));

  it.each<[string, ResizeOptions, Omit<PictureView, 'source' | 'size'>]>([
    ['fill', { width: 100, height: 100, fit: 'fill' }, { left: 0, top: 0, scaleX: 4, scaleY: 2 }],
    ['cover', { width: 100, height: 100 }, { left: 100, top: 0, scaleX: 2, scaleY: 2 }],
    ['contain', { width: 100, height: 100, fit: 'contain' }, { left: 0, top: -100, scaleX: 4, scaleY: 4 }],
    [
      'the middle',
      { width: 100, height: 100, fit: 'fill', centralFraction: 0.5 },
      { left: 100, top: 50, scaleX: 2, scaleY: 1 },
    ],
  ])('%s of 400 × 200', (_, resized, expected) => {
    expect(look(400, 200, resized)).toEqual({
      ...expected,
      source: { width: 400, height: 200 },
      size: { width: 100, height: 100 },
    });
  });

  it('a picture that is not resized is its own source', () => {
    expect(viewOf({ width: 4, height: 3 })).toEqual(wholeView(4, 3));
    expect(inSource(wholeView(4, 3), { x: 1, y: 2, width: 3, height: 4 })).toEqual({ x: 1, y: 2, width: 3, height: 4 });
  });

  it('of a digit it is not known, nor after it', () => {
    expect(look(40, 30, { width: 28, height: 28, fit: 'digit' })).toBeUndefined();
    const digit = lookAfter({ width: 40, height: 30 }, resolveResize({ width: 28, height: 28, fit: 'digit' }));
    expect(viewOf(lookAfter(digit, resolveResize({ width: 8, height: 8 })))).toBeUndefined();
  });

  it('a picture that its source has resized keeps its view', () => {
    const first = lookAfter({ width: 400, height: 200 }, resolveResize({ width: 100, height: 100 }));
    expect(lookAfter(first, resolveResize({ width: 100, height: 100 }))).toBe(first);
  });
});

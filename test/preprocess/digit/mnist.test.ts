import { describe, expect, it } from 'vitest';
import {
  difference,
  differenceShifted,
  enlarged,
  found,
  measured,
  mnistDigits,
  photo,
} from '../../support/handwriting.ts';
import { asPixels } from '../../../src/preprocess/digit/plane.ts';

const DIGITS = mnistDigits().map((digit, i) => ({ name: `${Math.floor(i / 2)} (${i % 2})`, digit }));
const grey = (data: Uint8Array) => asPixels({ width: 28, height: 28, data });
const inverted = (data: Uint8Array) => data.map((value) => 255 - value);

describe.each(DIGITS)('a digit of MNIST, $name', ({ digit }) => {
  it('has the form that is stated: 20 pixels, its centre of mass in pixel 14, full ink', () => {
    const { longer, centre, most } = measured(digit);
    expect(longer).toBe(20);
    for (const place of centre) expect(Math.abs(place - 14)).toBeLessThanOrEqual(0.5);
    expect(most).toBeGreaterThanOrEqual(254);
  });

  it('comes out as it is, but for the roundings of its levels', () => {
    expect(difference(found(grey(digit)), digit)).toBeLessThan(1);
  });

  it('comes out as it is if it is dark on light', () => {
    expect(found(grey(inverted(digit)))).toEqual(found(grey(digit)));
  });

  it('comes out again as it came out', () => {
    const once = found(grey(digit));
    expect(difference(found(grey(once)), once)).toBeLessThan(1);
  });

  // Enlarged bilinearly and shrunk by areas, it is softer: it differs by 3 to 15 levels, 8 on average. Two digits differ by 30 to 60.
  it.each([
    { by: 3, width: 200, height: 150, at: [95, 8], noise: 0 },
    { by: 3, width: 200, height: 150, at: [10, 60], noise: 12 },
    { by: 3, width: 640, height: 480, at: [500, 30], noise: 12 },
    { by: 10, width: 640, height: 480, at: [20, 180], noise: 0 },
    { by: 10, width: 640, height: 480, at: [340, 10], noise: 25 },
  ] as const)('is found $by times as large, dark on a page of $width × $height, with noise of $noise', (page) => {
    const out = found(photo(enlarged(digit, page.by), page));
    expect(differenceShifted(out, digit)).toBeLessThan(16);
    const { longer, centre, most } = measured(out);
    expect(Math.abs(longer - 20)).toBeLessThanOrEqual(1);
    for (const place of centre) expect(Math.abs(place - 14)).toBeLessThanOrEqual(0.5);
    expect(most).toBe(255);
  });
});

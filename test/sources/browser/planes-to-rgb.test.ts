import { describe, expect, it } from 'vitest';
import { planesToRgb, planesToSize, type Planes } from '../../../src/sources/browser/planes-to-rgb.ts';
import type { Colour } from '../../../src/sources/colour.ts';

/** One block of 2×2 pixels of a colour. */
const block = (y: number, u: number, v: number, colour: Colour): number[] => {
  const bytes = Uint8Array.of(y, y, y, y, u, v);
  const layout = [
    { offset: 0, stride: 2 },
    { offset: 4, stride: 1 },
    { offset: 5, stride: 1 },
  ];
  return Array.from(planesToRgb({ format: 'I420', width: 2, height: 2, bytes, layout }, colour)).slice(0, 3);
};

describe('planes to RGB, by the numbers of the recommendations', () => {
  const sd: Colour = { matrix: 'bt601', range: 'limited' };
  const hd: Colour = { matrix: 'bt709', range: 'limited' };
  // Colour bars at 100 %: ITU-R BT.601 (8 bits) and BT.709, as published.
  it.each<[string, number[], Colour, number[]]>([
    ['black', [16, 128, 128], sd, [0, 0, 0]],
    ['white', [235, 128, 128], sd, [255, 255, 255]],
    ['red, 601', [81, 90, 240], sd, [255, 0, 0]],
    ['green, 601', [145, 54, 34], sd, [0, 255, 0]],
    ['blue, 601', [41, 240, 110], sd, [0, 0, 255]],
    ['red, 709', [63, 102, 240], hd, [255, 0, 0]],
    ['green, 709', [173, 42, 26], hd, [0, 255, 0]],
    ['blue, 709', [32, 240, 118], hd, [0, 0, 255]],
    ['white, full range', [255, 128, 128], { matrix: 'bt601', range: 'full' }, [255, 255, 255]],
    ['red, full range', [76, 85, 255], { matrix: 'bt601', range: 'full' }, [255, 0, 0]],
    ['blacker than black', [0, 128, 128], sd, [0, 0, 0]],
  ])('%s', (_, [y = 0, u = 0, v = 0], colour, expected) => {
    // Bars are rounded to whole numbers, each worth up to 1.2 here, twice.
    block(y, u, v, colour).forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThanOrEqual(2));
  });

  it('every layout of the planes gives the same picture', () => {
    // 4×2 pixels: red on the left, blue on the right.
    const y = [81, 81, 41, 41, 81, 81, 41, 41];
    const rows = (format: Planes['format'], bytes: number[], ...layout: [number, number][]) =>
      Array.from(
        planesToRgb(
          {
            format,
            width: 4,
            height: 2,
            bytes: Uint8Array.from(bytes),
            layout: layout.map(([offset, stride]) => ({ offset, stride })),
          },
          sd,
        ),
      );
    const i420 = rows('I420', [...y, 90, 240, 240, 110], [0, 4], [8, 2], [10, 2]);
    expect(rows('NV12', [...y, 90, 240, 240, 110], [0, 4], [8, 4])).toEqual(i420);
    expect(rows('I422', [...y, 90, 240, 90, 240, 240, 110, 240, 110], [0, 4], [8, 2], [12, 2])).toEqual(i420);
    const u = [90, 90, 240, 240];
    const v = [240, 240, 110, 110];
    expect(rows('I444', [...y, ...u, ...u, ...v, ...v], [0, 4], [8, 4], [16, 4])).toEqual(i420);
    // A stride larger than the width.
    const wide = [81, 81, 41, 41, 9, 9, 81, 81, 41, 41, 9, 9];
    expect(rows('I420', [...wide, 90, 240, 240, 110], [0, 6], [12, 2], [14, 2])).toEqual(i420);
  });
});

describe('planes to another size', () => {
  const colour: Colour = { matrix: 'bt709', range: 'limited' };
  /** Planes of a picture whose luma is given, with one chroma for all. */
  const grey = (width: number, height: number, luma: number[], u = 128, v = 128): Planes => {
    const chroma = (width * height) / 4;
    const bytes = Uint8Array.from([
      ...luma,
      ...Array.from({ length: chroma }, () => u),
      ...Array.from({ length: chroma }, () => v),
    ]);
    const layout = [
      { offset: 0, stride: width },
      { offset: width * height, stride: width / 2 },
      { offset: width * height + chroma, stride: width / 2 },
    ];
    return { format: 'I420', width, height, bytes, layout };
  };
  const whole = (width: number, height: number) => ({ left: 0, top: 0, width, height });

  it('averages what it shrinks', () => {
    // Each 2×2 block becomes its mean: 16 + 219 / 2 is half of white.
    const luma = [16, 235, 235, 235, 235, 16, 235, 235];
    const rgb = planesToSize(grey(4, 2, luma), colour, whole(4, 2), 2, 1);
    expect(Array.from(rgb)).toEqual([128, 128, 128, 255, 255, 255]);
  });

  it('is the same picture at its own size', () => {
    const planes = grey(
      4,
      4,
      Array.from({ length: 16 }, (_, i) => 16 + i * 14),
      90,
      200,
    );
    expect(planesToSize(planes, colour, whole(4, 4), 4, 4)).toEqual(planesToRgb(planes, colour));
  });

  it('takes the part that it is told to', () => {
    const luma = Array.from({ length: 16 }, (_, i) => (i % 4 >= 2 && i >= 8 ? 235 : 16));
    const rgb = planesToSize(grey(4, 4, luma), colour, { left: 2, top: 2, width: 2, height: 2 }, 1, 1);
    expect(Array.from(rgb)).toEqual([255, 255, 255]);
  });

  it('a part of odd size at an odd place, of every layout, stays inside the planes', () => {
    for (const part of [
      { left: 1, top: 1, width: 3, height: 3 },
      { left: 3, top: 3, width: 1, height: 1 },
    ]) {
      const rgb = planesToSize(
        grey(
          4,
          4,
          Array.from({ length: 16 }, () => 235),
        ),
        colour,
        part,
        3,
        2,
      );
      expect(Array.from(rgb)).toEqual(Array.from({ length: 18 }, () => 255));
    }
  });
});

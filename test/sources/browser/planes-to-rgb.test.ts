import { describe, expect, it } from 'vitest';
import { colourOf, planesToRgb, type Planes, type VideoColour } from '../../../src/sources/browser/planes-to-rgb.ts';

/** One block of 2×2 pixels of a colour. */
const block = (y: number, u: number, v: number, colour: VideoColour): number[] => {
  const bytes = Uint8Array.of(y, y, y, y, u, v);
  const layout = [
    { offset: 0, stride: 2 },
    { offset: 4, stride: 1 },
    { offset: 5, stride: 1 },
  ];
  return Array.from(planesToRgb({ format: 'I420', width: 2, height: 2, bytes, layout }, colour)).slice(0, 3);
};

describe('planes to RGB, by the numbers of the recommendations', () => {
  const sd: VideoColour = { matrix: 'bt601', fullRange: false };
  const hd: VideoColour = { matrix: 'bt709', fullRange: false };
  // Colour bars at 100 %: ITU-R BT.601 (8 bits) and BT.709, as published.
  it.each<[string, number[], VideoColour, number[]]>([
    ['black', [16, 128, 128], sd, [0, 0, 0]],
    ['white', [235, 128, 128], sd, [255, 255, 255]],
    ['red, 601', [81, 90, 240], sd, [255, 0, 0]],
    ['green, 601', [145, 54, 34], sd, [0, 255, 0]],
    ['blue, 601', [41, 240, 110], sd, [0, 0, 255]],
    ['red, 709', [63, 102, 240], hd, [255, 0, 0]],
    ['green, 709', [173, 42, 26], hd, [0, 255, 0]],
    ['blue, 709', [32, 240, 118], hd, [0, 0, 255]],
    ['white, full range', [255, 128, 128], { matrix: 'bt601', fullRange: true }, [255, 255, 255]],
    ['red, full range', [76, 85, 255], { matrix: 'bt601', fullRange: true }, [255, 0, 0]],
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

describe('which colours are meant', () => {
  it.each<[object, number, VideoColour]>([
    [{}, 360, { matrix: 'bt601', fullRange: false }],
    [{}, 720, { matrix: 'bt709', fullRange: false }],
    [{ matrix: 'bt709' }, 360, { matrix: 'bt709', fullRange: false }],
    [{ matrix: 'smpte170m' }, 1080, { matrix: 'bt601', fullRange: false }],
    [{ matrix: 'bt470bg', fullRange: true }, 1080, { matrix: 'bt601', fullRange: true }],
    [{ matrix: null, fullRange: null }, 480, { matrix: 'bt601', fullRange: false }],
    [{ matrix: 'rgb' }, 480, { matrix: 'bt601', fullRange: false }],
  ])('%j at %i lines', (tags, height, expected) => {
    expect(colourOf(tags, height)).toEqual(expected);
  });
});

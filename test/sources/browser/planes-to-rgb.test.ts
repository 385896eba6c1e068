import { describe, expect, it } from 'vitest';
import type { Area, Planes, Turn } from '../../../src/sources/browser/planes.ts';
import { PlanesToRgb } from '../../../src/sources/browser/planes-to-rgb.ts';
import type { Colour } from '../../../src/sources/colour.ts';

/** A whole frame at its own size, or a part of it in another. */
function planesToRgb(
  planes: Planes,
  colour: Colour,
  part: Area = { left: 0, top: 0, width: planes.width, height: planes.height },
  size: { width: number; height: number } = part,
  turn: Turn = { rotation: 0, flip: false },
): number[] {
  return Array.from(new PlanesToRgb(planes, { colour, turn, part, size }).convert(planes));
}

/** One block of 2×2 pixels of a colour. */
const block = (y: number, u: number, v: number, colour: Colour): number[] => {
  const bytes = Uint8Array.of(y, y, y, y, u, v);
  const layout = [
    { offset: 0, stride: 2 },
    { offset: 4, stride: 1 },
    { offset: 5, stride: 1 },
  ];
  return planesToRgb({ format: 'I420', width: 2, height: 2, bytes, layout }, colour).slice(0, 3);
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
    const rgb = (format: Planes['format'], bytes: number[], ...layout: [number, number][]) =>
      planesToRgb(
        {
          format,
          width: 4,
          height: 2,
          bytes: Uint8Array.from(bytes),
          layout: layout.map(([offset, stride]) => ({ offset, stride })),
        },
        sd,
      );
    const i420 = rgb('I420', [...y, 90, 240, 240, 110], [0, 4], [8, 2], [10, 2]);
    expect(rgb('NV12', [...y, 90, 240, 240, 110], [0, 4], [8, 4])).toEqual(i420);
    expect(rgb('I422', [...y, 90, 240, 90, 240, 240, 110, 240, 110], [0, 4], [8, 2], [12, 2])).toEqual(i420);
    // A stride larger than the width.
    const wide = [81, 81, 41, 41, 9, 9, 81, 81, 41, 41, 9, 9];
    expect(rgb('I420', [...wide, 90, 240, 240, 110], [0, 6], [12, 2], [14, 2])).toEqual(i420);
    // Chroma of its own for every pixel: those between two blocks have something of both.
    const own = (left: number, right: number) => {
      const row = [left, left + (right - left) / 4, right - (right - left) / 4, right];
      return [...row, ...row];
    };
    const i444 = rgb('I444', [...y, ...own(90, 240), ...own(240, 110)], [0, 4], [8, 4], [16, 4]);
    i444.forEach((value, i) => expect(Math.abs(value - (i420[i] ?? NaN))).toBeLessThanOrEqual(1));
  });
});

describe('planes of red, green and blue', () => {
  const none: Colour = { matrix: undefined, range: 'full' };
  const rgbOf = (format: Planes['format'], bytes: number[], turn?: Turn) => {
    const layout = [{ offset: 0, stride: 8 }];
    const planes: Planes = { format, width: 2, height: 2, bytes: Uint8Array.from(bytes), layout };
    return planesToRgb(planes, none, undefined, undefined, turn);
  };
  const bytes = [1, 2, 3, 9, 40, 50, 60, 9, 7, 8, 9, 9, 100, 200, 255, 9];

  it('are the colours themselves in their own size, in either order', () => {
    expect(rgbOf('RGBA', bytes)).toEqual([1, 2, 3, 40, 50, 60, 7, 8, 9, 100, 200, 255]);
    expect(rgbOf('RGBX', bytes)).toEqual(rgbOf('RGBA', bytes));
    expect(rgbOf('BGRA', bytes)).toEqual([3, 2, 1, 60, 50, 40, 9, 8, 7, 255, 200, 100]);
    expect(rgbOf('BGRX', bytes)).toEqual(rgbOf('BGRA', bytes));
  });

  it('are averaged where they shrink, halves rounded up', () => {
    const line = [1, 10, 0, 9, 2, 20, 0, 9, 100, 7, 255, 9, 103, 8, 255, 9];
    const planes: Planes = {
      format: 'RGBX',
      width: 4,
      height: 1,
      bytes: Uint8Array.from(line),
      layout: [{ offset: 0, stride: 16 }],
    };
    expect(planesToRgb(planes, none, undefined, { width: 2, height: 1 })).toEqual([2, 15, 0, 102, 8, 255]);
  });

  it('are turned and mirrored', () => {
    expect(rgbOf('RGBX', bytes, { rotation: 90, flip: false })).toEqual([
      ...[7, 8, 9, 1, 2, 3],
      ...[100, 200, 255, 40, 50, 60],
    ]);
    expect(rgbOf('RGBX', bytes, { rotation: 0, flip: true })).toEqual([
      ...[40, 50, 60, 1, 2, 3],
      ...[100, 200, 255, 7, 8, 9],
    ]);
  });
});

const colour: Colour = { matrix: 'bt709', range: 'limited' };

/** Planes of a picture whose luma is given, with one chroma for all. */
function grey(width: number, height: number, luma: readonly number[]): Planes {
  const chroma = Math.ceil(width / 2) * Math.ceil(height / 2);
  const bytes = Uint8Array.from([...luma, ...Array.from({ length: 2 * chroma }, () => 128)]);
  const layout = [
    { offset: 0, stride: width },
    { offset: width * height, stride: Math.ceil(width / 2) },
    { offset: width * height + chroma, stride: Math.ceil(width / 2) },
  ];
  return { format: 'I420', width, height, bytes, layout };
}

const luma = (rgb: readonly number[]) => rgb.filter((_, i) => i % 3 === 0);

describe('planes to another size', () => {
  const white = (width: number, height: number) =>
    grey(
      width,
      height,
      Array.from({ length: width * height }, () => 235),
    );

  it('averages what it shrinks', () => {
    // Each 2×2 block becomes its mean: 16 + 219 / 2 is half of white.
    const planes = grey(4, 2, [16, 235, 235, 235, 235, 16, 235, 235]);
    expect(planesToRgb(planes, colour, undefined, { width: 2, height: 1 })).toEqual([128, 128, 128, 255, 255, 255]);
  });

  it('takes the part that it is told to', () => {
    const planes = grey(
      4,
      4,
      Array.from({ length: 16 }, (_, i) => (i % 4 >= 2 && i >= 8 ? 235 : 16)),
    );
    const part = { left: 2, top: 2, width: 2, height: 2 };
    expect(planesToRgb(planes, colour, part, { width: 1, height: 1 })).toEqual([255, 255, 255]);
  });

  it.each([
    [4, { left: 1, top: 1, width: 3, height: 3 }],
    [4, { left: 3, top: 3, width: 1, height: 1 }],
    [5, { left: 3, top: 1, width: 2, height: 3 }],
    [5, { left: 4, top: 4, width: 1, height: 1 }],
  ])('a part of odd size at an odd place stays inside the planes: of a side of %i, %o', (side, part) => {
    const rgb = planesToRgb(white(side, side), colour, part, { width: 3, height: 2 });
    expect(rgb).toEqual(Array.from({ length: 18 }, () => 255));
  });

  it.each([
    [300, 1],
    [1, 300],
    [3, 1000],
    [1000, 7],
  ])('white stays white, nothing around it comes in: %i → %i', (from, to) => {
    const rgb = planesToRgb(white(from, 2), colour, undefined, { width: to, height: 1 });
    expect(rgb).toEqual(Array.from({ length: to * 3 }, () => 255));
  });

  it('one converter takes frame after frame, also where their bytes lie otherwise', () => {
    const first = grey(4, 2, [16, 16, 16, 16, 16, 16, 16, 16]);
    const options = {
      colour,
      turn: { rotation: 0, flip: false },
      part: { left: 0, top: 0, width: 4, height: 2 },
      size: { width: 2, height: 1 },
    };
    const converter = new PlanesToRgb(first, options);
    const black = converter.convert(first);
    const second = white(4, 2);
    const shifted: Planes = {
      ...second,
      bytes: Uint8Array.from([9, 9, ...second.bytes]),
      layout: second.layout.map(({ offset, stride }) => ({ offset: offset + 2, stride })),
    };
    expect([...converter.convert(shifted)]).toEqual([255, 255, 255, 255, 255, 255]);
    // What was given out stays as it was.
    expect([...black]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('a frame whose bytes end too early is a picture all the same', () => {
    const { bytes, ...planes } = white(4, 4);
    expect(planesToRgb({ ...planes, bytes: bytes.subarray(0, 5) }, colour)).toHaveLength(48);
  });
});

describe('planes of a picture that is stored otherwise than shown', () => {
  const marks = (rgb: readonly number[]) => luma(rgb).map((value) => (value === 255 ? '#' : '.'));
  // An F: 3 wide, 4 high.
  const f = grey(3, 4, [235, 235, 235, 235, 16, 16, 235, 235, 16, 235, 16, 16]);
  it.each([
    [0, false, '### #.. ##. #..'],
    [0, true, '### ..# .## ..#'],
    [90, false, '#### .#.# ...#'],
    [90, true, '#### #.#. #...'],
    [180, false, '..# .## ..# ###'],
    [180, true, '#.. ##. #.. ###'],
    [270, false, '#... #.#. ####'],
    [270, true, '...# .#.# ####'],
  ])('turned by %i degrees clockwise, mirrored: %s', (rotation, flip, expected) => {
    const [width, height] = rotation % 180 === 0 ? [3, 4] : [4, 3];
    const part = { left: 0, top: 0, width, height };
    const shown = marks(planesToRgb(f, colour, part, part, { rotation, flip }));
    const rows = Array.from({ length: height }, (_, y) => shown.slice(y * width, (y + 1) * width).join(''));
    expect(rows.join(' ')).toBe(expected);
  });

  it('a part is one of what is shown', () => {
    const part = { left: 0, top: 1, width: 2, height: 2 };
    const shown = marks(planesToRgb(f, colour, part, part, { rotation: 90, flip: false }));
    expect(shown.join('')).toBe('.#..');
  });
});

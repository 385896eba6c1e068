import { describe, expect, it } from 'vitest';
import { OptionError, rotate, type Pixels } from 'sluice';
import { moved, type Colour, type Motion } from '../../../src/training/augment/moved.ts';
import { augmentedAll, copies, grey, noise, pixelsOf, values } from '../../support/augment.ts';

const BLACK: Colour = [0, 0, 0];
const still: Motion = { degrees: 0, right: 0, down: 0 };
const move = (picture: Pixels, motion: Partial<Motion>, fill = BLACK) => moved(picture, { ...still, ...motion }, fill);

const nine = grey(3, [1, 2, 3, 4, 5, 6, 7, 8, 9]);

/** A square turned by a quarter counter-clockwise: the last column becomes the first row. */
function quarter(rows: string[][]): string[][] {
  return rows.map((_, y) => rows.map((row) => row[row.length - 1 - y] ?? ''));
}

describe('turns', () => {
  it('a quarter by hand', () => {
    expect(values(move(nine, { degrees: 90 }))).toEqual([
      [3, 6, 9],
      [2, 5, 8],
      [1, 4, 7],
    ]);
  });

  it.each([
    [1, 3],
    [2, 3],
    [7, 3],
    [8, 4],
  ] as const)('of a square of %i, %i channels, by quarters are permutations', (size, channels) => {
    const picture = { ...noise(size, size, channels) };
    // A colour that is transparent is not kept.
    if (channels === 4)
      picture.data.forEach((value, i) => (picture.data[i] = i % 4 === 3 ? Math.max(1, value) : value));
    let wanted = pixelsOf(picture);
    for (const degrees of [90, 180, 270, 360]) {
      wanted = quarter(wanted);
      expect(pixelsOf(move(picture, { degrees }))).toEqual(wanted);
      expect(pixelsOf(move(picture, { degrees: degrees - 360 }))).toEqual(wanted);
    }
  });

  it.each([
    [1, 6],
    [4, 3],
    [5, 1],
  ])('of %i × %i by a half reverse all pixels', (width, height) => {
    const picture = noise(width, height);
    const wanted = pixelsOf(picture)
      .map((row) => row.toReversed())
      .toReversed();
    expect(pixelsOf(move(picture, { degrees: 180 }))).toEqual(wanted);
    expect(pixelsOf(move(picture, { degrees: -180 }))).toEqual(wanted);
  });

  it('of an oblong by a quarter keep the size: what is outside is the fill colour', () => {
    // The middle column 2, 5 becomes the middle row; the row's ends were half a pixel outside.
    const out = move(grey(3, [1, 2, 3, 4, 5, 6]), { degrees: 90 }, [100, 100, 100]);
    // Rows lie between pixels: (3 + 6) / 2 above in the middle is half inside, and so on.
    expect([out.width, out.height]).toEqual([3, 2]);
    // Row 0 comes from x = 1.5, columns 2 and 3: at y = −0.5 (100 + 2.5) / 2, 0.5 (2.5 + 5.5) / 2, 1.5 (5.5 + 100) / 2
    expect(values(out)[0]).toEqual([51, 4, 53]);
    // Row 1 comes from x = 0.5, columns 1 and 2
    expect(values(out)[1]).toEqual([51, 3, 52]);
  });

  it('1 × 1 stays as it is at any angle', () => {
    for (const degrees of [1, 45, 90, 133]) expect(values(move(grey(1, [77]), { degrees }))).toEqual([[77]]);
  });

  it.each([
    [5, 4, 3, 17],
    [6, 6, 4, -45],
    [3, 8, 4, 123],
  ] as const)('%i × %i × %i by %i° as bilinear interpolation gives it', (width, height, channels, degrees) => {
    const picture = noise(width, height, channels);
    const fill: Colour = [10, 200, 90];
    const out = move(picture, { degrees, right: 0.7, down: -1.2 }, fill);
    const at = (x: number, y: number) => {
      if (x < 0 || y < 0 || x >= width || y >= height) return [...fill, 255];
      const pixel = [...picture.data.slice((y * width + x) * channels, (y * width + x + 1) * channels)];
      return channels === 4 ? pixel : [...pixel, 255];
    };
    const angle = (degrees * Math.PI) / 180;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        // In mathematicians' coordinates, with y upwards, a turn back is one by the negative angle.
        const [px, py] = [x - 0.7 - (width - 1) / 2, -(y + 1.2 - (height - 1) / 2)];
        const fromX = px * Math.cos(-angle) - py * Math.sin(-angle) + (width - 1) / 2;
        const fromY = -(px * Math.sin(-angle) + py * Math.cos(-angle)) + (height - 1) / 2;
        let [sum, alpha] = [[0, 0, 0], 0];
        for (let j = -1; j <= height; j++) {
          for (let i = -1; i <= width; i++) {
            const weight = Math.max(0, 1 - Math.abs(fromX - i)) * Math.max(0, 1 - Math.abs(fromY - j));
            const [r = 0, g = 0, b = 0, a = 0] = at(i, j);
            sum = [r, g, b].map((value, c) => (sum[c] ?? 0) + (weight * value * a) / 255);
            alpha += (weight * a) / 255;
          }
        }
        const isFarOut = fromX <= -1 || fromY <= -1 || fromX >= width || fromY >= height;
        const wanted = isFarOut ? [...fill, 255] : [...sum.map((value) => value / alpha), alpha * 255];
        const got = [...out.data.slice((y * width + x) * channels, (y * width + x + 1) * channels)];
        got.forEach((value, c) => expect(Math.abs(value - (wanted[c] ?? NaN))).toBeLessThanOrEqual(0.5 + 1e-9));
      }
    }
  });
});

describe('shifts', () => {
  it.each<[string, Partial<Motion>, number[][]]>([
    [
      'right',
      { right: 1 },
      [
        [0, 1, 2],
        [0, 4, 5],
        [0, 7, 8],
      ],
    ],
    [
      'up',
      { down: -2 },
      [
        [7, 8, 9],
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      'half a pixel to the left',
      { right: -0.5 },
      [
        [2, 2, 2],
        [4, 6, 3],
        [8, 8, 4],
      ],
    ],
    [
      'out of sight',
      { right: 3 },
      [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      'a turn, then to the right',
      { degrees: 90, right: 1 },
      [
        [0, 3, 6],
        [0, 2, 5],
        [0, 1, 4],
      ],
    ],
  ])('%s', (_, motion, expected) => {
    expect(values(move(nine, motion))).toEqual(expected);
  });
});

describe('alpha', () => {
  const data = Uint8Array.of(200, 100, 0, 255, 0, 0, 0, 0);
  const picture: Pixels = { width: 2, height: 1, channels: 4, data };

  it('what is transparent does not colour its neighbours', () => {
    // Half of an opaque pixel and half of a transparent one
    expect(pixelsOf(move(picture, { right: -0.5 }))[0]?.[0]).toBe('200,100,0,128');
  });

  it('what is outside is opaque', () => {
    expect(pixelsOf(move(picture, { right: 2 }, [1, 2, 3]))).toEqual([['1,2,3,255', '1,2,3,255']]);
  });

  it('a picture that is transparent everywhere stays so', () => {
    const clear: Pixels = { width: 1, height: 1, channels: 4, data: Uint8Array.of(9, 9, 9, 0) };
    expect(pixelsOf(move(clear, { degrees: 30 }))).toEqual([['0,0,0,0']]);
  });
});

describe('rotate', () => {
  it('by up to 0 degrees passes the picture as it is', async () => {
    expect((await augmentedAll([nine], rotate({ degrees: 0 })))[0]).toBe(nine);
  });

  it('turns to both sides, by no more than its degrees', async () => {
    // The right end of a long line goes up when the picture turns counter-clockwise.
    const line = grey(41, [...copies(41 * 20, 0), ...copies(41, 255), ...copies(41 * 20, 0)]);
    const seen = await augmentedAll(copies(60, line), rotate({ degrees: 10 }));
    const rises = seen.map((picture) => {
      const column = values(picture).map((row) => row[38] ?? NaN);
      return 20 - column.indexOf(Math.max(...column));
    });
    // 18 · tan 10° = 3.2
    expect([Math.min(...rises), Math.max(...rises)]).toEqual([-3, 3]);
  });

  it('shifts by no more than its share of the width and the height', async () => {
    const dot = grey(20, copies(400, 0));
    dot.data.fill(255, (10 * 20 + 10) * 3, (10 * 20 + 10) * 3 + 3);
    const seen = await augmentedAll(copies(200, dot), rotate({ degrees: 0, translate: 0.25 }));
    // Where the light is: the mean of the places, by brightness.
    const places = seen.map((picture) => {
      const rows = values(picture);
      const total = rows.flat().reduce((sum, value) => sum + value, 0);
      const mean = (of: (x: number, y: number) => number) =>
        rows.flatMap((row, y) => row.map((value, x) => value * of(x, y))).reduce((sum, value) => sum + value, 0) /
        total;
      return [mean((x) => x) - 10, mean((_, y) => y) - 10];
    });
    for (const axis of [0, 1]) {
      const shifts = places.map((place) => place[axis] ?? NaN);
      expect(Math.max(...shifts)).toBeGreaterThan(4);
      expect(Math.min(...shifts)).toBeLessThan(-4);
      expect(Math.max(...shifts.map(Math.abs))).toBeLessThanOrEqual(5.01);
    }
  });

  it.each<[string, Parameters<typeof rotate>[0]['fill'], string]>([
    ['black by default', undefined, '0,0,0'],
    ['a grey level', 128, '128,128,128'],
    ['a colour', [255, 0, 9], '255,0,9'],
  ])('fills with %s', async (_, fill, expected) => {
    const options = { degrees: 180, translate: 1, ...(fill === undefined ? {} : { fill }) };
    const seen = await augmentedAll(copies(40, noise(2, 2)), rotate(options));
    expect(seen.map((picture) => pixelsOf(picture).flat())).toContainEqual(copies(4, expected));
  });

  it('a picture of one colour stays so with that fill, to the last bit', async () => {
    const plain = grey(9, copies(81, 137));
    for (const picture of await augmentedAll(copies(30, plain), rotate({ degrees: 180, translate: 0.3, fill: 137 }))) {
      expect([...picture.data]).toEqual([...plain.data]);
    }
  });

  it('still counts as resized', async () => {
    const [out] = await augmentedAll([{ ...nine, resized: '3x3 cover 1' }], rotate({ degrees: 30 }));
    expect(out).toMatchObject({ width: 3, height: 3, channels: 3, resized: '3x3 cover 1' });
  });

  it.each<[object, string]>([
    [{}, 'degrees must be a number from 0 to 180, not undefined'],
    [{ degrees: -1 }, 'degrees must be a number from 0 to 180, not -1'],
    [{ degrees: 181 }, 'degrees must be a number from 0 to 180, not 181'],
    [{ degrees: NaN }, 'degrees must be a number from 0 to 180, not NaN'],
    [{ degrees: '10' }, 'degrees must be a number from 0 to 180, not "10"'],
    [{ degrees: [-10, 10] }, 'degrees must be a number from 0 to 180, not [-10, 10]'],
    [{ degrees: null }, 'degrees must be a number from 0 to 180, not null'],
    [{ degrees: 1, translate: null }, 'translate must be a number from 0 to 1, not null'],
    [{ degrees: 1, fill: null }, 'fill must be a number from 0 to 255 or three of them, [red, green, blue], not null'],
    [{ degrees: 1, translate: -0.1 }, 'translate must be a number from 0 to 1, not -0.1'],
    [{ degrees: 1, translate: 3 }, 'translate must be a number from 0 to 1, not 3'],
    [{ degrees: 1, fill: 256 }, 'fill must be a number from 0 to 255 or three of them, [red, green, blue], not 256'],
    [{ degrees: 1, fill: 'white' }, 'fill must be a number from 0 to 255 or three of them'],
    [{ degrees: 1, fill: [0, 0] }, 'fill must be a number from 0 to 255 or three of them'],
    [{ degrees: 1, fill: [0, 0, 0, 0] }, 'fill must be a number from 0 to 255 or three of them'],
    [{ degrees: 1, fill: [0, NaN, 0] }, 'fill must be a number from 0 to 255 or three of them'],
  ])('refuses %o', (options, message) => {
    expect(() => rotate(options as never)).toThrow(OptionError);
    expect(() => rotate(options as never)).toThrow(`rotate: ${message}`);
  });
});

import { describe, expect, it } from 'vitest';
import { flip, OptionError, type Pixels } from 'sluice';
import { augmentedAll, copies, grey, noise, pixelsOf, values } from '../../support/augment.ts';

const only = async (picture: Pixels, options: Parameters<typeof flip>[0]): Promise<Pixels> =>
  (await augmentedAll([picture], flip(options)))[0] as Pixels;

const six = grey(3, [1, 2, 3, 4, 5, 6]);

describe('flip by hand', () => {
  it.each<[string, Parameters<typeof flip>[0], number[][]]>([
    [
      'left and right',
      { horizontal: 1 },
      [
        [3, 2, 1],
        [6, 5, 4],
      ],
    ],
    [
      'top and bottom',
      { horizontal: 0, vertical: 1 },
      [
        [4, 5, 6],
        [1, 2, 3],
      ],
    ],
    [
      'both',
      { horizontal: 1, vertical: 1 },
      [
        [6, 5, 4],
        [3, 2, 1],
      ],
    ],
    [
      'neither',
      { horizontal: 0, vertical: 0 },
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
  ])('%s', async (_, options, expected) => {
    expect(values(await only(six, options))).toEqual(expected);
  });

  it('channels are kept in order', async () => {
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6);
    expect([...(await only({ width: 2, height: 1, channels: 3, data }, { horizontal: 1 })).data]).toEqual([
      4, 5, 6, 1, 2, 3,
    ]);
  });

  it('alpha goes with its pixel', async () => {
    const data = Uint8ClampedArray.of(1, 2, 3, 40, 5, 6, 7, 80);
    const flipped = await only({ width: 2, height: 1, channels: 4, data }, { horizontal: 1 });
    expect([...flipped.data]).toEqual([5, 6, 7, 80, 1, 2, 3, 40]);
    expect(flipped.channels).toBe(4);
  });

  it('a view into a larger buffer', async () => {
    const data = Uint8Array.of(9, 9, 1, 1, 1, 2, 2, 2, 9).subarray(2, 8);
    expect(values(await only({ width: 2, height: 1, channels: 3, data }, { horizontal: 1 }))).toEqual([[2, 1]]);
  });
});

describe('flip', () => {
  it.each([
    [1, 1],
    [1, 5],
    [5, 1],
    [7, 3],
  ])('%i × %i, twice, is the picture itself', async (width, height) => {
    for (const channels of [3, 4] as const) {
      const picture = noise(width, height, channels);
      for (const options of [
        { horizontal: 1 },
        { horizontal: 0, vertical: 1 },
        { horizontal: 1, vertical: 1 },
      ] as const) {
        const once = await only(picture, options);
        const wanted = pixelsOf(picture).map((row) => (options.horizontal === 1 ? row.toReversed() : row));
        expect(pixelsOf(once)).toEqual('vertical' in options ? wanted.toReversed() : wanted);
        expect(await only(once, options)).toEqual({ ...picture, data: picture.data });
      }
    }
  });

  it('a picture that is not mirrored passes as it is', async () => {
    expect(await only(six, { horizontal: 0 })).toBe(six);
    expect(await only(six, { horizontal: false, vertical: false })).toBe(six);
  });

  it('mirrors left and right in half of the pictures by default, never top and bottom', async () => {
    const seen = (await augmentedAll(copies(1000, six), flip())).map((picture) => String(values(picture)));
    expect(new Set(seen)).toEqual(new Set(['1,2,3,4,5,6', '3,2,1,6,5,4']));
    const share = seen.filter((one) => one === '3,2,1,6,5,4').length / 1000;
    // Five standard deviations are 0.08.
    expect(Math.abs(share - 0.5)).toBeLessThan(0.08);
  });

  it('true is a probability of 0.5, and undefined the default', async () => {
    const pictures = copies(50, six);
    const half = await augmentedAll(pictures, flip({ horizontal: 0.5 }));
    expect(await augmentedAll(pictures, flip({ horizontal: true }))).toEqual(half);
    expect(await augmentedAll(pictures, flip({ horizontal: undefined, vertical: false } as never))).toEqual(half);
  });

  it('follows the probability', async () => {
    const seen = await augmentedAll(copies(1000, six), flip({ horizontal: 0, vertical: 0.1 }));
    const share = seen.filter((picture) => picture !== six).length / 1000;
    expect(Math.abs(share - 0.1)).toBeLessThan(0.05);
  });

  it('both directions are drawn for themselves', async () => {
    const both = await augmentedAll(copies(200, six), flip({ vertical: true }));
    expect(new Set(both.map((picture) => String(values(picture)))).size).toBe(4);
    const [sideways, alone] = [both, await augmentedAll(copies(200, six), flip())].map((pictures) =>
      pictures.map((picture) => /^[36]/.test(String(values(picture)))),
    );
    expect(sideways).toEqual(alone);
  });

  it('still counts as resized', async () => {
    const resized = { ...six, resized: '3x2 cover 1' };
    expect(await only(resized, { horizontal: 1 })).toMatchObject({ width: 3, height: 2, resized: '3x2 cover 1' });
    expect(await only(six, { horizontal: 1 })).not.toHaveProperty('resized');
  });

  it.each([[-0.1], [1.1], [NaN], [Infinity], ['yes'], [null], [[]], [{}]])('refuses %o as a probability', (value) => {
    for (const option of ['horizontal', 'vertical']) {
      expect(() => flip({ [option]: value })).toThrow(OptionError);
      expect(() => flip({ [option]: value })).toThrow(
        `flip: ${option} must be a number from 0 to 1, true or false, not`,
      );
    }
  });
});

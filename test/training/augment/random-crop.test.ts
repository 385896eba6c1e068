import { describe, expect, it } from 'vitest';
import { preprocess, OptionError, randomCrop, ShapeError, type Pixels } from 'sluice';
import { augmented, augmentedAll, copies, grey, noise, pixelsOf, values } from '../../support/augment.ts';
import { resizeKey } from '../../../src/preprocess/fit.ts';

const six = grey(3, [1, 2, 3, 4, 5, 6]);
const texts = (pictures: readonly Pixels[]) => new Set(pictures.map((picture) => JSON.stringify(values(picture))));

/** All windows of the picture in its padding, by the definition. */
function windows(picture: Pixels, width: number, height: number, padding = 0): Set<string> {
  const rows = values(picture);
  const all = new Set<string>();
  for (let top = -padding; top + height <= picture.height + padding; top++) {
    for (let left = -padding; left + width <= picture.width + padding; left++) {
      const window = Array.from({ length: height }, (_, y) =>
        Array.from({ length: width }, (_none, x) => rows[top + y]?.[left + x] ?? 0),
      );
      all.add(JSON.stringify(window));
    }
  }
  return all;
}

describe('randomCrop', () => {
  it('gives every window, and no other', async () => {
    const seen = await augmentedAll(copies(200, six), randomCrop({ width: 2, height: 1 }));
    expect(texts(seen)).toEqual(new Set(['[[1,2]]', '[[2,3]]', '[[4,5]]', '[[5,6]]']));
  });

  it.each([
    [3, 2, 1],
    [1, 1, 1],
    [5, 4, 1],
    [7, 6, 2],
    [2, 5, 3],
    [9, 1, 4],
  ])('%i × %i with a padding of %i gives every window of the padded picture', async (width, height, padding) => {
    const seen = await augmentedAll(copies(1500, six), randomCrop({ width, height, padding }));
    expect(texts(seen)).toEqual(windows(six, width, height, padding));
  });

  it('every place is equally likely', async () => {
    const seen = await augmentedAll(copies(3000, six), randomCrop({ width: 1, height: 2 }));
    const counts = ['[[1],[4]]', '[[2],[5]]', '[[3],[6]]'].map(
      (wanted) => seen.filter((picture) => JSON.stringify(values(picture)) === wanted).length,
    );
    // Five standard deviations are 130.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(130);
  });

  it('of the picture’s size is the picture, in memory of its own', async () => {
    const [same] = await augmentedAll([six], randomCrop({ width: 3, height: 2 }));
    expect(same).toEqual(six);
    expect(same?.data).not.toBe(six.data);
  });

  it('1 × 1 of 1 × 1', async () => {
    const [one] = await augmentedAll([grey(1, [7])], randomCrop({ width: 1, height: 1 }));
    expect(one).toEqual(grey(1, [7]));
  });

  it('a window that is larger than the picture and its padding on one side only is black there', async () => {
    const seen = await augmentedAll(copies(50, grey(1, [7])), randomCrop({ width: 3, height: 1, padding: 1 }));
    expect(texts(seen)).toEqual(new Set(['[[0,7,0]]', '[[0,0,0]]']));
  });

  it('alpha goes with its pixel, and the padding is opaque black', async () => {
    const picture: Pixels = { width: 1, height: 1, channels: 4, data: Uint8ClampedArray.of(1, 2, 3, 40) };
    const seen = await augmentedAll(copies(100, picture), randomCrop({ width: 2, height: 1, padding: 1 }));
    expect(new Set(seen.map((one) => pixelsOf(one).flat().join(' ')))).toEqual(
      new Set(['1,2,3,40 0,0,0,255', '0,0,0,255 1,2,3,40', '0,0,0,255 0,0,0,255']),
    );
  });

  it('keeps channels together', async () => {
    const picture = noise(5, 4);
    const [window] = await augmentedAll([picture], randomCrop({ width: 2, height: 2 }));
    expect(pixelsOf(picture).flat()).toEqual(expect.arrayContaining(pixelsOf(window as Pixels).flat()));
  });

  it('takes pictures of other sizes, each with its own places', async () => {
    const seen = await augmentedAll([six, noise(9, 9), grey(2, [8, 9])], randomCrop({ width: 2, height: 1 }));
    expect(seen.map(({ width, height }) => [width, height])).toEqual(copies(3, [2, 1]));
  });
});

describe('whether a crop counts as resized', () => {
  const options = { width: 3, height: 2, centralFraction: 0.5, range: [0, 255] } as const;
  const resized = { ...six, resized: resizeKey(options) };

  it('it does at the picture’s size, so that preprocess leaves it as it is', async () => {
    const [crop] = await augmentedAll([resized], randomCrop({ width: 3, height: 2, padding: 1 }));
    expect(crop?.resized).toBe(resized.resized);
    const ready = preprocess(options).fromPixels;
    expect(ready?.bytes(crop as Pixels)).toEqual(crop?.data);
  });

  it.each([
    [3, 1],
    [2, 2],
    [5, 4],
  ])('it does not at %i × %i', async (width, height) => {
    const [crop] = await augmentedAll([resized], randomCrop({ width, height, padding: 1 }));
    expect(crop).not.toHaveProperty('resized');
  });

  it('it does not if the picture did not', async () => {
    const [crop] = await augmentedAll([six], randomCrop({ width: 3, height: 2 }));
    expect(crop).not.toHaveProperty('resized');
  });
});

describe('a picture that is smaller than the window', () => {
  it.each([
    [4, 2, 0, 'a picture of 3×2 is smaller than 4×2'],
    [3, 3, 0, 'a picture of 3×2 is smaller than 3×3'],
    [8, 2, 2, 'a picture of 3×2 with 2 pixels around it is smaller than 8×2'],
  ])('%i × %i, padding %i: ends the stream', async (width, height, padding, message) => {
    const { values, error, account } = await augmented([six], randomCrop({ width, height, padding }));
    expect(values).toEqual([]);
    expect(error).toBeInstanceOf(ShapeError);
    expect(error).toMatchObject({ stage: 'randomCrop', frame: { source: 'photos', seq: 0, timestamp: 0 } });
    expect(String(error)).toContain(`randomCrop: ${message}`);
    expect(account).toMatchObject({ failed: 1 });
  });

  it('is left out under skip', async () => {
    const pictures = [noise(4, 4), six, noise(5, 4)];
    const { values, completed, account } = await augmented(pictures, randomCrop({ width: 4, height: 4 }), {
      onError: 'skip',
    });
    expect([values.length, completed]).toEqual([2, true]);
    expect(account).toMatchObject({ delivered: 2, failed: 1 });
  });
});

describe('randomCrop refuses', () => {
  it.each<[object, string]>([
    [{ height: 2 }, 'width must be a whole number from 1 to 16384, not undefined'],
    [{ width: 2 }, 'height must be a whole number from 1 to 16384, not undefined'],
    [{ width: 0, height: 2 }, 'width must be a whole number from 1 to 16384, not 0'],
    [{ width: 2, height: -1 }, 'height must be a whole number from 1 to 16384, not -1'],
    [{ width: 2.5, height: 2 }, 'width must be a whole number from 1 to 16384, not 2.5'],
    [{ width: NaN, height: 2 }, 'width must be a whole number from 1 to 16384, not NaN'],
    [{ width: '2', height: 2 }, 'width must be a whole number from 1 to 16384, not "2"'],
    [{ width: 16_385, height: 2 }, 'width must be a whole number from 1 to 16384, not 16385'],
    [{ width: 2, height: 2, padding: -1 }, 'padding must be a whole number from 0 to 16384, not -1'],
    [{ width: 2, height: 2, padding: 0.5 }, 'padding must be a whole number from 0 to 16384, not 0.5'],
    [{ width: 2, height: 2, padding: [1, 1] }, 'padding must be a whole number from 0 to 16384, not [1, 1]'],
    [{}, 'width must be a whole number'],
  ])('%j', (options, message) => {
    expect(() => randomCrop(options as never)).toThrow(OptionError);
    expect(() => randomCrop(options as never)).toThrow(`randomCrop: ${message}`);
  });
});

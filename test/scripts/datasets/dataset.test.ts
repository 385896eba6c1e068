import { describe, expect, it } from 'vitest';
import { checkDataset, examplesOf, type Dataset } from '../../../scripts/datasets/dataset.ts';
import { mulberry32, seedOf, shuffledOrder } from '../../../src/stage/random.ts';

const grey: Dataset = {
  count: 3,
  width: 2,
  height: 1,
  channels: 1,
  pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
  classes: Uint8Array.of(0, 1, 1),
};
const colour: Dataset = { ...grey, count: 1, channels: 3, classes: Uint8Array.of(1) };

describe('shuffledOrder', () => {
  it('has every number once, in the same order for the same seed', () => {
    const order = shuffledOrder(1000, 5);
    expect([...order].toSorted((a, b) => a - b)).toEqual([...Array(1000).keys()]);
    expect(shuffledOrder(1000, 5)).toEqual(order);
    expect(shuffledOrder(1000, 6)).not.toEqual(order);
    expect([...shuffledOrder(8, 1)]).toEqual([2, 1, 6, 7, 4, 3, 0, 5]);
  });

  it('puts each number at each place equally often', () => {
    const [seeds, count] = [12_000, 4];
    const often = new Uint32Array(count * count);
    for (let seed = 0; seed < seeds; seed++) {
      for (const [place, number] of shuffledOrder(count, seed).entries()) {
        often[place * count + number] = (often[place * count + number] ?? 0) + 1;
      }
    }
    // 3000 each, with a standard deviation of 47.
    for (const times of often) expect(Math.abs(times - seeds / count)).toBeLessThan(250);
  });

  it.each([0, 1])('has nothing to shuffle of %i', (count) => {
    expect([...shuffledOrder(count, 1)]).toEqual([...Array(count).keys()]);
  });
});

describe('seedOf', () => {
  it('has other numbers for each epoch, also of large seeds', () => {
    const seeds = [7, 2 ** 40, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER];
    const drawn = seeds.flatMap((seed) => [1, 2, 3, 1000].map((epoch) => mulberry32(seedOf(seed, epoch))()));
    expect(new Set(drawn).size).toBe(seeds.length * 4);
  });
});

describe('examplesOf', () => {
  it('gives grey pictures as red, green and blue, with their classes', () => {
    expect([...examplesOf(grey, { to: 2 })]).toEqual([
      { data: { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 1, 1, 2, 2, 2) }, target: 0 },
      { data: { width: 2, height: 1, channels: 3, data: Uint8Array.of(3, 3, 3, 4, 4, 4) }, target: 1 },
    ]);
  });

  it('gives copies of coloured pictures', () => {
    const [{ data: picture, target } = expect.fail('no example')] = examplesOf(colour);
    expect([picture, target]).toEqual([{ width: 2, height: 1, channels: 3, data: colour.pixels }, 1]);
    picture.data.fill(0);
    expect(colour.pixels[0]).toBe(1);
  });

  it('follows an order, from one place to another', () => {
    const firsts = (options: Parameters<typeof examplesOf>[1]) =>
      [...examplesOf(grey, options)].map(({ data }) => data.data[0]);
    expect(firsts({ order: [2, 0, 1] })).toEqual([5, 1, 3]);
    expect(firsts({ order: [2, 0, 1], from: 1 })).toEqual([1, 3]);
    expect(firsts({ order: Uint32Array.of(2, 2), from: 0, to: 1 })).toEqual([5]);
    expect(firsts({ from: 3 })).toEqual([]);
  });

  it('makes an example when it is asked for', () => {
    let looked = 0;
    const order = new Proxy([0, 1, 2], {
      get: (target, key) => {
        if (key !== 'length') looked++;
        return Reflect.get(target, key) as unknown;
      },
    });
    const examples = examplesOf(grey, { order });
    expect(looked).toBe(0);
    examples.next();
    expect(looked).toBe(1);
  });

  it.each([{ from: -1 }, { from: 2, to: 1 }, { to: 4 }, { from: 0.5 }, { from: Number.NaN }, { to: 3, order: [0, 1] }])(
    'refuses %j at once',
    (options) => {
      expect(() => examplesOf(grey, options)).toThrow('is not in the order, which has the places 0 to');
    },
  );

  it.each([3, -1, 0.5])('refuses an order with the number %d', (number) => {
    expect(() => [...examplesOf(grey, { order: [0, number] })]).toThrow(
      `the order has ${number} at 1, but there are 3 pictures`,
    );
  });
});

describe('checkDataset', () => {
  it('returns a dataset that is right', () => {
    expect(checkDataset(grey, ['a', 'b'])).toBe(grey);
  });

  it.each<[string, Partial<Dataset>, string]>([
    ['too few pixels', { pixels: new Uint8Array(5) }, '3 pictures have 6 bytes, not 5'],
    ['too many classes', { classes: new Uint8Array(4) }, '3 pictures have 4 classes'],
    ['a class without a label', { classes: Uint8Array.of(0, 2, 0) }, 'picture 1 has the class 2, but there are 2'],
  ])('refuses %s', (_, more, message) => {
    expect(() => checkDataset({ ...grey, ...more }, ['a', 'b'])).toThrow(message);
  });
});

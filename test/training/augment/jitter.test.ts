import { describe, expect, it } from 'vitest';
import { jitter, OptionError, type JitterOptions, type Pixels } from 'sluice';
import { adjusted } from '../../../src/training/augment/jitter.ts';
import { augmentedAll, copies, grey, noise, values } from '../../support/augment.ts';

const one = { brightness: 1, contrast: 1, saturation: 1 };
const rgb = (...data: number[]): Pixels => {
  return { width: data.length / 3, height: 1, channels: 3, data: Uint8Array.from(data) };
};

describe('the formulas by hand', () => {
  it.each<[string, Pixels, Partial<typeof one>, number[]]>([
    // 100 · 1.5, 20 · 1.5, 200 · 1.5 = 300
    ['brightness', rgb(100, 20, 200), { brightness: 1.5 }, [150, 30, 255]],
    ['brightness 0 is black', rgb(100, 20, 200), { brightness: 0 }, [0, 0, 0]],
    // The mean is 60: 20 · ½ + 60 · ½ and 100 · ½ + 60 · ½
    ['contrast', rgb(20, 20, 20, 100, 100, 100), { contrast: 0.5 }, [40, 40, 40, 80, 80, 80]],
    // 20 · 3 − 2 · 60 = −60, 100 · 3 − 2 · 60 = 180
    ['contrast is limited', rgb(20, 20, 20, 100, 100, 100), { contrast: 3 }, [0, 0, 0, 180, 180, 180]],
    // 0.299 · 200 + 0.587 · 100 + 0.114 · 50 = 124.2
    ['contrast 0 is the mean grey', rgb(200, 100, 50), { contrast: 0 }, [124, 124, 124]],
    ['saturation 0 is grey', rgb(200, 100, 50), { saturation: 0 }, [124, 124, 124]],
    // 200 · ½ + 62.1, 100 · ½ + 62.1, 50 · ½ + 62.1
    ['saturation', rgb(200, 100, 50), { saturation: 0.5 }, [162, 112, 87]],
    // 200 · 2 − 124.2 = 275.8, 75.8, −24.2
    ['saturation is limited', rgb(200, 100, 50), { saturation: 2 }, [255, 76, 0]],
    ['grey pixels have no saturation', rgb(7, 7, 7), { saturation: 5 }, [7, 7, 7]],
    // Brightness first: 200 and 400 → 255, whose mean is 227.5; then 200 · ½ + 113.75 and 255 · ½ + 113.75
    [
      'contrast after a limited brightness',
      grey(2, [100, 200]),
      { brightness: 2, contrast: 0.5 },
      [214, 214, 214, 241, 241, 241],
    ],
    // Contrast: (200, 100, 50) → 2 · v − 124.2 = (275.8 → 255, 75.8, 0); grey 120.7; · ½ + 60.4
    ['saturation after contrast', rgb(200, 100, 50), { contrast: 2, saturation: 0.5 }, [188, 98, 60]],
    ['all 1 changes nothing', rgb(200, 100, 50), {}, [200, 100, 50]],
  ])('%s', (_, picture, factors, expected) => {
    expect([...adjusted(picture, { ...one, ...factors }).data]).toEqual(expected);
  });

  it('alpha stays as it is, and does not count', () => {
    const data = Uint8ClampedArray.of(20, 20, 20, 255, 100, 100, 100, 0);
    const out = adjusted({ width: 2, height: 1, channels: 4, data }, { brightness: 1, contrast: 0.5, saturation: 0 });
    expect([...out.data]).toEqual([40, 40, 40, 255, 80, 80, 80, 0]);
  });

  it.each([
    [7, 5, 3],
    [1, 1, 3],
    [1, 1, 4],
    [2, 9, 4],
  ] as const)('%i × %i × %i as the formulas, value by value', (width, height, channels) => {
    const picture = noise(width, height, channels, 3);
    const factors = { brightness: 1.3, contrast: 0.7, saturation: 1.6 };
    const limit = (value: number) => Math.min(255, Math.max(0, value));
    const colours = Array.from({ length: width * height }, (_, i) =>
      [0, 1, 2].map((c) => limit((picture.data[i * channels + c] ?? NaN) * factors.brightness)),
    );
    const luma = ([r = 0, g = 0, b = 0]: number[]) => 0.299 * r + 0.587 * g + 0.114 * b;
    const mean = colours.reduce((sum, colour) => sum + luma(colour), 0) / colours.length;
    const expected = colours.flatMap((colour, i) => {
      const contrasted = colour.map((v) => limit(v * factors.contrast + (1 - factors.contrast) * mean));
      const grey = luma(contrasted);
      const alpha = channels === 4 ? [picture.data[i * 4 + 3] ?? NaN] : [];
      return [...contrasted.map((v) => limit(v * factors.saturation + (1 - factors.saturation) * grey)), ...alpha];
    });
    const out = adjusted(picture, factors);
    expect(out.data.length).toBe(expected.length);
    out.data.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThanOrEqual(0.5 + 1e-9));
  });
});

describe('jitter', () => {
  it('without options passes the picture as it is', async () => {
    const picture = noise(3, 3);
    expect(await augmentedAll([picture, picture], jitter())).toEqual([picture, picture]);
    expect((await augmentedAll([picture], jitter({ brightness: 0, contrast: 0, saturation: 0 })))[0]).toBe(picture);
  });

  it('draws factors between 1 − x and 1 + x, evenly', async () => {
    const seen = await augmentedAll(copies(2000, grey(1, [100])), jitter({ brightness: 0.4 }));
    const shades = seen.map((picture) => values(picture)[0]?.[0] ?? NaN);
    expect([Math.min(...shades), Math.max(...shades)]).toEqual([60, 140]);
    const below = shades.filter((shade) => shade < 80).length / 2000;
    expect(Math.abs(below - 0.25)).toBeLessThan(0.05);
  });

  it('a change over 1 draws no factor below 0', async () => {
    const seen = await augmentedAll(copies(500, rgb(200, 100, 50)), jitter({ saturation: 3 }));
    // With a factor below 0, blue would be over the grey of 124.
    expect(Math.max(...seen.map(({ data }) => data[2] ?? NaN))).toBeLessThanOrEqual(124);
    const shades = await augmentedAll(copies(500, grey(1, [50])), jitter({ brightness: 3 }));
    expect(Math.max(...shades.map(({ data }) => data[0] ?? NaN))).toBeGreaterThan(190);
  });

  it.each<[keyof JitterOptions]>([['brightness'], ['contrast'], ['saturation']])(
    '%s changes pictures',
    async (name) => {
      const picture = noise(4, 4);
      const [out] = await augmentedAll([picture], jitter({ [name]: 0.5 }));
      expect(out?.data).not.toEqual(picture.data);
    },
  );

  it('the factors of one change do not depend on the others', async () => {
    const pictures = copies(20, grey(1, [100]));
    // A picture of one grey has neither contrast nor saturation.
    const alone = await augmentedAll(pictures, jitter({ brightness: 0.5 }));
    const all = await augmentedAll(pictures, jitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5 }));
    expect(all.map(values)).toEqual(alone.map(values));
  });

  it('still counts as resized', async () => {
    const [out] = await augmentedAll([{ ...noise(2, 2), resized: '2x2 cover 1' }], jitter({ contrast: 0.5 }));
    expect(out).toMatchObject({ width: 2, height: 2, channels: 3, resized: '2x2 cover 1' });
  });

  it.each([[-0.1], [NaN], [Infinity], ['0.2'], [true], [null], [[0.8, 1.2]]])('refuses %o as a change', (value) => {
    for (const option of ['brightness', 'contrast', 'saturation']) {
      expect(() => jitter({ [option]: value })).toThrow(OptionError);
      expect(() => jitter({ [option]: value })).toThrow(`jitter: ${option} must be a number of at least 0, not`);
    }
  });

  it('has no hue', () => {
    expect(() => jitter({ hue: 0.1 } as never)).toThrow('jitter has no option "hue"');
  });
});

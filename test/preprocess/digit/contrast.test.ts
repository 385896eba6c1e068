import { describe, expect, it } from 'vitest';
import { contrastOf, noiseOf } from '../../../src/preprocess/digit/contrast.ts';
import { countsOf, quantile } from '../../../src/preprocess/digit/counts.ts';
import { randomFrom } from '../../support/random.ts';

const line = (data: Uint8Array) => ({ width: data.length, height: 1, data });

describe('contrastOf', () => {
  it('is the level of ink, however little there is', () => {
    for (const ink of [1, 10, 400]) {
      expect(contrastOf(line(Uint8Array.from({ length: 1000 }, (_, i) => (i < ink ? 180 : 0))))).toBeCloseTo(180, 9);
    }
  });

  it('is a little less among noise', () => {
    const data = Uint8Array.from({ length: 1000 }, (_, i) => (i < 30 ? 180 : i % 10));
    // 30 · 180³ and 97 · (1³ + … + 9³), over the same with squares.
    expect(contrastOf(line(data))).toBeCloseTo((30 * 180 ** 3 + 97 * 2025) / (30 * 180 ** 2 + 97 * 285), 1);
    expect(contrastOf(line(data))).toBeGreaterThan(170);
  });

  it('is twice what divides ink from a soft shadow under it', () => {
    // A shadow that rises to 90, and ink on it that rises to 180.
    const data = Uint8Array.from({ length: 1000 }, (_, i) => (i < 20 ? 180 : 90 * (i / 1000) ** 4));
    const level = contrastOf(line(data)) / 2;
    expect(level).toBeGreaterThan(90);
    expect(level).toBeLessThan(180);
  });

  it('is 0 where nothing rises', () => {
    expect(contrastOf(line(new Uint8Array(9)))).toBe(0);
  });

  it('is finite for whatever rises', () => {
    const random = randomFrom(3);
    for (let length = 1; length < 200; length++) {
      const contrast = contrastOf(line(Uint8Array.from({ length }, () => random() * 256)));
      expect(contrast).toBeGreaterThanOrEqual(0);
      expect(contrast).toBeLessThan(510);
    }
  });
});

describe('noiseOf', () => {
  it.each([3, 10, 30])('is the deviation of noise of %i, also with ink', (deviation) => {
    const random = randomFrom(deviation);
    const data = Uint8Array.from({ length: 40_000 }, (_, i) => {
      const grain = (random() + random() + random() - 1.5) * 2 * deviation;
      return Math.round((i % 200 > 90 && i % 200 < 110 ? 30 : 150) + grain);
    });
    expect(noiseOf({ width: 200, height: 200, data }) / deviation).toBeGreaterThan(0.8);
    expect(noiseOf({ width: 200, height: 200, data }) / deviation).toBeLessThan(1.2);
  });

  it('is 0 without noise, and where a row has one pixel', () => {
    expect(noiseOf(line(Uint8Array.of(1, 1, 1, 200, 200, 200)))).toBe(0);
    expect(noiseOf({ width: 1, height: 3, data: Uint8Array.of(1, 100, 255) })).toBe(0);
  });
});

describe('counts', () => {
  it('counts values', () => {
    const counts = countsOf(Uint8Array.of(0, 255, 255, 7));
    expect([counts[0], counts[7], counts[255]]).toEqual([1, 1, 2]);
  });

  it('finds quantiles', () => {
    const values = Uint8Array.from({ length: 100 }, (_, i) => i + 1);
    expect([0, 0.5, 0.9, 1].map((share) => quantile(values, share))).toEqual([0, 50, 90, 100]);
    expect(quantile(new Uint8Array(), 0.5)).toBe(0);
  });
});

import { expect, test } from 'vitest';
import { binsWithLeastLoss } from '../../src/quantization/entropy.ts';
import { SeenValues } from '../../src/quantization/levels.ts';
import { randomFrom } from '../support/random.ts';

/** The slides' algorithm, step by step, with lists. */
function byTheSlides(bin: readonly number[], levels: number): number {
  const sum = (list: readonly number[]) => list.reduce((all, one) => all + one, 0);
  const normal = (list: readonly number[]) => list.map((one) => one / sum(list));
  const divergences: { i: number; kl: number }[] = [];
  for (let i = levels; i <= bin.length; i++) {
    const p = bin.slice(0, i);
    const q: number[] = [];
    for (let level = 0; level < levels; level++) {
      const group = bin.slice(Math.floor((level * i) / levels), Math.floor(((level + 1) * i) / levels));
      const filled = group.filter((count) => count > 0).length;
      q.push(...group.map((count) => (count > 0 ? sum(group) / filled : 0)));
    }
    p[i - 1] = (p[i - 1] ?? 0) + sum(bin.slice(i));
    const [one, other] = [normal(p), normal(q)];
    divergences.push({ i, kl: sum(one.map((v, k) => (v === 0 ? 0 : v * Math.log(v / (other[k] || 1e-4))))) });
  }
  const least = Math.min(...divergences.map(({ kl }) => kl));
  return divergences.findLast(({ kl }) => kl <= least + 1e-12)?.i ?? NaN;
}

test('by hand: of 4, 2, 1 and 1 values in four bins, two levels lose the least with three bins', () => {
  // Two bins: P = 4, 4 of 8, Q = 4, 2 of 6: 0.0589. Three: 4, 2, 2 and 4, 1.5, 1.5: 0.0103. Four: 4, 2, 1, 1 and 3, 3, 1, 1: 0.0425.
  expect(binsWithLeastLoss([4, 2, 1, 1], 2)).toBe(3);
});

test.each([1, 2, 3, 4, 5, 6])('as the slides say, for a histogram drawn from seed %i', (seed) => {
  const random = randomFrom(seed);
  const bins = Array.from({ length: 300 }, (_, i) => Math.floor(5000 * random() * Math.exp(-i / (10 + 20 * seed))));
  bins[299] = 1;
  expect(binsWithLeastLoss(bins, 32)).toBe(byTheSlides(bins, 32));
});

test('all alike: the whole range stays. Nothing at all, too', () => {
  expect(binsWithLeastLoss(Array.from({ length: 256 }, () => 7))).toBe(256);
  expect(binsWithLeastLoss(new Float64Array(256))).toBe(256);
});

test('one value far out is cut off, on its side only', () => {
  const values = Float32Array.from({ length: 20_000 }, (_, i) => Math.sin(i) - 0.5);
  values[5000] = 40;
  const seen = new SeenValues();
  seen.see(values, 'conv');
  seen.beginCounting('entropy');
  seen.see(values, 'conv');
  const { scale, zeroPoint } = seen.levels();
  expect(-scale * zeroPoint).toBeCloseTo(-1.5, 1);
  expect(scale * (255 - zeroPoint)).toBeLessThan(5);
});

test('values that are all 0 have levels', () => {
  const seen = new SeenValues();
  seen.see(new Float32Array(9), 'conv');
  seen.beginCounting('entropy');
  seen.see(new Float32Array(9), 'conv');
  expect(seen.levels()).toEqual({ scale: 1, zeroPoint: 0 });
});

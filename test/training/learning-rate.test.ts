import { OptionError, type LearningRate } from 'sluice';
import { describe, expect, it, test } from 'vitest';
import { learningRateOf } from '../../src/training/learning-rate.ts';

/** Double precision. */
const DIGITS = 12;

/** The rates of some steps: [step, epochs, of]. */
function rates(rate: LearningRate, ...times: readonly (readonly [number, number, number])[]): number[] {
  const rateAt = learningRateOf('fit', rate);
  return times.map(([step, epochs, of]) => rateAt({ step, epochs, of }));
}

const near = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((rate, i) => expect(rate).toBeCloseTo(expected[i] ?? NaN, DIGITS));
};

/** The beginning of each of four epochs of ten steps, the middle of the last, and its end. */
const TIMES = [
  [1, 0, 4],
  [11, 1, 4],
  [21, 2, 4],
  [31, 3, 4],
  [36, 3.5, 4],
  [41, 4, 4],
] as const;

describe('a number', () => {
  test.each([0, 1e-3, 10])('%f is the rate of all steps', (rate) => {
    expect(rates(rate, ...TIMES)).toEqual(TIMES.map(() => rate));
  });
});

describe('a schedule', () => {
  test('constant, which is the default, does not change', () => {
    expect(rates({ rate: 0.5 }, ...TIMES)).toEqual(TIMES.map(() => 0.5));
    expect(rates({ rate: 0.5, schedule: 'constant' }, ...TIMES)).toEqual(TIMES.map(() => 0.5));
  });

  test('cosine falls from the rate to 0 along half a cosine', () => {
    const half = Math.SQRT1_2;
    near(rates({ rate: 2, schedule: 'cosine' }, ...TIMES), [
      2,
      1 + half,
      1,
      1 - half,
      1 + Math.cos((Math.PI * 7) / 8),
      0,
    ]);
  });

  test('cosine falls to another rate', () => {
    near(rates({ rate: 1, schedule: 'cosine', to: 0.2 }, [1, 0, 2], [2, 1, 2], [3, 2, 2]), [1, 0.6, 0.2]);
  });

  test('cosine may rise', () => {
    near(rates({ rate: 0, schedule: 'cosine', to: 1 }, [1, 0, 2], [2, 1, 2], [3, 2, 2]), [0, 0.5, 1]);
  });

  test('cosine stays at its end', () => {
    near(rates({ rate: 1, schedule: 'cosine', to: 0.1 }, [9, 5, 4], [99, 400, 4]), [0.1, 0.1]);
  });

  test('cosine of a single epoch', () => {
    near(rates({ rate: 1, schedule: 'cosine' }, [1, 0, 1], [2, 0.5, 1], [3, 1, 1]), [1, 0.5, 0]);
  });

  test('step multiplies by a tenth after every so many epochs, and not before', () => {
    near(
      rates({ rate: 1, schedule: 'step', every: 2 }, ...TIMES, [59, 5.99, 9], [61, 6, 9]),
      [1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001],
    );
  });

  test('step multiplies by another factor', () => {
    near(rates({ rate: 8, schedule: 'step', every: 1, factor: 0.5 }, ...TIMES), [8, 4, 2, 1, 1, 0.5]);
    near(rates({ rate: 8, schedule: 'step', every: 1, factor: 0 }, ...TIMES), [8, 0, 0, 0, 0, 0]);
    near(rates({ rate: 1, schedule: 'step', every: 1, factor: 2 }, ...TIMES), [1, 2, 4, 8, 8, 16]);
  });
});

describe('a warm-up', () => {
  const first = [1, 2, 3, 4, 5, 6].map((step) => [step, 0, 1] as const);

  test('rises evenly to the rate in so many steps', () => {
    near(rates({ rate: 1, warmUp: 4 }, ...first), [0.25, 0.5, 0.75, 1, 1, 1]);
  });
  test.each([0, 1])('of %i is none', (warmUp) => {
    near(rates({ rate: 0.3, warmUp }, ...first), [0.3, 0.3, 0.3, 0.3, 0.3, 0.3]);
  });
  test('is on top of what the schedule says', () => {
    near(rates({ rate: 1, schedule: 'cosine', warmUp: 4 }, [1, 0, 2], [2, 0.5, 2], [3, 1, 2], [4, 1.5, 2]), [
      0.25,
      ((1 + Math.SQRT1_2) / 2) * 0.5,
      0.5 * 0.75,
      (1 - Math.SQRT1_2) / 2,
    ]);
    near(
      rates({ rate: 1, schedule: 'step', every: 1, factor: 0.5, warmUp: 2 }, [1, 0, 3], [2, 1, 3], [3, 2, 3]),
      [0.5, 0.5, 0.25],
    );
  });
  test('that is longer than the training never gets to the rate', () => {
    near(rates({ rate: 1, warmUp: 1000 }, [1, 0, 1], [500, 0.5, 1]), [0.001, 0.5]);
  });
});

describe('a function', () => {
  test('gets how far the training is, and gives the rate', () => {
    const seen: unknown[] = [];
    const rate: LearningRate = (at) => {
      seen.push(at);
      return at.step / 100 + at.epochs / at.of;
    };
    near(rates(rate, [1, 0, 4], [30, 3, 4]), [0.01, 1.05]);
    expect(seen).toEqual([
      { step: 1, epochs: 0, of: 4 },
      { step: 30, epochs: 3, of: 4 },
    ]);
  });

  it.each([NaN, Infinity, -1, -1e-9, '0.1', null, undefined, {}, 1n])('must not give %s', (given) => {
    const rateAt = learningRateOf('fit', (() => given) as never);
    expect(() => rateAt({ step: 1, epochs: 0, of: 1 })).toThrow(OptionError);
    expect(() => rateAt({ step: 1, epochs: 0, of: 1 })).toThrow(
      'fit: learningRate must be a number of at least 0, not',
    );
  });

  it('throws what it throws', () => {
    const rateAt = learningRateOf('fit', () => {
      throw new RangeError('no rate');
    });
    expect(() => rateAt({ step: 1, epochs: 0, of: 1 })).toThrow(RangeError);
  });
});

describe('refused', () => {
  it.each<[unknown, string]>([
    [-1, 'fit: learningRate must be a number of at least 0, not -1'],
    [NaN, 'learningRate must be a number of at least 0, not NaN'],
    [Infinity, 'learningRate must be a number of at least 0, not Infinity'],
    ['0.1', 'learningRate must be a number of at least 0, not "0.1"'],
    [undefined, 'learningRate must be a number of at least 0, not undefined'],
    [null, 'fit: learningRate: its options must be an object'],
    [[0.1], 'fit: learningRate: its options must be an object'],
    [{}, 'rate must be a number of at least 0, not undefined'],
    [{ rate: -1 }, 'rate must be a number of at least 0, not -1'],
    [{ rate: '1' }, 'rate must be a number of at least 0, not "1"'],
    [{ rate: 1, schedule: 'linear' }, 'the schedule of learningRate must be constant, cosine or step, not "linear"'],
    [{ rate: 1, schedule: null }, 'must be constant, cosine or step, not null'],
    [{ rate: 1, schedule: 'toString' }, 'must be constant, cosine or step'],
    [{ rate: 1, schedule: 'cosine', to: -0.1 }, 'to must be a number of at least 0, not -0.1'],
    [{ rate: 1, schedule: 'cosine', to: NaN }, 'to must be a number of at least 0, not NaN'],
    [{ rate: 1, schedule: 'step' }, 'every must be a whole number of at least 1, not undefined'],
    [{ rate: 1, schedule: 'step', every: 0 }, 'every must be a whole number of at least 1, not 0'],
    [{ rate: 1, schedule: 'step', every: 1.5 }, 'every must be a whole number of at least 1, not 1.5'],
    [{ rate: 1, schedule: 'step', every: 1, factor: -0.5 }, 'factor must be a number of at least 0, not -0.5'],
    [{ rate: 1, warmUp: -1 }, 'warmUp must be a whole number of at least 0, not -1'],
    [{ rate: 1, warmUp: 0.5 }, 'warmUp must be a whole number of at least 0, not 0.5'],
    [{ rate: 1, warmup: 5 }, 'has no option "warmup": did you mean warmUp?'],
    [{ rate: 1, decay: 5 }, 'has no option "decay"'],
  ])('%j', (rate, message) => {
    expect(() => learningRateOf('fit', rate as never)).toThrow(OptionError);
    expect(() => learningRateOf('fit', rate as never)).toThrow(message);
  });
});

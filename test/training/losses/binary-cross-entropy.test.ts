import * as tf from '@tensorflow/tfjs-core';
import { map } from 'rxjs';
import {
  batch,
  binaryCrossEntropy,
  dense,
  labelled,
  OptionError,
  pipeline,
  ShapeError,
  TrainingError,
  useEngine,
  type BinaryCrossEntropyOptions,
  type Frame,
  type Target,
} from 'sluice';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { closedAccount, leakFree, run } from '../../support/balance.ts';
import { ENGINES, randomGrid } from '../../support/compute.ts';
import { expectDifferences, gradientsOf, valuesOf } from '../../support/gradients.ts';
import {
  binaryCrossEntropyOf,
  expectNear,
  gridOf,
  lossOf,
  lossWith,
  rowSource,
  rowsOf,
  sigmoidOf,
  sum,
  withTargets,
  type LossSettings,
  type Rows,
} from '../../support/losses.ts';

/** Single precision, of sums of a few terms. */
const TOLERANCE = 2e-6;

/** A probability near 1 has half of its digits in single precision. */
const NEAR_ONE = 1e-5;

type Reduction = NonNullable<BinaryCrossEntropyOptions['reduction']>;

/** Five frames of three labels. */
const LOGITS = rowsOf(randomGrid([5, 3], 8)).map((row) => row.map((score) => 4 * score));
const LABELS = [
  [1, 0, 1],
  [0, 0, 0],
  [1, 1, 1],
  [0, 1, 0],
  [1, 0, 0],
];
const SHARES = rowsOf(randomGrid([5, 3], 9)).map((row) => row.map(sigmoidOf));

function reference(logits: Rows, targets: Rows, reduction: Reduction, settings?: LossSettings): number[] {
  const each = logits.map((row, i) => binaryCrossEntropyOf(row.map(sigmoidOf), targets[i] ?? [], settings));
  if (reduction === 'none') return each;
  return [reduction === 'sum' ? sum(each) : sum(each) / each.length];
}

const SETTINGS: readonly (readonly [string, LossSettings])[] = [
  ['plain', {}],
  ['labelSmoothing', { labelSmoothing: 0.1 }],
  ['classWeights', { classWeights: [1, 0.5, 3] }],
  ['a label that counts nothing', { classWeights: [1, 0, 1] }],
  ['both', { labelSmoothing: 0.3, classWeights: [1, 0.5, 3] }],
];

describe.each(ENGINES)('binaryCrossEntropy on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('of one output is −ln p, or −ln (1 − p)', () => {
    const [yes, no] = [-Math.log(sigmoidOf(2)), -Math.log(1 - sigmoidOf(2))];
    for (const one of [1, [1]]) expectNear(lossOf(binaryCrossEntropy(), [[2]], [one]), [yes], TOLERANCE);
    for (const none of [0, [0]]) expectNear(lossOf(binaryCrossEntropy(), [[2]], [none]), [no], TOLERANCE);
    expectNear(lossOf(binaryCrossEntropy(), [[2]], [0.25]), [0.25 * yes + 0.75 * no], TOLERANCE);
  });

  test('of several outputs takes a number for the only label that is true', () => {
    const [list, number] = [[0, 0, 1], 2].map((target) => lossOf(binaryCrossEntropy(), [[1, -2, 3]], [target]));
    expect(number).toEqual(list);
  });

  describe.each<Reduction>(['mean', 'sum', 'none'])('of a batch, as %s', (reduction) => {
    test.each(SETTINGS)('%s, as the definition says', (_name, settings) => {
      for (const targets of [LABELS, SHARES]) {
        const expected = reference(LOGITS, targets, reduction, settings);
        expectNear(lossOf(binaryCrossEntropy({ reduction, ...settings }), LOGITS, targets), expected, TOLERANCE);
        const from = binaryCrossEntropy({ reduction, from: 'probabilities', ...settings });
        const probabilities = LOGITS.map((row) => row.map(sigmoidOf));
        expectNear(lossOf(from, probabilities, targets), expected, NEAR_ONE);
      }
    });
  });

  test.each([0, 0.1, 0.5])('is what tf.losses.sigmoidCrossEntropy gives, with labelSmoothing %f', (labelSmoothing) => {
    const theirs = tf.tidy(() =>
      Array.from(
        tf.losses.sigmoidCrossEntropy(tf.tensor2d(LABELS), tf.tensor2d(LOGITS), undefined, labelSmoothing).dataSync(),
      ),
    );
    expectNear(lossOf(binaryCrossEntropy({ labelSmoothing }), LOGITS, LABELS), theirs, TOLERANCE);
  });

  test('is what tf.losses.logLoss gives of probabilities', () => {
    const probabilities = LOGITS.map((row) => row.map(sigmoidOf));
    const theirs = tf.tidy(() =>
      Array.from(tf.losses.logLoss(tf.tensor2d(LABELS), tf.tensor2d(probabilities), undefined, 1e-30).dataSync()),
    );
    expectNear(lossOf(binaryCrossEntropy({ from: 'probabilities' }), probabilities, LABELS), theirs, NEAR_ONE);
  });

  describe('the gradient', () => {
    const factors = (shape: readonly number[]) => randomGrid(shape, 77);

    test.each(SETTINGS)('%s, is that of differences', async (_name, settings) => {
      for (const from of ['logits', 'probabilities'] as const) {
        const loss = withTargets(binaryCrossEntropy({ from, reduction: 'none', ...settings }), SHARES);
        const input = from === 'logits' ? LOGITS : LOGITS.map((row) => row.map(sigmoidOf));
        const values = valuesOf(loss, gridOf(input));
        await expectDifferences(loss, values, await gradientsOf(loss, values, factors), factors);
      }
    });
    test('is (p − t) / (labels · batch)', async () => {
      const loss = withTargets(binaryCrossEntropy(), LABELS);
      const { input } = await gradientsOf(loss, valuesOf(loss, gridOf(LOGITS)), () => gridOf([[1]]));
      const expected = LOGITS.flatMap((row, i) => row.map((z, k) => (sigmoidOf(z) - (LABELS[i]?.[k] ?? NaN)) / 15));
      expectNear(input?.data ?? [], expected, TOLERANCE);
    });
    test.each([1e4, 1e30])('for logits of ± %d is that of a certain answer', async (far) => {
      const loss = withTargets(binaryCrossEntropy(), [[1, 1, 0, 0]]);
      const { input } = await gradientsOf(loss, valuesOf(loss, gridOf([[far, -far, far, -far]])), () => gridOf([[1]]));
      expectNear(input?.data ?? [], [0, -0.25, 0.25, 0], TOLERANCE);
    });
    test.each([0, 1])('of a logit of 0 with the target %i', async (target) => {
      const loss = withTargets(binaryCrossEntropy(), [target]);
      const { input } = await gradientsOf(loss, valuesOf(loss, gridOf([[0]])), () => gridOf([[1]]));
      expectNear(input?.data ?? [], [0.5 - target], TOLERANCE);
    });
    test('of probabilities of 0 and 1 is finite', async () => {
      const loss = withTargets(binaryCrossEntropy({ from: 'probabilities' }), [[1, 0, 0, 1]]);
      const { input } = await gradientsOf(loss, valuesOf(loss, gridOf([[0, 1, 0, 1]])), () => gridOf([[1]]));
      expect(input?.data.every((g) => Number.isFinite(g))).toBe(true);
    });
  });

  describe('grows without bound as the probability of what is true goes to 0', () => {
    test.each([1e-10, 1e-20, 1e-30])('to −ln p for p = %d', (p) => {
      expectNear(lossOf(binaryCrossEntropy({ from: 'probabilities' }), [[p]], [1]), [-Math.log(p)], TOLERANCE);
      expectNear(lossOf(binaryCrossEntropy(), [[Math.log(p)]], [1]), [-Math.log(p)], TOLERANCE);
      expectNear(lossOf(binaryCrossEntropy(), [[-Math.log(p)]], [0]), [-Math.log(p)], TOLERANCE);
    });
    test('further than that for 0 itself, and not to infinity', () => {
      for (const [p, target] of [
        [0, 1],
        [1, 0],
      ] as const) {
        const [loss = NaN] = lossOf(binaryCrossEntropy({ from: 'probabilities' }), [[p]], [target]);
        expect(loss).toBeGreaterThan(-Math.log(1e-30));
        expect(loss).toBeLessThan(Infinity);
      }
    });
    test('and is 0 where the answer is certain and right', () => {
      expectNear(lossOf(binaryCrossEntropy({ from: 'probabilities' }), [[0, 1]], [[0, 1]]), [0], 0);
      expectNear(lossOf(binaryCrossEntropy(), [[-1e4, 1e4]], [[0, 1]]), [0], 0);
    });
  });

  describe('is a number for', () => {
    test.each<[string, readonly number[], Target, number]>([
      ['logits of ± 1e4, all wrong', [1e4, -1e4], [0, 1], 1e4],
      ['logits of ± 1e30, all wrong', [1e30, -1e30], [0, 1], 1e30],
      ['logits of ± 1e30 and half of each', [1e30, -1e30], [0.5, 0.5], 5e29],
      ['logits of 0', [0, 0, 0], [1, 0, 0.5], Math.LN2],
      ['a logit of −0', [-0], 1, Math.LN2],
    ])('%s', (_name, logits, target, expected) => {
      expectNear(lossOf(binaryCrossEntropy(), [logits], [target]), [expected], TOLERANCE);
    });
    test('1000 labels', () => {
      const logits = rowsOf(randomGrid([2, 1000], 5)).map((row) => row.map((score) => 20 * score));
      const targets = logits.map((row) => row.map((_, k) => k % 2));
      expectNear(lossOf(binaryCrossEntropy(), logits, targets), reference(logits, targets, 'mean'), 1e-5);
    });
  });

  test('a score that is not a number gives a loss that is none', () => {
    for (const from of ['logits', 'probabilities'] as const) {
      expect(lossOf(binaryCrossEntropy({ from }), [[NaN, 0.5]], [[0, 1]])).toEqual([NaN]);
    }
  });

  test('without a label, as in a warm-up, is a number', () => {
    expectNear(lossWith(binaryCrossEntropy(), [[0, 0]], undefined), [Math.LN2], TOLERANCE);
  });
});

describe('binaryCrossEntropy refuses', () => {
  beforeAll(() => useEngine('wasm'));

  it.each<[string, Rows, readonly Target[], string]>([
    ['no target', [[1, 2]], [], 'but this one has none'],
    ['one target for two frames', [[1], [2]], [1], '1 came for 2 frames'],
    ['a number over 1 for one output', [[1]], [2], 'a target must be a number from 0 to 1, but one is 2'],
    ['a number below 0 for one output', [[1]], [-1], 'a number from 0 to 1, but one is -1'],
    ['NaN for one output', [[1]], [NaN], 'a number from 0 to 1, but one is NaN'],
    ['a label past the last', [[1, 2]], [2], 'from 0 to 1, since the model has 2 outputs, but one is 2'],
    ['a label below 0', [[1, 2]], [-1], 'since the model has 2 outputs, but one is -1'],
    ['part of a label', [[1, 2]], [0.5], 'since the model has 2 outputs, but one is 0.5'],
    ['a list that is too short', [[1, 2]], [[1]], 'a list of 2 with a number from 0 to 1 for each output'],
    ['a list that is too long', [[1]], [[1, 0]], 'a list of 1 with a number from 0 to 1 for each output'],
    ['a list with a number over 1', [[1, 2]], [[1, 1.5]], 'a list of 2 with a number from 0 to 1'],
    ['a list with NaN', [[1, 2]], [[1, NaN]], 'a list of 2 with a number from 0 to 1'],
    ['an object', [[1, 2]], [{ length: 2 } as never], 'a list of 2'],
  ])('%s', (_name, outputs, targets, message) => {
    const loss = () => lossOf(binaryCrossEntropy(), outputs, targets);
    expect(loss).toThrow(TrainingError);
    expect(loss).toThrow(message);
  });

  it.each([[[1, 2, 3, 4]], [[3]]])('outputs of the shape %j', (shape) => {
    expect(() => binaryCrossEntropy().outputShape(shape)).toThrow(ShapeError);
  });

  it.each<[string, object, string]>([
    ['labelSmoothing 1', { labelSmoothing: 1 }, 'binaryCrossEntropy: labelSmoothing must be'],
    ['labelSmoothing −1', { labelSmoothing: -1 }, 'labelSmoothing must be'],
    ['classWeights all 0', { classWeights: [0] }, 'classWeights must be'],
    ['classWeights below 0', { classWeights: [-1] }, 'classWeights must be'],
    ['another reduction', { reduction: 'all' }, 'reduction must be'],
    ['scores from elsewhere', { from: 'sigmoid' }, 'from must be'],
    ['an option that does not exist', { pos_weight: 1 }, 'binaryCrossEntropy has no option "pos_weight"'],
  ])('%s', (_name, options, message) => {
    expect(() => binaryCrossEntropy(options as never)).toThrow(OptionError);
    expect(() => binaryCrossEntropy(options as never)).toThrow(message);
  });

  it('as many weights as there are not', () => {
    const loss = binaryCrossEntropy({ name: 'objective', classWeights: [1, 2] });
    expect(() => lossOf(loss, [[1, 2, 3]], [0])).toThrow(OptionError);
    expect(() => lossOf(loss, [[1, 2, 3]], [0])).toThrow('objective: classWeights has 2 numbers');
  });
});

describe('binaryCrossEntropy in a pipe', () => {
  beforeAll(() => useEngine('wasm'));

  const net = () => dense({ units: 1, weights: { kernel: [[2], [-1]], bias: [0.5] } });
  const inputs = [
    [1, 2],
    [0.5, -1],
    [-2, 0],
  ];
  const logits = inputs.map(([a = NaN, b = NaN]) => [2 * a - b + 0.5]);
  const numbers = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));

  test('is the mean of a batch', async () => {
    await leakFree(async () => {
      const whole = pipeline({ inputShape: [1, 2] }, net(), binaryCrossEntropy());
      const answers = labelled<tf.Tensor2D>(({ seq }) => seq % 2);
      const { values, error } = await run(rowSource(inputs).pipe(answers, batch({ size: 3 }), whole, numbers));
      expect(error).toBeUndefined();
      expectNear(values.flat(), reference(logits, [[0], [1], [0]], 'mean'), TOLERANCE);
    });
  });

  it('leaves out a frame whose target is none of its values', async () => {
    await leakFree(async () => {
      const frames = rowSource(inputs, { onError: 'skip' });
      const failures: string[] = [];
      frames.failures.subscribe(({ error }) => failures.push(String(error.cause)));
      const { values, completed } = await run(
        frames.pipe(
          labelled(({ seq }) => seq),
          net(),
          binaryCrossEntropy(),
          numbers,
        ),
      );
      expect(completed).toBe(true);
      expectNear(values.flat(), reference(logits.slice(0, 2), [[0], [1]], 'none'), TOLERANCE);
      expect(failures).toEqual([
        'TrainingError: binaryCrossEntropy: a target must be a number from 0 to 1, but one is 2',
      ]);
      expect(closedAccount(frames)).toMatchObject({ produced: 3, failed: 1 });
    });
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { map } from 'rxjs';
import {
  batch,
  dense,
  labelled,
  meanSquaredError,
  OptionError,
  pipeline,
  ShapeError,
  TrainingError,
  useEngine,
  type Frame,
  type MeanSquaredErrorOptions,
  type StageError,
  type Target,
} from 'sluice';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { closedAccount, leakFree, run } from '../../support/balance.ts';
import { ENGINES, randomGrid } from '../../support/compute.ts';
import { expectDifferences, gradientsOf, valuesOf } from '../../support/gradients.ts';
import {
  expectNear,
  gridOf,
  lossOf,
  lossWith,
  rowSource,
  rowsOf,
  sum,
  withTargets,
  type Rows,
} from '../../support/losses.ts';

/** Single precision, of sums of a few terms. */
const TOLERANCE = 2e-6;

type Reduction = NonNullable<MeanSquaredErrorOptions['reduction']>;

const OUTPUTS = rowsOf(randomGrid([4, 3], 3)).map((row) => row.map((value) => 5 * value));
const TARGETS = rowsOf(randomGrid([4, 3], 4)).map((row) => row.map((value) => -3 * value));

/** The mean over the outputs of (x − t)², in double precision. */
function reference(outputs: Rows, targets: Rows, reduction: Reduction): number[] {
  const each = outputs.map((row, i) => sum(row.map((x, k) => (x - (targets[i]?.[k] ?? NaN)) ** 2)) / row.length);
  if (reduction === 'none') return each;
  return [reduction === 'sum' ? sum(each) : sum(each) / each.length];
}

describe.each(ENGINES)('meanSquaredError on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('by hand', () => {
    expect(lossOf(meanSquaredError(), [[1, 5]], [[2, 2]])).toEqual([5]);
    expect(lossOf(meanSquaredError(), [[1], [5]], [2, 2])).toEqual([5]);
    expect(lossOf(meanSquaredError({ reduction: 'sum' }), [[1], [5]], [2, [2]])).toEqual([10]);
    expect(lossOf(meanSquaredError({ reduction: 'none' }), [[1], [5]], [2, 2])).toEqual([1, 9]);
  });

  test.each<Reduction>(['mean', 'sum', 'none'])('of a batch, as %s, as the definition says', (reduction) => {
    const expected = reference(OUTPUTS, TARGETS, reduction);
    expectNear(lossOf(meanSquaredError({ reduction }), OUTPUTS, TARGETS), expected, TOLERANCE);
  });

  test('is what tf.losses.meanSquaredError gives', () => {
    const theirs = tf.tidy(() =>
      Array.from(tf.losses.meanSquaredError(tf.tensor2d(TARGETS), tf.tensor2d(OUTPUTS)).dataSync()),
    );
    expectNear(lossOf(meanSquaredError(), OUTPUTS, TARGETS), theirs, TOLERANCE);
  });

  test('has the gradient 2 (x − t) / (outputs · batch), which is that of differences', async () => {
    const loss = withTargets(meanSquaredError(), TARGETS);
    const values = valuesOf(loss, gridOf(OUTPUTS));
    const one = () => gridOf([[1]]);
    const gradients = await gradientsOf(loss, values, one);
    const expected = OUTPUTS.flatMap((row, i) => row.map((x, k) => (2 * (x - (TARGETS[i]?.[k] ?? NaN))) / 12));
    expectNear(gradients['input']?.data ?? [], expected, TOLERANCE);
    await expectDifferences(loss, values, gradients, one);
  });

  test('is 0, as is its gradient, where all is right', async () => {
    const loss = withTargets(meanSquaredError(), [[1, -2]]);
    expectNear(lossOf(meanSquaredError(), [[1, -2]], [[1, -2]]), [0], 0);
    const { input } = await gradientsOf(loss, valuesOf(loss, gridOf([[1, -2]])), () => gridOf([[1]]));
    expectNear(input?.data ?? [], [0, 0], 0);
  });

  test.each<[string, Rows, readonly Target[], number]>([
    ['values far apart', [[1e9]], [-1e9], 4e18],
    ['values below 0, and parts', [[-0.5]], [0.25], 0.5625],
    ['1000 outputs', [Array.from({ length: 1000 }, () => 3)], [Array.from({ length: 1000 }, () => 1)], 4],
  ])('%s', (_name, outputs, targets, expected) => {
    expectNear(lossOf(meanSquaredError(), outputs, targets), [expected], TOLERANCE);
  });

  test('an output that is not a number gives a loss that is none', () => {
    expect(lossOf(meanSquaredError(), [[NaN, 1]], [[0, 1]])).toEqual([NaN]);
  });

  test('without a label, as in a warm-up, compares with 0', () => {
    expect(lossWith(meanSquaredError(), [[1, 3]], undefined)).toEqual([5]);
  });
});

describe('meanSquaredError refuses', () => {
  beforeAll(() => useEngine('wasm'));

  it.each<[string, Rows, readonly Target[], string]>([
    ['no target', [[1]], [], 'meanSquaredError needs a target for each frame, but this one has none'],
    ['two targets for one frame', [[1]], [1, 2], '2 came for 1 frames'],
    [
      'a number for two outputs',
      [[1, 2]],
      [1],
      'a target must be a list of 2 with a number for each output, but one is 1',
    ],
    ['0 for two outputs', [[1, 2]], [0], 'a list of 2 with a number for each output, but one is 0'],
    ['a list that is too short', [[1, 2]], [[1]], 'a list of 2 with a number for each output'],
    ['a list that is too long', [[1]], [[1, 2]], 'a list of 1 with a number for each output'],
    ['NaN', [[1]], [NaN], 'a target must be a number, but one is NaN'],
    ['Infinity in a list', [[1, 2]], [[1, -Infinity]], 'a list of 2'],
    ['a text in a list', [[1, 2]], [[1, '2'] as never], 'a list of 2'],
    ['undefined among others', [[1], [2]], [1, undefined as never], 'a list of 1'],
  ])('%s', (_name, outputs, targets, message) => {
    const loss = () => lossOf(meanSquaredError(), outputs, targets);
    expect(loss).toThrow(TrainingError);
    expect(loss).toThrow(message);
  });

  it.each([[[1, 2, 2, 1]], [[3]]])('outputs of the shape %j', (shape) => {
    expect(() => meanSquaredError().outputShape(shape)).toThrow(ShapeError);
  });

  it.each<[string, object, string]>([
    ['another reduction', { reduction: 'median' }, 'reduction must be'],
    ['what is for classes', { classWeights: [1] }, 'meanSquaredError has no option "classWeights"'],
    ['from', { from: 'logits' }, 'meanSquaredError has no option "from"'],
    ['a name with a slash', { name: 'a/b' }, 'name'],
  ])('%s', (_name, options, message) => {
    expect(() => meanSquaredError(options as never)).toThrow(OptionError);
    expect(() => meanSquaredError(options as never)).toThrow(message);
  });
});

describe('meanSquaredError in a pipe', () => {
  beforeAll(() => useEngine('wasm'));

  const source = () => rowSource([1, 2, 3].map((k) => [k, -k]));
  const numbers = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));
  const kernel = [
    [1, 0],
    [0, 2],
  ];
  const net = () => pipeline({ inputShape: [1, 2] }, dense({ units: 2, useBias: false, weights: { kernel } }));

  test('compares each frame, or the mean of a batch, with the targets', async () => {
    await leakFree(async () => {
      const wanted = labelled<tf.Tensor2D>(({ seq }) => [seq, 0]);
      // x = [k, −2k] with k = seq + 1, so the errors are 1 and 2k.
      const each = [1, 2, 3].map((k) => (1 + 4 * k * k) / 2);
      const alone = await run(source().pipe(wanted, net(), meanSquaredError(), numbers));
      expectNear(alone.values.flat(), each, TOLERANCE);
      const together = await run(source().pipe(wanted, batch({ size: 3 }), net(), meanSquaredError(), numbers));
      expectNear(together.values.flat(), [sum(each) / 3], TOLERANCE);
    });
  });

  it('fails on a target of the wrong length', async () => {
    await leakFree(async () => {
      const frames = source();
      const { error } = await run(
        frames.pipe(
          labelled(() => [1, 2, 3]),
          net(),
          meanSquaredError(),
          numbers,
        ),
      );
      expect((error as StageError).cause).toBeInstanceOf(TrainingError);
      expect(closedAccount(frames)).toMatchObject({ failed: 1 });
    });
  });
});

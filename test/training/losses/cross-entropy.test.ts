import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { map } from 'rxjs';
import {
  batch,
  crossEntropy,
  dense,
  frameSource,
  labelled,
  OptionError,
  pipeline,
  ShapeError,
  softmax,
  StageError,
  TrainingError,
  unbatch,
  useEngine,
  type CrossEntropyOptions,
  type Frame,
  type Target,
} from 'sluice';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { closedAccount, leakFree, run } from '../../support/balance.ts';
import { ENGINES, randomGrid } from '../../support/compute.ts';
import { expectDifferences, gradientsOf, valuesOf } from '../../support/gradients.ts';
import {
  crossEntropyOf,
  expectNear,
  gridOf,
  lossOf,
  lossWith,
  rowSource,
  rowsOf,
  softmaxOf,
  sum,
  withTargets,
  type LossSettings,
  type Rows,
} from '../../support/losses.ts';
import { writeOnnx } from '../../onnx/write-onnx.ts';

/** Single precision, of sums of a few terms. */
const TOLERANCE = 2e-6;

/** ln of numbers in single precision, and their softmax: both are right to a few units of the last place of the scores. */
const FAR = 1e-5;

const SCORES = [0.87, 3.2, 0.31, 7.2, 1.2, 0.4];
const ONE_HOT = [0, 0, 0, 1, 0, 0];

/** Five frames of four classes. */
const LOGITS = rowsOf(randomGrid([5, 4], 3)).map((row) => row.map((score) => 4 * score));
const CLASSES = [2, 0, 3, 3, 1];
const SHARES = rowsOf(randomGrid([5, 4], 4)).map((row) => softmaxOf(row));

type Reduction = NonNullable<CrossEntropyOptions['reduction']>;

function reduced(reduction: Reduction, losses: readonly { loss: number; weight: number }[]): number[] {
  const each = losses.map(({ loss }) => loss);
  if (reduction === 'none') return each;
  return [reduction === 'sum' ? sum(each) : sum(each) / sum(losses.map(({ weight }) => weight))];
}

function reference(
  logits: Rows,
  targets: readonly (number | readonly number[])[],
  reduction: Reduction,
  settings?: LossSettings,
): number[] {
  return reduced(
    reduction,
    logits.map((row, i) => crossEntropyOf(softmaxOf(row), targets[i] ?? NaN, settings)),
  );
}

const SETTINGS: readonly (readonly [string, LossSettings])[] = [
  ['plain', {}],
  ['labelSmoothing', { labelSmoothing: 0.1 }],
  ['classWeights', { classWeights: [1, 0.5, 3, 2] }],
  ['a class that counts nothing', { classWeights: [1, 1, 0, 1] }],
  ['both', { labelSmoothing: 0.3, classWeights: [1, 0.5, 3, 2] }],
];

describe.each(ENGINES)('crossEntropy on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  describe('of the scores of a textbook', () => {
    const probabilities = softmaxOf(SCORES);
    const expected = [-Math.log(probabilities[3] ?? NaN)];

    test('whose softmax is given with two digits', () => {
      const given = [1.7e-3, 1.8e-2, 9.9e-4, 0.98, 2.4e-3, 1.1e-3];
      probabilities.forEach((p, i) => expect(Number(p.toPrecision(2))).toBeCloseTo(given[i] ?? NaN, 4));
      expect(expected[0]).toBeCloseTo(-Math.log(0.98), 2);
    });
    test.each<[string, Target]>([
      ['the number of the class', 3],
      ['a one-hot list', ONE_HOT],
    ])('is −ln 0.98 with %s', (_what, target) => {
      expectNear(lossOf(crossEntropy(), [SCORES], [target]), expected, TOLERANCE);
      expectNear(lossOf(crossEntropy({ from: 'logits' }), [SCORES], [target]), expected, TOLERANCE);
      expectNear(lossOf(crossEntropy({ from: 'probabilities' }), [probabilities], [target]), expected, TOLERANCE);
    });
    test('has the gradient p − q', async () => {
      const values = valuesOf(crossEntropy(), gridOf([SCORES]));
      const { input } = await gradientsOf(withTargets(crossEntropy(), [3]), values, () => gridOf([[1]]));
      expectNear(
        input?.data ?? [],
        probabilities.map((p, i) => p - (ONE_HOT[i] ?? NaN)),
        TOLERANCE,
      );
    });
    test('is the same for all scores moved by a number', () => {
      const moved = SCORES.map((score) => score + 100);
      expectNear(lossOf(crossEntropy(), [moved], [3]), expected, 1e-4);
    });
  });

  describe.each<Reduction>(['mean', 'sum', 'none'])('of a batch, as %s', (reduction) => {
    test.each(SETTINGS)('%s, as the definition says', (_name, settings) => {
      for (const targets of [CLASSES, SHARES, [2, SHARES[1] ?? [], 0, SHARES[3] ?? [], 1]]) {
        const expected = reference(LOGITS, targets, reduction, settings);
        expectNear(lossOf(crossEntropy({ reduction, ...settings }), LOGITS, targets), expected, TOLERANCE);
        const from = crossEntropy({ reduction, from: 'probabilities', ...settings });
        expectNear(lossOf(from, LOGITS.map(softmaxOf), targets), expected, TOLERANCE);
      }
    });
  });

  test.each([0, 0.1, 0.5])('is what tf.losses.softmaxCrossEntropy gives, with labelSmoothing %f', (labelSmoothing) => {
    const theirs = tf.tidy(() => {
      const labels = tf.oneHot(tf.tensor1d(CLASSES, 'int32'), 4);
      return Array.from(
        tf.losses.softmaxCrossEntropy(labels, tf.tensor2d(LOGITS), undefined, labelSmoothing).dataSync(),
      );
    });
    expectNear(lossOf(crossEntropy({ labelSmoothing }), LOGITS, CLASSES), theirs, TOLERANCE);
  });

  describe.each<Reduction>(['mean', 'sum', 'none'])(
    "is what ONNX Runtime's SoftmaxCrossEntropyLoss gives, as %s",
    (reduction) => {
      test.each([undefined, [1, 0.5, 3, 2], [0, 0, 0, 5]])('with the weights %j', async (classWeights) => {
        const theirs = await byOnnxRuntime('SoftmaxCrossEntropyLoss', LOGITS, reduction, classWeights);
        const options = classWeights ? { reduction, classWeights } : { reduction };
        expectNear(lossOf(crossEntropy(options), LOGITS, CLASSES), theirs, TOLERANCE);
      });
      test('and of ln p, its NegativeLogLikelihoodLoss', async () => {
        const probabilities = LOGITS.map(softmaxOf);
        const logs = probabilities.map((row) => row.map(Math.log));
        const theirs = await byOnnxRuntime('NegativeLogLikelihoodLoss', logs, reduction, [1, 0.5, 3, 2]);
        const ours = crossEntropy({ reduction, from: 'probabilities', classWeights: [1, 0.5, 3, 2] });
        expectNear(lossOf(ours, probabilities, CLASSES), theirs, TOLERANCE);
      });
    },
  );

  describe('the gradient', () => {
    const factors = (shape: readonly number[]) => randomGrid(shape, 77);

    test.each(SETTINGS)('%s, is that of differences', async (_name, settings) => {
      for (const from of ['logits', 'probabilities'] as const) {
        const loss = withTargets(crossEntropy({ from, reduction: 'none', ...settings }), SHARES);
        const values = valuesOf(loss, gridOf(from === 'logits' ? LOGITS : LOGITS.map(softmaxOf)));
        const gradients = await gradientsOf(loss, values, factors);
        await expectDifferences(loss, values, gradients, factors);
      }
    });
    test('of a mean is (p − q) / batch', async () => {
      const loss = withTargets(crossEntropy(), CLASSES);
      const { input } = await gradientsOf(loss, valuesOf(loss, gridOf(LOGITS)), () => gridOf([[1]]));
      const expected = LOGITS.flatMap((row, i) => softmaxOf(row).map((p, k) => (p - Number(k === CLASSES[i])) / 5));
      expectNear(input?.data ?? [], expected, TOLERANCE);
    });
    test('of a weighted mean is w (p − q) over the sum of the weights', async () => {
      const classWeights = [1, 0.5, 3, 2];
      const loss = withTargets(crossEntropy({ classWeights }), CLASSES);
      const { input } = await gradientsOf(loss, valuesOf(loss, gridOf(LOGITS)), () => gridOf([[1]]));
      const weights = CLASSES.map((k) => classWeights[k] ?? NaN);
      const expected = LOGITS.flatMap((row, i) =>
        softmaxOf(row).map((p, k) => ((weights[i] ?? NaN) * (p - Number(k === CLASSES[i]))) / sum(weights)),
      );
      expectNear(input?.data ?? [], expected, TOLERANCE);
    });
    test.each([1e4, 1e30])('is a number for scores of ± %d', async (far) => {
      const loss = withTargets(crossEntropy(), [0, 1]);
      const extreme = gridOf([
        [far, -far, 0],
        [far, -far, 0],
      ]);
      const { input } = await gradientsOf(loss, valuesOf(loss, extreme), () => gridOf([[1]]));
      expect(input?.data.every((g) => Number.isFinite(g))).toBe(true);
      // The first frame is right, with p = q; the second is as wrong as can be.
      expectNear(input?.data.slice(0, 3) ?? [], [0, 0, 0], TOLERANCE);
      if (far < 1e30) expectNear(input?.data.slice(3) ?? [], [0.5, -0.5, 0], TOLERANCE);
    });
    test('of a probability of 0 is finite', async () => {
      const loss = withTargets(crossEntropy({ from: 'probabilities' }), [1]);
      const { input } = await gradientsOf(loss, valuesOf(loss, gridOf([[1, 0]])), () => gridOf([[1]]));
      expect(input?.data.every((g) => Number.isFinite(g))).toBe(true);
    });
  });

  describe('grows without bound as the probability of the class goes to 0', () => {
    test.each([1e-10, 1e-20, 1e-30])('to −ln p for p = %d', (p) => {
      const expected = [-Math.log(p)];
      expectNear(lossOf(crossEntropy({ from: 'probabilities' }), [[p, 1 - p]], [0]), expected, FAR);
      expectNear(lossOf(crossEntropy(), [[Math.log(p), 0]], [0]), expected, FAR);
    });
    test('further than that for 0 itself, and not to infinity', () => {
      const [loss = NaN] = lossOf(crossEntropy({ from: 'probabilities' }), [[0, 1]], [0]);
      expect(loss).toBeGreaterThan(-Math.log(1e-30));
      expect(loss).toBeLessThan(Infinity);
    });
    test('and is 0 for a probability of 1', () => {
      expectNear(lossOf(crossEntropy({ from: 'probabilities' }), [[0, 1]], [1]), [0], TOLERANCE);
      expectNear(lossOf(crossEntropy(), [[-1e4, 1e4]], [1]), [0], TOLERANCE);
    });
  });

  describe('is a number for', () => {
    test.each<[string, readonly number[], Target, number]>([
      ['scores of ± 1e4', [1e4, -1e4], 1, 2e4],
      ['scores of ± 1e4, and the right class', [1e4, -1e4], 0, 0],
      ['scores that are further apart than any number', [3e38, -3e38], 1, 1e30],
      ['scores that are further apart, and shares', [3e38, -3e38, 0], [0.5, 0.5, 0], 5e29],
      ['equal scores', [7, 7, 7, 7], 2, Math.log(4)],
      ['equal scores of 1e30', [1e30, 1e30], 0, Math.log(2)],
      ['a share of 0 for a class that is impossible', [0, -1e30], 0, 0],
      ['1000 equal classes', Array.from({ length: 1000 }, () => -3), 999, Math.log(1000)],
      ['1 class', [5], 0, 0],
      ['no class at all', [1, 2, 3], [0, 0, 0], 0],
    ])('%s', (_name, scores, target, expected) => {
      expectNear(lossOf(crossEntropy(), [scores], [target]), [expected], TOLERANCE);
    });
    test('scores of ± 1e30', () => {
      const [right, wrong] = lossOf(
        crossEntropy({ reduction: 'none' }),
        [
          [1e30, -1e30],
          [1e30, -1e30],
        ],
        [0, 1],
      );
      expect(right).toBeCloseTo(0, 30);
      expect(wrong).toBeGreaterThanOrEqual(Math.fround(1e30));
      expect(wrong).toBeLessThan(Infinity);
    });
    test('1000 classes at random', () => {
      const scores = rowsOf(randomGrid([3, 1000], 5)).map((row) => row.map((score) => 20 * score));
      const targets = [0, 500, 999];
      expectNear(lossOf(crossEntropy(), scores, targets), reference(scores, targets, 'mean'), FAR);
    });
    test('the only class, from probabilities and with weights', () => {
      const loss = crossEntropy({ from: 'probabilities', classWeights: [3] });
      expectNear(lossOf(loss, [[0.5]], [0]), [Math.LN2], TOLERANCE);
    });
    test('frames of classes that count nothing: 0', () => {
      const classWeights = [0, 0, 1];
      expectNear(lossOf(crossEntropy({ classWeights }), [SCORES.slice(0, 3), [1, 2, 3]], [0, 1]), [0], 0);
      expectNear(lossOf(crossEntropy({ classWeights, reduction: 'none' }), [[1, 2, 3]], [0]), [0], 0);
    });
    test('labelSmoothing just under 1', () => {
      const settings = { labelSmoothing: 0.999 };
      expectNear(
        lossOf(crossEntropy(settings), LOGITS, CLASSES),
        reference(LOGITS, CLASSES, 'mean', settings),
        TOLERANCE,
      );
    });
  });

  test('a score that is not a number gives a loss that is none, so that a training notices', () => {
    for (const from of ['logits', 'probabilities'] as const) {
      expect(lossOf(crossEntropy({ from }), [[0.5, NaN]], [0])).toEqual([NaN]);
    }
  });

  describe('a single frame', () => {
    test.each<Reduction>(['mean', 'sum', 'none'])('has a loss [1] with its target, as %s', (reduction) => {
      const label = { source: 'test', seq: 0, timestamp: 0, target: 3 };
      expectNear(lossWith(crossEntropy({ reduction }), [SCORES], label), reference([SCORES], [3], 'none'), TOLERANCE);
    });
    test('without a label, as in a warm-up, has a loss that is a number', () => {
      for (const options of [{}, { classWeights: [0, 1, 1, 1, 1, 1] }, { reduction: 'none' } as const]) {
        expect(lossWith(crossEntropy(options), [SCORES], undefined).every((one) => Number.isFinite(one))).toBe(true);
      }
    });
  });
});

describe('crossEntropy refuses', () => {
  beforeAll(() => useEngine('wasm'));

  it.each<[string, readonly Target[], string]>([
    ['no target', [], 'but this one has none: give frames their targets with labelled(…), and use batch(…)'],
    ['one target for two frames', [1], 'but this one 1 came for 2 frames'],
    ['three targets for two frames', [1, 2, 0], '3 came for 2 frames'],
    ['a class past the last', [0, 3], 'the number of a class from 0 to 2, since the model has 3 outputs, but one is 3'],
    ['a class below 0', [-1, 0], 'from 0 to 2, since the model has 3 outputs, but one is -1'],
    ['part of a class', [0, 0.5], 'from 0 to 2, since the model has 3 outputs, but one is 0.5'],
    ['NaN', [NaN, 0], 'but one is NaN'],
    ['Infinity', [0, Infinity], 'but one is Infinity'],
    ['a list that is too short', [0, [0, 1]], 'a list of 3 with a number from 0 to 1 for each output, but one is'],
    ['a list that is too long', [[0, 1, 0, 0], 0], 'a list of 3 with a number from 0 to 1 for each output, but one is'],
    ['an empty list', [[], 0], 'a list of 3'],
    ['a list with NaN', [[0, NaN, 1], 0], 'a list of 3'],
    ['a list with a share below 0', [[-0.5, 0.5, 1], 0], 'a list of 3'],
    ['a list with a share over 1', [[0, 2, 0], 0], 'a list of 3'],
    // oxlint-disable-next-line no-sparse-arrays
    ['a list with a gap', [[0, , 1] as number[], 0], 'a list of 3'],
    ['a text', ['1' as never, 0], 'a list of 3'],
    ['null', [null as never, 0], 'a list of 3'],
  ])('%s', (_name, targets, message) => {
    const loss = () =>
      lossOf(
        crossEntropy(),
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        targets,
      );
    expect(loss).toThrow(TrainingError);
    expect(loss).toThrow('crossEntropy');
    expect(loss).toThrow(message);
  });

  it('a class other than 0 where there is only one', () => {
    expect(() => lossOf(crossEntropy(), [[1]], [1])).toThrow(TrainingError);
    expect(() => lossOf(crossEntropy(), [[1]], [1])).toThrow(
      'a target must be 0, the only class, since the model has 1 output, but one is 1',
    );
    expect(() => lossOf(crossEntropy(), [[1]], [0.5])).toThrow(TrainingError);
  });

  it('names the frame and the stage in its error', () => {
    let thrown: unknown;
    try {
      lossOf(crossEntropy({ name: 'objective' }), [[1, 2]], [7]);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'training', stage: 'objective', frame: { source: 'test', seq: 0 } });
    expect(String(thrown)).toContain('objective: a target must be');
  });

  it.each([[[1, 2, 3, 4]], [[3]], [[1, 1, 1, 6]], [[]]])('outputs of the shape %j', (shape) => {
    expect(() => crossEntropy().outputShape(shape)).toThrow(ShapeError);
  });

  it.each<[string, object, string]>([
    ['labelSmoothing 1', { labelSmoothing: 1 }, 'labelSmoothing must be a number from 0 to under 1, not 1'],
    ['labelSmoothing −1', { labelSmoothing: -1 }, 'labelSmoothing must be a number from 0 to under 1, not -1'],
    ['labelSmoothing NaN', { labelSmoothing: NaN }, 'labelSmoothing must be'],
    ['labelSmoothing as a text', { labelSmoothing: '0.1' }, 'labelSmoothing must be'],
    ['labelSmoothing null', { labelSmoothing: null }, 'labelSmoothing must be'],
    ['classWeights all 0', { classWeights: [0, 0] }, 'a list of numbers of at least 0, not all of them 0'],
    ['no classWeights', { classWeights: [] }, 'a list of numbers of at least 0'],
    ['classWeights below 0', { classWeights: [1, -1] }, 'a list of numbers of at least 0'],
    ['classWeights NaN', { classWeights: [1, NaN] }, 'a list of numbers of at least 0'],
    ['infinite classWeights', { classWeights: [1, Infinity] }, 'a list of numbers of at least 0'],
    ['classWeights with a gap', { classWeights: Object.assign([1, 2], { length: 3 }) }, 'a list of numbers'],
    ['classWeights as a number', { classWeights: 2 }, 'a list of numbers of at least 0'],
    ['classWeights null', { classWeights: null }, 'a list of numbers of at least 0'],
    ['another reduction', { reduction: 'max' }, "reduction must be 'mean', 'sum' or 'none', not \"max\""],
    ['no reduction', { reduction: null }, 'reduction must be'],
    ['scores from elsewhere', { from: 'scores' }, "from must be 'logits' or 'probabilities', not \"scores\""],
    [
      'an option that does not exist',
      { labelSmooting: 0.1 },
      'has no option "labelSmooting": did you mean labelSmoothing?',
    ],
    ['an empty name', { name: '' }, 'name'],
    ['a name with a slash', { name: 'a/b' }, 'name'],
  ])('%s', (_name, options, message) => {
    expect(() => crossEntropy(options as never)).toThrow(OptionError);
    expect(() => crossEntropy(options as never)).toThrow(message);
  });

  it.each([1, 2, 4])('%i weights for three outputs', (count) => {
    const loss = crossEntropy({ classWeights: Array.from({ length: count }, () => 1) });
    expect(() => lossOf(loss, [[1, 2, 3]], [0])).toThrow(OptionError);
    expect(() => lossOf(loss, [[1, 2, 3]], [0])).toThrow(
      `classWeights has ${count} numbers, but the model has 3 outputs and needs one for each`,
    );
  });
});

describe('crossEntropy in a pipe', () => {
  beforeAll(() => useEngine('wasm'));

  const weights = {
    kernel: [
      [1, -1, 0.5],
      [2, 0, -2],
    ],
    bias: [0, 1, 0],
  };
  const net = () => dense({ units: 3, weights });
  const inputs: Rows = [
    [1, 2],
    [0.5, -1],
    [-2, 0],
    [3, 1],
  ];
  const targets = [0, 1, 2, 1];
  /** The outputs of the dense layer, by hand. */
  const logits = inputs.map(([a = NaN, b = NaN]) => [a + 2 * b, -a + 1, 0.5 * a - 2 * b]);

  const source = (options = {}) => rowSource(inputs, options);
  const withTarget = labelled<tf.Tensor2D>(({ seq }) => targets[seq]);
  const numbers = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));

  test('gives the loss of each frame', async () => {
    await leakFree(async () => {
      const frames = source();
      const { values, error } = await run(frames.pipe(withTarget, net(), crossEntropy(), numbers));
      expect(error).toBeUndefined();
      expectNear(values.flat(), reference(logits, targets, 'none'), TOLERANCE);
      expect(closedAccount(frames)).toMatchObject({ produced: 4, failed: 0 });
    });
  });

  test('gives the same for targets that the source gives', async () => {
    const given = inputs.map((row, k) => ({ data: tf.tensor2d([[...row]]), timestamp: k, target: targets[k] }));
    const { values } = await run(frameSource(given, { source: 'test' }).pipe(net(), crossEntropy(), numbers));
    expectNear(values.flat(), reference(logits, targets, 'none'), TOLERANCE);
  });

  test('gives the mean of a batch, and of what is left at the end', async () => {
    await leakFree(async () => {
      const { values } = await run(source().pipe(withTarget, batch({ size: 3 }), net(), crossEntropy(), numbers));
      const expected = [[0, 3] as const, [3, 4] as const].map(([from, to]) =>
        reference(logits.slice(from, to), targets.slice(from, to), 'mean'),
      );
      expect(values.map((one) => one.length)).toEqual([1, 1]);
      expectNear(values.flat(), expected.flat(), TOLERANCE);
    });
  });

  test('gives each frame of a batch its own loss, which unbatch takes apart', async () => {
    await leakFree(async () => {
      const loss = crossEntropy({ reduction: 'none' });
      const { values } = await run(source().pipe(withTarget, batch({ size: 4 }), net(), loss, unbatch(), numbers));
      expect(values.map((one) => one.length)).toEqual([1, 1, 1, 1]);
      expectNear(values.flat(), reference(logits, targets, 'none'), TOLERANCE);
    });
  });

  test('behind softmax, from probabilities, as a part of a pipeline', async () => {
    await leakFree(async () => {
      const whole = pipeline({ inputShape: [1, 2] }, net(), softmax(), crossEntropy({ from: 'probabilities' }));
      expect(whole.outputShape([1, 2])).toEqual([1]);
      const { values, error } = await run(source().pipe(withTarget, whole, numbers));
      expect(error).toBeUndefined();
      expectNear(values.flat(), reference(logits, targets, 'none'), TOLERANCE);
    });
  });

  test('on ONNX Runtime, which leaves the loss to TensorFlow.js', async () => {
    await useEngine('onnxruntime');
    try {
      const pipe = source().pipe(withTarget, batch({ size: 2 }), net(), crossEntropy(), numbers);
      const { values, error } = await run(pipe);
      expect(error).toBeUndefined();
      const expected = [0, 2].flatMap((k) => reference(logits.slice(k, k + 2), targets.slice(k, k + 2), 'mean'));
      expectNear(values.flat(), expected, TOLERANCE);
    } finally {
      await useEngine('wasm');
    }
  });

  it('fails on a frame without a target', async () => {
    await leakFree(async () => {
      const frames = source();
      const { error, values } = await run(frames.pipe(net(), crossEntropy(), numbers));
      expect(values).toEqual([]);
      expect(error).toBeInstanceOf(StageError);
      expect((error as StageError).cause).toBeInstanceOf(TrainingError);
      expect(error).toMatchObject({ stage: 'crossEntropy', frame: { seq: 0 } });
      expect(String(error)).toContain('needs a target for each frame, but this one has none');
    });
  });

  it('leaves out frames without a target where failures are skipped', async () => {
    await leakFree(async () => {
      const frames = source({ onError: 'skip' });
      const odd = labelled<tf.Tensor2D>(({ seq }) => (seq % 2 === 1 ? targets[seq] : undefined));
      const { values, completed } = await run(frames.pipe(odd, net(), crossEntropy(), numbers));
      expect(completed).toBe(true);
      expectNear(
        values.flat(),
        [1, 3].flatMap((k) => reference([logits[k] ?? []], [targets[k] ?? NaN], 'mean')),
        TOLERANCE,
      );
      expect(closedAccount(frames)).toMatchObject({ produced: 4, failed: 2 });
    });
  });

  it.each([0, 1, 3])('fails on a batch whose frame %i has no target', async (without) => {
    await leakFree(async () => {
      const frames = source();
      const most = labelled<tf.Tensor2D>(({ seq }) => (seq === without ? undefined : targets[seq]));
      const { error } = await run(frames.pipe(most, batch({ size: 4 }), net(), crossEntropy(), numbers));
      expect((error as StageError).cause).toBeInstanceOf(TrainingError);
      expect(String(error)).toContain('needs a target for each frame');
      expect(closedAccount(frames)).toMatchObject({ produced: 4, failed: 4 });
    });
  });

  it('fails on a target that the model can not have', async () => {
    const { error } = await run(
      source().pipe(
        labelled<tf.Tensor2D>(() => 3),
        net(),
        crossEntropy(),
        numbers,
      ),
    );
    expect((error as StageError).cause).toBeInstanceOf(TrainingError);
    expect(String(error)).toContain('the number of a class from 0 to 2');
  });

  it('is a ShapeError for outputs that are no rows, before the source is asked', async () => {
    const bad = pipeline(crossEntropy());
    expect(() => bad.outputShape([1, 2, 3, 4])).toThrow(ShapeError);
    const { error } = await run(
      frameSource([{ data: tf.zeros([1, 2, 2, 1]), timestamp: 0 }], { source: 'test' }).pipe(
        withTarget as never,
        crossEntropy() as never,
      ),
    );
    expect(error).toBeInstanceOf(ShapeError);
  });
});

/** A node of ONNX with the classes of the frames as a constant. */
async function byOnnxRuntime(
  op: string,
  rows: Rows,
  reduction: Reduction,
  classWeights?: readonly number[],
): Promise<number[]> {
  const { shape, data } = gridOf(rows);
  const labels = { shape: [rows.length], data: BigInt64Array.from(CLASSES.map(BigInt)) };
  const weights = classWeights && { shape: [classWeights.length], data: Float32Array.from(classWeights) };
  const session = await InferenceSession.create(
    writeOnnx({
      ...{ op, attributes: { reduction }, shapes: { x: shape }, opset: 13 },
      inputs: weights ? ['x', 'labels', 'weights'] : ['x', 'labels'],
      initializers: weights ? { labels, weights } : { labels },
    }),
  );
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(data), [...shape]) });
  await session.release();
  return Array.from(y?.data as Float32Array);
}

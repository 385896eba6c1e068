import * as tf from '@tensorflow/tfjs-core';
import {
  batch,
  binaryCrossEntropy,
  crossEntropy,
  frameSource,
  labelled,
  meanSquaredError,
  StageError,
  TrainingError,
  useEngine,
  type Arrival,
  type FrameLabel,
  type Loss,
  type Target,
} from 'sluice';
import { map } from 'rxjs';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { leakFree, run } from '../../support/balance.ts';
import { ENGINES, randomGrid } from '../../support/compute.ts';
import { expectDifferences, gradientsOf, valuesOf } from '../../support/gradients.ts';
import {
  expectNear,
  gridOf,
  labelOf,
  lossOf,
  lossWith,
  rowsOf,
  softmaxOf,
  sum,
  withLabel,
} from '../../support/losses.ts';

const TOLERANCE = 2e-6;
const LOGITS = rowsOf(randomGrid([4, 3], 3)).map((row) => row.map((score) => 2 * score));
const CLASSES = [2, 0, 1, 1];
const WEIGHTS = [1.5, -2, 0, 0.25];

const weighted = (weights: readonly number[], targets: readonly Target[] = CLASSES): FrameLabel => ({
  ...labelOf(targets),
  weights,
});

const LOSSES: readonly (readonly [string, (options?: object) => Loss, readonly Target[]])[] = [
  ['crossEntropy', crossEntropy, CLASSES],
  ['binaryCrossEntropy', binaryCrossEntropy, CLASSES],
  ['meanSquaredError', meanSquaredError, CLASSES.map((k) => [k, 1, -k])],
];

describe.each(ENGINES)('weights of examples on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(LOSSES)('%s', (_name, loss, targets) => {
    const each = () => lossOf(loss({ reduction: 'none' }), LOGITS, targets);

    test('the loss of each frame is multiplied by its weight', () => {
      const expected = each().map((one, i) => one * (WEIGHTS[i] ?? NaN));
      expectNear(lossWith(loss({ reduction: 'none' }), LOGITS, weighted(WEIGHTS, targets)), expected, TOLERANCE);
      expectNear(lossWith(loss({ reduction: 'sum' }), LOGITS, weighted(WEIGHTS, targets)), [sum(expected)], TOLERANCE);
    });
    test('the mean is over the number of frames, whatever they weigh', () => {
      const expected = sum(each().map((one, i) => one * (WEIGHTS[i] ?? NaN))) / 4;
      expectNear(lossWith(loss(), LOGITS, weighted(WEIGHTS, targets)), [expected], TOLERANCE);
    });
    test('weights of 1 change nothing, and those of 0 leave nothing', () => {
      expect(lossWith(loss(), LOGITS, weighted([1, 1, 1, 1], targets))).toEqual(lossOf(loss(), LOGITS, targets));
      expectNear(lossWith(loss(), LOGITS, weighted([0, 0, 0, 0], targets)), [0], 0);
    });
    test('the gradient is that of differences', async () => {
      const factors = (shape: readonly number[]) => randomGrid(shape, 77);
      for (const reduction of ['mean', 'none'] as const) {
        const known = withLabel(loss({ reduction }), weighted(WEIGHTS, targets));
        const values = valuesOf(known, gridOf(LOGITS));
        await expectDifferences(known, values, await gradientsOf(known, values, factors), factors);
      }
    });
    test('the gradient is as many times the one of a single frame', async () => {
      const one = async (weights: readonly number[]) => {
        const known = withLabel(loss(), weighted(weights, targets.slice(0, 1)));
        const values = valuesOf(known, gridOf(LOGITS.slice(0, 1)));
        return (await gradientsOf(known, values, () => gridOf([[1]])))['input']?.data ?? [];
      };
      const plain = await one([1]);
      expectNear(
        await one([-3]),
        plain.map((g) => -3 * g),
        TOLERANCE,
      );
    });
    test('a single frame has its own', () => {
      const [target = NaN] = targets;
      const label = { source: 'test', seq: 0, timestamp: 0, target, weight: -2 };
      expectNear(lossWith(loss(), LOGITS.slice(0, 1), label), [-2 * (each()[0] ?? NaN)], TOLERANCE);
    });
  });

  // Williams 1992: the gradient of the expected reward is that of reward · ln p(action), so that of the loss is reward · (p − q).
  test('REINFORCE by hand: p (¼, ½, ¼), action 1, advantage −2', async () => {
    const known = withLabel(crossEntropy(), weighted([-2], [1]));
    const values = valuesOf(known, gridOf([[0, Math.log(2), 0]]));
    const { input } = await gradientsOf(known, values, () => gridOf([[1]]));
    // −2 · (¼, ½ − 1, ¼): the step against it makes the action less likely.
    expectNear(input?.data ?? [], [-0.5, 1, -0.5], TOLERANCE);
    expectNear(lossWith(crossEntropy(), [[0, Math.log(2), 0]], weighted([-2], [1])), [-2 * Math.LN2], TOLERANCE);
  });

  test('of a mean is w (p − q) / batch', async () => {
    const known = withLabel(crossEntropy(), weighted(WEIGHTS));
    const { input } = await gradientsOf(known, valuesOf(known, gridOf(LOGITS)), () => gridOf([[1]]));
    const expected = LOGITS.flatMap((row, i) =>
      softmaxOf(row).map((p, k) => ((WEIGHTS[i] ?? NaN) * (p - Number(k === CLASSES[i]))) / 4),
    );
    expectNear(input?.data ?? [], expected, TOLERANCE);
  });

  test('with classWeights, the mean is over the sum of the weights of the classes', () => {
    const classWeights = [1, 0.5, 3];
    const each = lossOf(crossEntropy({ reduction: 'none', classWeights }), LOGITS, CLASSES);
    const expected = sum(each.map((one, i) => one * (WEIGHTS[i] ?? NaN))) / (3 + 1 + 0.5 + 0.5);
    expectNear(lossWith(crossEntropy({ classWeights }), LOGITS, weighted(WEIGHTS)), [expected], TOLERANCE);
  });
});

describe('weights in a pipe', () => {
  beforeAll(() => useEngine('wasm'));

  function* arrivals(weights: readonly (number | undefined)[]): Generator<Arrival<tf.Tensor2D>> {
    for (const [k, weight] of weights.entries()) {
      yield { data: tf.tensor2d([[0, Math.log(3)]]), timestamp: k, target: 1, weight };
    }
  }
  const source = (...weights: (number | undefined)[]) =>
    frameSource({ [Symbol.iterator]: () => arrivals(weights) }, { source: 'test', maxInFlight: 4 });
  const losses = crossEntropy({ reduction: 'none' });
  const numbers = map(({ data }: { readonly data: tf.Tensor }) => Array.from(data.dataSync()));
  const ONE = Math.log(4 / 3);

  test('batch collects them, and a frame without one counts once', async () => {
    await leakFree(async () => {
      const { values } = await run(source(2, undefined, -1).pipe(batch({ size: 3 }), losses, numbers));
      expectNear(values[0] ?? [], [2 * ONE, ONE, -ONE], TOLERANCE);
    });
  });
  test('a batch of frames without weights has none', async () => {
    const labels = map(({ label }: { readonly label: FrameLabel }) => label);
    const { values } = await run(source(undefined, undefined).pipe(batch({ size: 2 }), labels));
    expect(values[0]).toMatchObject({ targets: [1, 1] });
    expect('weights' in (values[0] ?? {}) || 'weight' in (values[0] ?? {})).toBe(false);
    const { values: more } = await run(source(3, 4).pipe(batch({ size: 2 }), labels));
    expect(more[0]).toMatchObject({ targets: [1, 1], weights: [3, 4] });
    expect('weight' in (more[0] ?? {})).toBe(false);
  });
  test('labelled gives them', async () => {
    await leakFree(async () => {
      const giving = labelled<tf.Tensor2D>(({ seq }) => ({ target: seq % 2, weight: seq - 1 }));
      const { values } = await run(source(undefined, 7).pipe(giving, losses, numbers));
      expectNear(values.flat(), [-Math.log(4), 0], TOLERANCE);
    });
  });
  it.each([[NaN], [Infinity], ['1'], [null]])('labelled refuses the weight %o', async (weight) => {
    const { error } = await run(source(1).pipe(labelled(() => ({ target: 0, weight }) as never)));
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain('a weight must be a finite number, not ');
  });
});

describe('refused', () => {
  beforeAll(() => useEngine('wasm'));

  it.each<[string, readonly unknown[], string]>([
    ['NaN', [1, NaN, 1, 1], 'the weight of an example must be a finite number, not NaN: leave it out to count'],
    ['Infinity', [1, 1, Infinity, 1], 'must be a finite number, not Infinity'],
    ['−Infinity', [-Infinity, 1, 1, 1], 'must be a finite number, not -Infinity'],
    ['more than single precision holds', [1e39, 1, 1, 1], 'must be a finite number, not 1e+39'],
    ['a text', ['2', 1, 1, 1], 'must be a finite number, not "2"'],
    ['null', [null, 1, 1, 1], 'must be a finite number, not null'],
    ['too few', [1, 2], 'weights must be a list with one for each of 4 frames, not'],
    ['none', [], 'weights must be a list with one for each of 4 frames, not'],
  ])('%s', (_name, weights, message) => {
    for (const [name, loss, targets] of LOSSES) {
      const call = () => lossWith(loss({ name: 'objective' }), LOGITS, weighted(weights as number[], targets));
      expect(call, name).toThrow(TrainingError);
      expect(call, name).toThrow(`objective: `);
      expect(call, name).toThrow(message);
    }
  });
});

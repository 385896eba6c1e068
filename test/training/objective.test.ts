import * as tf from '@tensorflow/tfjs-core';
import {
  act,
  activation,
  binaryCrossEntropy,
  classification,
  crossEntropy,
  dense,
  embedding,
  flatten,
  gru,
  meanSquaredError,
  OptionError,
  outputs,
  pipeline,
  regression,
  softmax,
  useEngine,
  type AnyStage,
  type Loss,
} from 'sluice';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { lossFor, objectiveOf } from '../../src/training/objective.ts';
import type { NamedStage } from '../../src/stage/stage.ts';
import { pipelineOf } from '../../src/stages/pipeline.ts';
import { binaryCrossEntropyOf, crossEntropyOf, expectNear, labelOf, sigmoidOf, softmaxOf } from '../support/losses.ts';

/** Single precision, of sums of a few terms. */
const TOLERANCE = 1e-5;

const kernel = [
  [1, -1, 0.5],
  [2, 0, -2],
];
const layer = (more = {}) => dense({ units: 3, useBias: false, weights: { kernel }, ...more });
const parts = (...stages: readonly AnyStage[]): readonly NamedStage[] => pipelineOf({}, stages).parts;

/** What is trained, as a person reads it, and the loss of an input and a target. */
function objective(loss: Loss, ...stages: readonly AnyStage[]) {
  const found = objectiveOf('fit', parts(...stages), loss);
  const value = (input: readonly number[], target: number | readonly number[]): number =>
    tf.tidy(() => {
      const x = tf.tensor2d([[...input]]);
      const weights = { kernel: tf.tensor2d(kernel) };
      const run = (of: AnyStage, y: tf.Tensor) =>
        of.kernelWith(y.shape, of.spec.op === 'dense' ? weights : {}).run(y as never, labelOf([target]));
      const y = found.parts.reduce((from, { stage }) => run(stage, from) as tf.Tensor, x as tf.Tensor);
      return (run(found.loss, y) as tf.Tensor).dataSync()[0] ?? NaN;
    });
  return { stages: found.parts.map(({ stage }) => stage.spec), from: found.loss.spec['from'], ...found, value };
}

/** What the layer gives. */
const logitsOf = ([a = NaN, b = NaN]: readonly number[]) => [a + 2 * b, -a, 0.5 * a - 2 * b];
const INPUT = [0.5, 0.25];
const plain = layer().spec;

beforeAll(() => useEngine('wasm'));

describe('the loss of a task', () => {
  test.each([
    ['classes', classification(), 'crossEntropy'],
    ['scores', classification({ outputKind: 'scores' }), 'crossEntropy'],
    ['logits', classification({ outputKind: 'logits' }), 'crossEntropy'],
    ['two classes', classification({ outputKind: 'binary' }), 'binaryCrossEntropy'],
    ['two classes from logits', classification({ outputKind: 'binary', fromLogits: true }), 'binaryCrossEntropy'],
    ['labels', classification({ outputKind: 'multiLabel' }), 'binaryCrossEntropy'],
    ['a value', regression(), 'meanSquaredError'],
    ['actions', act(), 'crossEntropy'],
  ])('of %s', (_name, task, op) => {
    expect(lossFor('fit', task.spec).spec.op).toBe(op);
  });

  it.each([
    ['embedding', embedding().spec],
    ['outputs', outputs({ a: { task: regression() } }).spec],
    ['detection', { kind: 'detection' }],
    ['', { kind: '' }],
  ])('of %s must be given', (kind, spec) => {
    expect(() => lossFor('fit', spec)).toThrow(OptionError);
    expect(() => lossFor('fit', spec)).toThrow(
      `fit knows no loss for a model of ${kind}: give loss, a stage such as crossEntropy()`,
    );
  });
});

describe('softmax at the end is left out under crossEntropy', () => {
  const wanted = crossEntropyOf(softmaxOf(logitsOf(INPUT)), 2).loss;

  test.each<[string, readonly AnyStage[]]>([
    ['as a stage', [layer(), softmax()]],
    ['as a stage with a name', [layer(), softmax({ name: 'probabilities' })]],
    ['as the last axis', [layer(), softmax({ axis: -1 })]],
    ['as the activation of a stage', [layer({ activation: 'softmax' })]],
    ['as a stage for activations', [layer(), activation('softmax')]],
    ['inside of a pipeline', [pipeline({ name: 'inner' }, layer(), softmax())]],
  ])('%s', (_name, stages) => {
    for (const loss of [crossEntropy(), crossEntropy({ from: 'probabilities' })]) {
      const { stages: left, from, value } = objective(loss, ...stages);
      expect(left).toEqual([plain]);
      expect(from).toBe('logits');
      expectNear([value(INPUT, 2)], [wanted], TOLERANCE);
    }
  });

  test('with a loss that stays a number where the probability is 0', () => {
    const { value } = objective(crossEntropy(), layer({ activation: 'softmax' }));
    expectNear([value([1000, 1000], 2)], [4500], TOLERANCE);
  });

  test('and the other options stay', () => {
    const loss = crossEntropy({ name: 'mine', reduction: 'sum', labelSmoothing: 0.1, classWeights: [1, 2, 3] });
    const { spec } = objective(loss, layer(), softmax()).loss;
    expect(spec).toEqual({ ...loss.spec, from: 'logits' });
    expect(spec).toMatchObject({ name: 'mine', reduction: 'sum', labelSmoothing: 0.1, classWeights: [1, 2, 3] });
  });

  test('and the stage keeps its name and its other settings', () => {
    const found = objective(crossEntropy(), flatten(), layer({ name: 'head', activation: 'softmax' }));
    expect(found.parts.map(({ name }) => name)).toEqual(['flatten', 'head']);
    expect(found.stages[1]).toEqual({ ...plain, name: 'head' });
    expect(found.parts[1]?.stage.weightShapes([1, 2])).toEqual({ kernel: [2, 3] });
  });

  test('only once', () => {
    const { stages } = objective(crossEntropy(), layer({ activation: 'softmax' }), softmax());
    expect(stages.map(({ op, activation: kind }) => [op, kind])).toEqual([['dense', 'softmax']]);
  });

  test('also of a pipeline of nothing else', () => {
    const { stages, from } = objective(crossEntropy(), softmax());
    expect([stages, from]).toEqual([[], 'logits']);
  });
});

describe('sigmoid at the end is left out under binaryCrossEntropy', () => {
  const target = [1, 0, 1];
  const wanted = binaryCrossEntropyOf(logitsOf(INPUT).map(sigmoidOf), target);

  test.each<[string, readonly AnyStage[]]>([
    ['as the activation of a stage', [layer({ activation: 'sigmoid' })]],
    ['as a stage for activations', [layer(), activation('sigmoid')]],
  ])('%s', (_name, stages) => {
    for (const loss of [binaryCrossEntropy(), binaryCrossEntropy({ from: 'probabilities' })]) {
      const { stages: left, from, value } = objective(loss, ...stages);
      expect(left).toEqual([plain]);
      expect(from).toBe('logits');
      expectNear([value(INPUT, target)], [wanted], TOLERANCE);
    }
  });
});

describe('what can not be left out stays, and the loss is from its probabilities', () => {
  test('softmax with a temperature', () => {
    const { stages, from, value } = objective(crossEntropy(), layer(), softmax({ temperature: 2 }));
    expect(stages).toEqual([plain, softmax({ temperature: 2 }).spec]);
    expect(from).toBe('probabilities');
    const wanted = crossEntropyOf(softmaxOf(logitsOf(INPUT).map((z) => z / 2)), 2).loss;
    expectNear([value(INPUT, 2)], [wanted], TOLERANCE);
  });
  test('softmax over an axis that is given', () => {
    const { stages, from, value } = objective(crossEntropy(), layer(), softmax({ axis: 1 }));
    expect(stages).toHaveLength(2);
    expect(from).toBe('probabilities');
    expectNear([value(INPUT, 2)], [crossEntropyOf(softmaxOf(logitsOf(INPUT)), 2).loss], TOLERANCE);
  });
  test('softmax under binaryCrossEntropy', () => {
    const { stages, from, value } = objective(binaryCrossEntropy(), layer(), softmax());
    expect(stages).toHaveLength(2);
    expect(from).toBe('probabilities');
    expectNear([value(INPUT, [0, 1, 0])], [binaryCrossEntropyOf(softmaxOf(logitsOf(INPUT)), [0, 1, 0])], TOLERANCE);
  });
  test('sigmoid under crossEntropy', () => {
    const { stages, from, value } = objective(crossEntropy(), layer({ activation: 'sigmoid' }));
    expect(stages).toEqual([layer({ activation: 'sigmoid' }).spec]);
    expect(from).toBe('probabilities');
    expectNear([value(INPUT, 1)], [-Math.log(sigmoidOf(-0.5))], TOLERANCE);
  });
});

describe('nothing changes', () => {
  test.each<[string, Loss, readonly AnyStage[]]>([
    ['for a model that ends with logits', crossEntropy(), [layer()]],
    ['for logits that are given as such', crossEntropy({ from: 'logits' }), [layer()]],
    ['for a model whose own stage gives probabilities', crossEntropy({ from: 'probabilities' }), [layer()]],
    ['for relu', crossEntropy(), [layer({ activation: 'relu' })]],
    ['for hardSigmoid', binaryCrossEntropy(), [layer(), activation('hardSigmoid')]],
    ['for softmax in the middle', crossEntropy(), [softmax(), layer()]],
    ['for sigmoid inside of a recurrence', binaryCrossEntropy(), [gru({ units: 2, activation: 'sigmoid' })]],
    ['under meanSquaredError with softmax', meanSquaredError(), [layer(), softmax()]],
    ['under meanSquaredError with sigmoid', meanSquaredError(), [layer({ activation: 'sigmoid' })]],
    ['under a stage of one’s own', activation('relu') as unknown as Loss, [layer(), softmax()]],
  ])('%s', (_name, loss, stages) => {
    const found = objective(loss, ...stages);
    expect(found.loss).toBe(loss);
    expect(found.stages).toEqual(stages.map(({ spec }) => spec));
  });
});

describe('refused', () => {
  it.each<[string, Loss, string, AnyStage]>([
    ['crossEntropy from logits after softmax', crossEntropy({ from: 'logits' }), 'softmax', softmax()],
    ['… with a temperature', crossEntropy({ from: 'logits' }), 'softmax', softmax({ temperature: 2 })],
    ['… as an activation', crossEntropy({ from: 'logits' }), 'softmax', layer({ activation: 'softmax' })],
    ['… after sigmoid', crossEntropy({ from: 'logits' }), 'sigmoid', activation('sigmoid')],
    ['binaryCrossEntropy from logits', binaryCrossEntropy({ from: 'logits' }), 'sigmoid', activation('sigmoid')],
    ['… after softmax', binaryCrossEntropy({ from: 'logits' }), 'softmax', softmax()],
  ])('%s', (_name, loss, ending, last) => {
    expect(() => objective(loss, last)).toThrow(OptionError);
    expect(() => objective(loss, last)).toThrow(
      `fit: the loss is from logits, but the model ends with ${ending}, which gives probabilities: leave from out`,
    );
  });
  it.each([['crossEntropy'], [null], [3], [{}], [crossEntropy], [() => 1], [[crossEntropy()]]])(
    'the loss %o',
    (loss) => {
      expect(() => objective(loss as never, layer())).toThrow(OptionError);
      expect(() => objective(loss as never, layer())).toThrow('fit: loss must be a stage such as crossEntropy(), not');
    },
  );
});

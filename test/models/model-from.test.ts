import {
  act,
  classification,
  dense,
  embedding,
  globalAvgPool,
  modelFrom,
  OptionError,
  pipeline,
  regression,
  ShapeError,
  WeightsError,
  type Action,
  type ActOptions,
  type Model,
  type Regression,
} from 'sluice';
import { describe, expect, expectTypeOf, it, test } from 'vitest';

const PREPROCESS = { width: 2, height: 2, range: [0, 1] } as const;
const net = (units: number) =>
  pipeline({ name: 'tiny', inputShape: [1, 2, 2, 3] }, globalAvgPool(), dense({ units, seed: 1 }));

describe('modelFrom with a task', () => {
  it('makes a model of a value, which has no labels', async () => {
    const model = await modelFrom(net(1), PREPROCESS, { task: regression() });
    expectTypeOf(model).toEqualTypeOf<Model<Regression, object>>();
    expect([model.name, model.task.kind, model.labels]).toEqual(['tiny', 'regression', []]);
  });

  it('makes a model that acts, with names or without', async () => {
    const model = await modelFrom(net(3), PREPROCESS, { seed: 2, task: act(), labels: ['left', 'stay', 'right'] });
    expectTypeOf(model).toEqualTypeOf<Model<Action, ActOptions>>();
    expect(model.labels).toEqual(['left', 'stay', 'right']);
    expect((await modelFrom(net(3), PREPROCESS, { task: act() })).labels).toEqual([]);
  });

  it('makes a classifier of another kind, with the labels that it needs', async () => {
    const binary = classification({ outputKind: 'binary', fromLogits: true });
    expect((await modelFrom(net(1), PREPROCESS, { task: binary })).labels).toEqual(['class 0', 'class 1']);
    expect((await modelFrom(net(1), PREPROCESS, { task: binary, labels: ['no', 'yes'] })).labels).toEqual([
      'no',
      'yes',
    ]);
    const several = classification({ outputKind: 'multiLabel', fromLogits: true });
    expect((await modelFrom(net(4), PREPROCESS, { task: several })).labels).toHaveLength(4);
  });

  test('without one it is a classification', async () => {
    const model = await modelFrom(net(2), PREPROCESS);
    expectTypeOf(model).toEqualTypeOf<Model>();
    expect([model.task.spec, model.labels]).toEqual([{ kind: 'classification' }, ['class 0', 'class 1']]);
    expect((await modelFrom(net(2), PREPROCESS, { task: undefined as never })).task.kind).toBe('classification');
  });
});

describe('refused', () => {
  it.each<[string, () => Promise<unknown>, new (...given: never[]) => Error, string]>([
    [
      'several numbers as a value',
      () => modelFrom(net(2), PREPROCESS, { task: regression() }),
      ShapeError,
      'regression needs one value',
    ],
    [
      'one action',
      () => modelFrom(net(1), PREPROCESS, { task: act() }),
      ShapeError,
      'act needs a score for each of several actions',
    ],
    [
      'two names of three actions',
      () => modelFrom(net(3), PREPROCESS, { task: act(), labels: ['a', 'b'] }),
      ShapeError,
      'act needs one label per action, but got 2 labels and 3 scores from tiny',
    ],
    [
      'labels of a vector',
      () => modelFrom(net(2), PREPROCESS, { task: embedding(), labels: ['a', 'b'] }),
      OptionError,
      'embedding: a vector has no labels',
    ],
    [
      'three names for one of two classes',
      () => modelFrom(net(1), PREPROCESS, { task: classification({ outputKind: 'binary' }), labels: ['a', 'b', 'c'] }),
      WeightsError,
      'has 3 labels',
    ],
    [
      'a task by its name',
      () => modelFrom(net(2), PREPROCESS, { task: 'act' as never }),
      OptionError,
      'tiny: task must be a task such as act(), not "act"',
    ],
    [
      'the function that makes a task',
      () => modelFrom(net(2), PREPROCESS, { task: act as never }),
      OptionError,
      'tiny: task must be a task such as act(), not',
    ],
    [
      'no task',
      () => modelFrom(net(2), PREPROCESS, { task: null as never }),
      OptionError,
      'tiny: task must be a task such as act(), not null',
    ],
  ])('%s', async (_name, call, kind, message) => {
    await expect(call).rejects.toThrow(kind);
    await expect(call).rejects.toThrow(message);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { map } from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  classification,
  classify,
  conv2d,
  dense,
  flatten,
  frameSource,
  globalAvgPool,
  infer,
  OptionError,
  pipeline,
  preprocess,
  ShapeError,
  softmax,
  stage,
  useEngine,
  type Classification,
  type FrameResult,
  type Model,
  type Pixels,
} from 'sluice';
import { closedAccount, leakFree, run } from '../support/balance.ts';
import { brightness } from '../tasks/own-task.ts';

beforeAll(() => useEngine('wasm'));

const picture = (k: number): Pixels => ({
  width: 12,
  height: 9,
  channels: 3,
  data: Uint8Array.from({ length: 12 * 9 * 3 }, (_, i) => (i * 31 + k * 97) % 256),
});

const source = (count = 4) =>
  frameSource(
    Array.from({ length: count }, (_, k) => ({ data: picture(k), timestamp: k * 1000 })),
    { source: 'pictures' },
  );

const model: Model = {
  name: 'tiny',
  preprocess: { width: 8, height: 8, range: [-1, 1] },
  pipeline: pipeline(
    { name: 'tiny', inputShape: [1, 8, 8, 3] },
    conv2d({ filters: 4, kernelSize: 3, seed: 1 }),
    globalAvgPool(),
    dense({ units: 3, seed: 2 }),
    softmax(),
  ),
  task: classification(),
  labels: ['a', 'b', 'c'],
};

const facts = ({ source: from, seq, timestamp, classes, timings }: FrameResult<Classification>) => ({
  from,
  seq,
  timestamp,
  classes,
  stages: timings.map(({ stage: name }) => name),
});

describe('infer', () => {
  it('gives what preprocess, the pipeline and classify give, and leaks nothing', async () => {
    const spelledOut = [
      preprocess(model.preprocess),
      model.pipeline,
      classify({ labels: model.labels, top: 2 }),
    ] as const;
    const both = await leakFree(async () => {
      const [one, other] = [source(), source()];
      const short = await run(one.pipe(infer(model, { top: 2 }), map(facts)));
      const long = await run(other.pipe(...spelledOut, map(facts)));
      return { short, long, account: closedAccount(one) };
    });
    expect(both.short.values).toEqual(both.long.values);
    expect(both.short.values[0]?.stages).toEqual([
      'preprocess',
      'conv2d',
      'globalAvgPool',
      'dense',
      'softmax',
      'classify',
    ]);
    expect(both.account).toMatchObject({ produced: 4, delivered: 4 });
  });

  it('runs the task of the model, whatever that is, with its options', async () => {
    const mean: Model<{ readonly value: number }, { readonly scale?: number }> = {
      ...model,
      pipeline: pipeline(
        { name: 'mean', inputShape: [1, 8, 8, 3] },
        globalAvgPool(),
        stage<tf.Tensor2D, tf.Tensor2D>({
          spec: { op: 'mean' },
          outputShape: () => [1, 1],
          kernel: () => (x) => tf.mean(x, 1, true),
        }),
      ),
      task: brightness,
      labels: [],
    };
    const { values } = await run(source(2).pipe(infer(mean, { scale: 10 })));
    const { values: plain } = await run(source(2).pipe(infer(mean)));
    expect(values.map(({ value }) => value)).toEqual(plain.map(({ value }) => 10 * value));
    expect(values.map(({ timings }) => timings.at(-1)?.stage)).toEqual(['brightness', 'brightness']);
  });

  it('fails before the first frame where the task can’t read the output', () => {
    const maps = {
      ...model,
      pipeline: pipeline({ inputShape: [1, 8, 8, 3] }, conv2d({ filters: 3, kernelSize: 1, seed: 1 })),
    };
    expect(() => infer(maps as never)).toThrow(ShapeError);
    expect(() => infer(maps as never)).toThrow(
      'classification needs the scores of one frame, [1, classes], but got [1, 8, 8, 3] from tiny',
    );
    expect(() => infer({ ...model, labels: ['a'] })).toThrow(
      'classification needs one label per score, but got 1 labels and 3 scores',
    );
  });

  it('fails where the pictures are prepared for another shape', () => {
    const wrong = { ...model, preprocess: { width: 9, height: 8, range: [-1, 1] as [number, number] } };
    expect(() => infer(wrong)).toThrow(ShapeError);
    const flat = pipeline(flatten(), dense({ units: 3, seed: 1 }), softmax());
    expect(() => infer({ ...model, pipeline: flat })).not.toThrow();
  });

  it.each([
    ['no model', undefined, {}, 'infer needs a model, { name, preprocess, pipeline, task, labels }, but got undefined'],
    ['a pipeline instead of a model', model.pipeline, {}, 'but got a function'],
    ['a model without a task', { ...model, task: undefined }, {}, 'but got one without task'],
    ['a misspelt option', model, { topp: 1 }, 'infer has no option "topp": did you mean top?'],
    ['an option of the worker', model, { engine: 'cpu' }, 'infer has no option "engine"'],
    ['none at a time', model, { inFlight: 0 }, 'inFlight must be a whole number of at least 1'],
    ['no class', model, { top: 0 }, 'top must be a whole number of at least 1'],
    ['no number as the least score', model, { minScore: '2' }, 'minScore must be a number, not "2"'],
  ])('refuses %s', (_what, given, options, message) => {
    const wrong = () => infer(given as never, options as never);
    expect(wrong).toThrow(OptionError);
    expect(wrong).toThrow(message);
  });
});

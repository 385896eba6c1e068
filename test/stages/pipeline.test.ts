import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import {
  activation,
  conv2d,
  dense,
  flatten,
  globalAvgPool,
  maxPool,
  OptionError,
  pipeline,
  preprocess,
  ShapeError,
  softmax,
  stage,
  useEngine,
  WeightsError,
} from 'sluice';
import { mobilenetV1Pipeline } from 'sluice/pipelines/mobilenet-v1';
import { asWeight, compute, ENGINES, expectClose, randomGrid } from '../support/compute.ts';
import {
  referenceActivation,
  referenceConv2d,
  referenceDense,
  referencePool,
  referenceSoftmax,
} from '../support/reference.ts';
import { lenet5 } from '../support/lenet5.ts';

const conv = (name?: string) => conv2d({ ...(name ? { name } : {}), filters: 2, kernelSize: 3, seed: 1 });

let tensorsBefore = 0;

beforeAll(() => useEngine('cpu'));

beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});

afterEach(() => {
  expect(tf.memory().numTensors, 'tensors left by the test').toBe(tensorsBefore);
});

describe('names', () => {
  const names = (net: { readonly parts: readonly { readonly name: string }[] }) => net.parts.map(({ name }) => name);

  test('stages of one operation are numbered', () => {
    expect(names(pipeline(conv(), conv(), activation('relu'), conv(), activation('relu')))).toEqual([
      'conv2d',
      'conv2d_1',
      'activation',
      'conv2d_2',
      'activation_1',
    ]);
  });
  test('given ones stay, and the default of another steps aside', () => {
    expect(names(pipeline(conv('a'), conv(), conv('b')))).toEqual(['a', 'conv2d', 'b']);
    expect(names(pipeline(conv('conv2d'), conv()))).toEqual(['conv2d', 'conv2d_1']);
  });
  test('one stage used twice counts as two', () => {
    const one = conv();
    expect(names(pipeline(one, one))).toEqual(['conv2d', 'conv2d_1']);
  });
  test('a name given twice is an OptionError', () => {
    expect(() => pipeline(conv('a'), conv(), conv('a'))).toThrow(OptionError);
    expect(() => pipeline(conv('a'), maxPool({ name: 'a', poolSize: 2 }))).toThrow(
      'two stages of a pipeline are named a',
    );
  });
  test('stages of nested pipelines stand in one row', () => {
    const body = pipeline({ name: 'body' }, conv(), activation('relu'));
    const net = pipeline(body, body, pipeline({ name: 'head' }, flatten(), dense({ units: 2, seed: 1 })));
    expect(names(net)).toEqual(['conv2d', 'activation', 'conv2d_1', 'activation_1', 'flatten', 'dense']);
    expect(net.summary([1, 9, 9, 1]).rows.map(({ stage: name }) => name)).toEqual(names(net));
    expect(Object.keys(net.weightShapes([1, 9, 9, 1]))).toEqual([
      'conv2d/kernel',
      'conv2d/bias',
      'conv2d_1/kernel',
      'conv2d_1/bias',
      'dense/kernel',
      'dense/bias',
    ]);
  });
  test('errors say the number', () => {
    expect(() => pipeline(conv(), conv()).outputShape([1, 4, 4, 1])).toThrow(/^conv2d_1 has a window/);
  });
  test('its own can be given and changed', () => {
    const net = pipeline({ name: 'net', inputShape: [1, 5, 5, 1] }, conv());
    expect([net.name, net.named('other').name, pipeline(conv()).name]).toEqual(['net', 'other', 'pipeline']);
    expect(net.named('other').inputShape).toEqual([1, 5, 5, 1]);
  });
  test.each(['', 'a/b', 7, null, {}])('%o is none', (name) => {
    expect(() => pipeline({ name: name as never }, conv())).toThrow(OptionError);
    expect(() => pipeline(conv()).named(name as never)).toThrow(OptionError);
  });
});

describe('a pipeline is made of stages', () => {
  test.each([
    ['nothing', [], 'got none'],
    ['options alone', [{ name: 'x' }], 'got none'],
    ['null', [null], 'item 1 of them is null'],
    ['a text', [conv(), 'conv2d'], 'item 2 of them is "conv2d"'],
    ['options at the end', [conv(), { name: 'x' }], 'item 2 of them is an object'],
    ['a plain function', [{ name: 'x' }, conv(), (x: unknown) => x], 'item 2 of them is a function'],
    ['undefined', [undefined], 'item 1 of them is undefined'],
  ])('not of %s', (_what, items, message) => {
    const make = pipeline as unknown as (...given: unknown[]) => unknown;
    expect(() => make(...items)).toThrow(OptionError);
    expect(() => make(...items)).toThrow(message);
  });
});

describe('a declared input shape', () => {
  test('is checked when the pipeline is made', () => {
    const make = () =>
      pipeline(
        { name: 'net', inputShape: [1, 28, 28, 1] },
        conv(),
        flatten(),
        dense({ units: 2, seed: 1 }),
        conv() as never,
      );
    expect(make).toThrow(ShapeError);
    expect(make).toThrow('conv2d_1 needs [batch, height, width, channels], but got [1, 2]');
    try {
      make();
    } catch (error) {
      expect(error).toMatchObject({ code: 'shape', stage: 'conv2d_1' });
    }
    expect(() => pipeline({ inputShape: [1, 5, 5, 1] }, conv(), maxPool({ name: 'p', poolSize: 4 }))).toThrow(
      /^p has a window of height 4/,
    );
  });
  test.each(['28', 28, {}, [0, 28, 28, 1], [1, 28.5, 28, 1], [1, NaN, 28, 1], ['1', 28, 28, 1], null])(
    '%o is none',
    (inputShape) => {
      expect(() => pipeline({ inputShape: inputShape as never }, conv())).toThrow(OptionError);
    },
  );
  test('of another rank is a ShapeError', () => {
    expect(() => pipeline({ inputShape: [] }, conv())).toThrow(
      'conv2d needs [batch, height, width, channels], but got []',
    );
    expect(() => pipeline({ inputShape: [28, 28, 1] }, conv())).toThrow(ShapeError);
  });
  test('is kept by withWeights and named, and in the spec', () => {
    const net = lenet5();
    expect(net.inputShape).toEqual([1, 28, 28, 1]);
    expect(net.withWeights({}).inputShape).toEqual([1, 28, 28, 1]);
    expect(net.spec).toMatchObject({ op: 'pipeline', name: 'lenet5', inputShape: [1, 28, 28, 1] });
  });
  test('refuses another shape at build, before any tensor is made', () => {
    expect(() => lenet5().build([1, 32, 32, 1])).toThrow(
      'conv2d is declared for [1, 28, 28, 1], but got [1, 32, 32, 1]',
    );
    expect(() => lenet5().outputShape([1, 28, 28, 3])).toThrow(ShapeError);
    lenet5().build([4, 28, 28, 1]).dispose();
  });
  test('of an inner pipeline holds inside, too', () => {
    const inner = pipeline({ name: 'inner', inputShape: [1, 8, 8, 2] }, conv('inner-conv'), flatten());
    expect(pipeline(conv(), inner).outputShape([1, 10, 10, 1])).toEqual([1, 72]);
    expect(() => pipeline(conv(), inner).outputShape([1, 9, 9, 1])).toThrow(
      'inner-conv is declared for [1, 8, 8, 2], but got [1, 7, 7, 2]',
    );
    expect(() => pipeline({ inputShape: [1, 9, 9, 2] }, inner)).toThrow(
      'inner-conv is declared for [1, 8, 8, 2], but got [1, 9, 9, 2]',
    );
  });
});

describe('withWeights', () => {
  const net = () =>
    pipeline(
      { name: 'net' },
      conv2d({ name: 'c', filters: 2, kernelSize: 1 }),
      flatten(),
      dense({ name: 'd', units: 1 }),
    );
  const declared = () =>
    pipeline(
      { name: 'net', inputShape: [1, 2, 2, 1] },
      ...([conv2d({ name: 'c', filters: 2, kernelSize: 1 }), flatten(), dense({ name: 'd', units: 1 })] as const),
    );
  const all = { 'c/kernel': [[[[1, 2]]]], 'c/bias': [0, 1], 'd/kernel': new Float32Array(8).fill(1), 'd/bias': [0.5] };
  const x = { shape: [1, 2, 2, 1], data: [1, 2, 3, 4] };

  test('gives every stage its own', () => {
    // c: (v, 2v + 1) per pixel; d sums all: 10 + (3 + 5 + 7 + 9) + 0.5
    expect(compute(net().withWeights(all), x)).toEqual({ shape: [1, 1], data: [34.5] });
    expect(compute(declared().withWeights(all), x).data).toEqual([34.5]);
    expect(compute(net(), x, all).data).toEqual([34.5]);
  });
  test('adds up, the later ones winning', () => {
    const { 'd/bias': bias, ...rest } = all;
    expect(compute(net().withWeights(rest).withWeights({ 'd/bias': bias }), x).data).toEqual([34.5]);
    expect(
      compute(
        net()
          .withWeights(all)
          .withWeights({ 'd/bias': [1] }),
        x,
      ).data,
    ).toEqual([35]);
    expect(compute(net().withWeights(rest), x, { 'd/bias': [2] }).data).toEqual([36]);
  });
  test('leaves the pipeline it was asked of as it was', () => {
    const bare = net();
    bare.withWeights(all);
    expect(() => bare.build(x.shape)).toThrow('c has no kernel [1, 1, 1, 2]: give weights');
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['an unknown stage', { 'e/kernel': [1] }, /^net has no stage e for these weights; it has c, flatten, d$/],
    ['__proto__', { ['__proto__']: [1] }, /^net has no stage __proto__/],
    ['a stage that is nowhere but in Object', { 'constructor/kernel': [1] }, /^net has no stage constructor/],
    ['the empty name', { '': [1] }, /^net has no stage {2}for/],
  ])('refuses %s at once', (_what, weights, message) => {
    expect(() => net().withWeights(weights as never)).toThrow(WeightsError);
    expect(() => net().withWeights(weights as never)).toThrow(message);
    expect(() => net().build(x.shape, weights as never)).toThrow(message);
  });
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['an unknown weight', { ...all, 'c/gamma': [1] }, /^c has no weight gamma; it has kernel, bias$/],
    ['a stage without weights', { ...all, 'flatten/kernel': [1] }, /^flatten has no weight kernel; it has none$/],
    ['a name with more slashes', { ...all, 'c/kernel/0': [1] }, /^c has no weight kernel\/0/],
    ['a stage alone', { ...all, c: [1] }, /^c has no weight ; it has/],
    ['a wrong shape', { ...all, 'd/kernel': [[1]] }, /^d: kernel must be \[8, 1\] \(8 numbers\), but got \[1, 1\]/],
    ['no numbers', { ...all, 'd/bias': null }, /^d: bias must be .* but got null$/],
  ])('refuses %s: at once where the shape is declared, else at build', (_what, weights, message) => {
    expect(() => declared().withWeights(weights as never)).toThrow(WeightsError);
    expect(() => declared().withWeights(weights as never)).toThrow(message);
    const late = net().withWeights(weights as never);
    expect(() => late.build(x.shape)).toThrow(message);
  });
  test('missing ones are named at build', () => {
    const { 'd/bias': _bias, ...rest } = all;
    expect(() => declared().withWeights(rest).build(x.shape)).toThrow(
      'd has no bias [1]: give weights: { kernel, bias }',
    );
  });
});

describe('build and run', () => {
  test('the same seeds give the same network', () => {
    const x = randomGrid([2, 28, 28, 1]);
    const result = compute(lenet5(), x);
    expect(result).toEqual(compute(lenet5(), x));
    expect(result.shape).toEqual([2, 10]);
  });

  test.each(ENGINES)('a small network by nested loops, on %s', async (engine) => {
    await useEngine(engine);
    tensorsBefore = tf.memory().numTensors;
    const x = randomGrid([2, 8, 8, 2]);
    const [ck, cb, dk, db] = [
      randomGrid([3, 3, 2, 4], 2),
      randomGrid([4], 3),
      randomGrid([36, 5], 4),
      randomGrid([5], 5),
    ];
    const net = pipeline(
      conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
      maxPool({ poolSize: 2 }),
      flatten(),
      dense({ units: 5 }),
      softmax(),
    ).withWeights({
      'conv2d/kernel': asWeight(ck),
      'conv2d/bias': asWeight(cb),
      'dense/kernel': asWeight(dk),
      'dense/bias': asWeight(db),
    });
    const window = { size: [3, 3], strides: [1, 1], padding: 'valid', dilation: [1, 1] } as const;
    const seen = referenceActivation(referenceConv2d(x, ck, cb.data, window), 'relu');
    const pooled = referencePool('max', seen, { ...window, size: [2, 2], strides: [2, 2] });
    const scores = referenceDense({ shape: [2, 36], data: pooled.data }, dk, db.data);
    expectClose(compute(net, x), referenceSoftmax(scores));
  });

  test('frees what lies between the stages while it runs', () => {
    let highest = 0;
    const watch = () =>
      stage<tf.Tensor4D, tf.Tensor4D>({
        spec: { op: 'watch' },
        outputShape: (input) => input,
        kernel: () => (x) => {
          highest = Math.max(highest, tf.memory().numTensors);
          return tf.clone(x);
        },
        clean: true,
      });
    const net = pipeline(watch(), watch(), watch(), watch(), watch(), watch());
    compute(net, randomGrid([1, 2, 2, 1]));
    // The input, and what the stage before gave.
    expect(highest).toBe(tensorsBefore + 2);
  });

  const breaking = (when: 'build' | 'run') =>
    stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'breaking' },
      outputShape: (input) => input,
      weightShapes: () => ({ kernel: [3] }),
      weights: { kernel: [1, 2, 3] },
      kernel: (_input, _weights, own) => {
        own(tf.scalar(1));
        if (when === 'build') throw new Error('out of order');
        return () => {
          throw new Error('out of order');
        };
      },
    });

  test('an error while it is built leaks nothing', () => {
    const net = pipeline(conv(), conv(), breaking('build'), globalAvgPool());
    expect(() => net.build([1, 9, 9, 1])).toThrow('out of order');
    expect(() => breaking('build').build([1, 9, 9, 1])).toThrow('out of order');
  });
  test('missing weights of the last stage leak nothing of the first', () => {
    expect(() => pipeline(conv(), flatten(), dense({ units: 2 })).build([1, 9, 9, 1])).toThrow(WeightsError);
  });
  test('an error while it runs leaks nothing', () => {
    const kernel = pipeline(conv(), conv(), breaking('run'), globalAvgPool()).build([1, 9, 9, 1]);
    const x = tf.zeros<tf.Rank.R4>([1, 9, 9, 1]);
    const before = tf.memory().numTensors;
    expect(() => kernel.run(x)).toThrow('out of order');
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
    kernel.dispose();
  });

  test('pixels go in at one end and scores come out at the other', () => {
    const net = pipeline(
      preprocess({ width: 4, height: 4, range: [0, 1] }),
      conv2d({ filters: 2, kernelSize: 3, seed: 1 }),
      flatten(),
      softmax(),
    );
    const kernel = net.build([1, 6, 6, 3]);
    const y = kernel.run({ width: 6, height: 6, channels: 3, data: new Uint8Array(108).fill(255) });
    expect(y.shape).toEqual([1, 8]);
    expect(y.dataSync<'float32'>().reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    y.dispose();
    kernel.dispose();
  });
});

describe('the spec is plain JSON', () => {
  const odd = pipeline(
    { name: 'odd', inputShape: [1, 32, 32, 3] },
    conv2d({
      filters: 3,
      kernelSize: [3, 5],
      strides: 2,
      padding: [
        [1, 0],
        [2, 2],
      ],
      dilationRate: 1,
      activation: 'elu',
      useBias: false,
      seed: 1,
    }),
    activation('leakyRelu', { name: 'l' }),
    globalAvgPool(),
    softmax({ temperature: 0.5 }),
  );
  test.each([
    ['lenet5', lenet5()],
    ['mobilenet', mobilenetV1Pipeline()],
    ['odd', odd],
  ])('%s: there and back it is equal', (_name, net) => {
    expect(JSON.parse(JSON.stringify(net.spec))).toStrictEqual(net.spec);
  });
  test('says all that the stages were told, but no weights', () => {
    expect(odd.spec).toStrictEqual({
      op: 'pipeline',
      name: 'odd',
      inputShape: [1, 32, 32, 3],
      stages: [
        {
          op: 'conv2d',
          filters: 3,
          kernelSize: [3, 5],
          strides: [2, 2],
          padding: [
            [1, 0],
            [2, 2],
          ],
          dilationRate: [1, 1],
          activation: 'elu',
          useBias: false,
        },
        { op: 'activation', name: 'l', activation: 'leakyRelu' },
        { op: 'globalAvgPool' },
        { op: 'softmax', temperature: 0.5 },
      ],
    });
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { filter, firstValueFrom, from, lastValueFrom, map, Observable, of, take, toArray } from 'rxjs';
import {
  conv2d,
  dense,
  dropout,
  fit,
  flatten,
  frameSource,
  infer,
  labelled,
  maxPool,
  meanSquaredError,
  modelFrom,
  OptionError,
  pipeline,
  ShapeError,
  softmax,
  stage,
  TrainingError,
  useEngine,
  writeModel,
  readModel,
  type Arrival,
  type Examples,
  type FitOptions,
  type FitProgress,
  type Model,
  type Pixels,
} from 'sluice';
import { beforeAll, describe, expect, test } from 'vitest';
import { closedAccount, tensorsStay } from '../support/balance.ts';
import { ENGINES } from '../support/compute.ts';
import { patterns, pictureExamples, SIDE, tensorExamples } from '../support/patterns.ts';

const PREPROCESS = { width: SIDE, height: SIDE, channels: 1, range: [-1, 1] } as const;
const LABELS = ['top', 'middle', 'bottom'];

/** A small network with every kind of stage that trains differently. */
function net(seed = 1) {
  return pipeline(
    { name: 'bars', inputShape: [1, SIDE, SIDE, 1] },
    conv2d({ name: 'c1', filters: 4, kernelSize: 3, activation: 'relu', seed }),
    maxPool({ poolSize: 2 }),
    flatten(),
    dropout({ rate: 0.2 }),
    dense({ name: 'd1', units: 3, seed: seed + 10 }),
    softmax(),
  );
}
const modelOf = (seed = 1): Promise<Model> => modelFrom(net(seed), PREPROCESS, { labels: LABELS });
const weightsOf = ({ pipeline: trained }: Model) => trained.weights([1, SIDE, SIDE, 1]);
const last = (progress: Observable<FitProgress>) => lastValueFrom(progress) as Promise<FitProgress & { model: Model }>;
const ends = (progress: Observable<FitProgress>) =>
  lastValueFrom(
    progress.pipe(
      filter(({ kind }) => kind === 'epoch'),
      toArray(),
    ),
  );
const pictures = pictureExamples(patterns(48));
const FAST: FitOptions = { batchSize: 8, learningRate: 0.02, epochs: 3 };

describe.each(ENGINES)('fit on %s', (engine) => {
  beforeAll(() => useEngine(engine));
  const before = tensorsStay();

  test('learns to tell pictures apart, and the model classifies others', async () => {
    const model = await modelOf();
    const validation = pictureExamples(patterns(30, 7));
    const end = await last(fit(model, pictures, { ...FAST, epochs: 8, validation }));
    expect(end).toMatchObject({ kind: 'epoch', epoch: 8, step: 48, examples: 48, learningRate: 0.02 });
    expect(end.validation).toMatchObject({ accuracy: 1, examples: 30 });
    expect(end.accuracy).toBeGreaterThan(0.9);
    expect(end.examplesPerSecond).toBeGreaterThan(0);
    const others = frameSource(
      validation.map(({ data, target }, i): Arrival<Pixels> => ({ data, target, timestamp: i })),
      { source: 'others' },
    );
    const results = await lastValueFrom(others.pipe(infer(end.model, { top: 1 }), toArray()));
    expect(results.map(({ classes }) => classes[0]?.index)).toEqual(validation.map(({ target }) => target));
    expect(results.map(({ target }) => target)).toEqual(validation.map(({ target }) => target));
  });

  test('the model that is given does not change; the trained one can be written and read', async () => {
    const model = await modelOf();
    const initial = weightsOf(model);
    const { model: trained } = await last(fit(model, pictures, FAST));
    expect(weightsOf(model)).toEqual(initial);
    expect(weightsOf(trained)).not.toEqual(initial);
    expect(trained.labels).toEqual(LABELS);
    const again = readModel(writeModel(trained), 'the file');
    expect(weightsOf(again)).toEqual(weightsOf(trained));
    expect(again.pipeline.spec).toEqual(trained.pipeline.spec);
  });

  test('the same seed gives the same weights, another seed others', async () => {
    const run = async (seed: number) =>
      weightsOf((await last(fit(await modelOf(), pictures, { ...FAST, seed }))).model);
    const [first, same, other] = [await run(5), await run(5), await run(6)];
    expect(same).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('memory stays flat over ten epochs', async () => {
    const counts: number[] = [];
    const bytes: number[] = [];
    await fit(await modelOf(), pictures, { ...FAST, epochs: 10 }).forEach(({ kind }) => {
      if (kind !== 'epoch') return;
      counts.push(tf.memory().numTensors);
      bytes.push(tf.memory().numBytes);
    });
    expect(new Set(counts).size).toBe(1);
    expect(new Set(bytes).size).toBe(1);
  });

  test('two trainings of one model at the same time are as each alone', async () => {
    const model = await modelOf();
    const alone = await last(fit(model, pictures, FAST));
    const [a, b] = await Promise.all([last(fit(model, pictures, FAST)), last(fit(model, pictures, FAST))]);
    expect(weightsOf(a.model)).toEqual(weightsOf(alone.model));
    expect(weightsOf(b.model)).toEqual(weightsOf(alone.model));
  });

  test('resuming from a checkpoint gives the weights of a training in one go', async () => {
    const saved: Uint8Array[] = [];
    const options: FitOptions = {
      ...FAST,
      epochs: 4,
      learningRate: { rate: 0.02, schedule: 'cosine', warmUp: 3 },
      checkpoint: (bytes) => void saved.push(bytes),
    };
    const model = await modelOf();
    const whole = await last(fit(model, pictures, options));
    expect(saved).toHaveLength(4);
    const resumed = await lastValueFrom(
      fit(model, pictures, { ...options, resume: saved[1] as Uint8Array }).pipe(toArray()),
    );
    expect(resumed[0]).toMatchObject({ kind: 'step', epoch: 3, step: 13 });
    expect(weightsOf(resumed.at(-1)?.model as Model)).toEqual(weightsOf(whole.model));
  });

  test('only the stages that are named are trained, or the last ones', async () => {
    const model = await modelOf();
    const [initial, one, byName] = [
      weightsOf(model),
      weightsOf((await last(fit(model, pictures, { ...FAST, trainable: 1 }))).model),
      weightsOf((await last(fit(model, pictures, { ...FAST, trainable: ['d1'] }))).model),
    ];
    expect(one['c1/kernel']).toEqual(initial['c1/kernel']);
    expect(one['d1/kernel']).not.toEqual(initial['d1/kernel']);
    expect(byName).toEqual(one);
    const first = weightsOf((await last(fit(model, pictures, { ...FAST, trainable: ['c1'] }))).model);
    expect(first['d1/bias']).toEqual(initial['d1/bias']);
    expect(first['c1/bias']).not.toEqual(initial['c1/bias']);
  });

  test('early stopping ends after its patience, with the best weights', async () => {
    const model = await modelOf();
    const validation = pictureExamples(patterns(12, 7));
    // A rate of 0 brings nothing: the first epoch stays the best.
    const flat = await ends(
      fit(model, pictures, { ...FAST, epochs: 20, learningRate: 0, validation, earlyStopping: { patience: 2 } }),
    );
    expect(flat.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(flat.map(({ bestEpoch }) => bestEpoch)).toEqual([undefined, undefined, 1]);
    // A rate that spoils everything after the first epoch.
    const spoiling = (at: { epochs: number }) => (at.epochs < 1 ? 0.02 : 0.5);
    const kept = await ends(
      fit(model, pictures, {
        ...FAST,
        epochs: 20,
        learningRate: spoiling,
        optimizer: 'sgd',
        validation,
        earlyStopping: { patience: 2, monitor: 'accuracy' },
      }),
    );
    const end = kept.at(-1);
    expect(kept.length).toBeGreaterThan(2);
    expect(kept.length).toBeLessThan(20);
    expect(end?.bestEpoch).toBe(kept.length - 2);
    const weights = kept.map(({ model: latest }) => weightsOf(latest as Model));
    expect(weights.at(-1)).toEqual(weights[kept.length - 3]);
    expect(weights.at(-1)).not.toEqual(weights.at(-2));
  });

  test('unsubscribing ends it within one step', async () => {
    const model = await modelOf();
    let steps = 0;
    let asked = 0;
    function* endless() {
      for (;;) {
        asked++;
        yield pictures[asked % pictures.length] as (typeof pictures)[number];
      }
    }
    const some = await lastValueFrom(fit(model, () => endless(), { ...FAST, shuffle: 1 }).pipe(take(3), toArray()));
    steps = some.length;
    expect(steps).toBe(3);
    const then = asked;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBe(then);
    expect(then).toBeLessThanOrEqual(4 * 8 + 1);
  });

  test('unsubscribing before it has begun, twice, and while it waits for an example', async () => {
    const model = await modelOf();
    fit(model, pictures, FAST).subscribe().unsubscribe();
    const subscription = fit(model, pictures, FAST).subscribe();
    await new Promise((resolve) => setTimeout(resolve, 5));
    subscription.unsubscribe();
    subscription.unsubscribe();
    let isClosed = false;
    async function* stuck() {
      try {
        yield pictures[0] as (typeof pictures)[number];
        await new Promise((resolve) => setTimeout(resolve, 30));
        yield pictures[1] as (typeof pictures)[number];
      } finally {
        isClosed = true;
      }
    }
    const waiting = fit(model, () => stuck(), FAST).subscribe();
    await new Promise((resolve) => setTimeout(resolve, 10));
    waiting.unsubscribe();
    await expect.poll(() => isClosed).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test('unsubscribing from examples that never come leaves nothing, and asks for no more', async () => {
    const model = await modelOf();
    let isLeft = false;
    const silent = new Observable<(typeof pictures)[number]>((subscriber) => {
      subscriber.next(pictures[0] as (typeof pictures)[number]);
      return () => (isLeft = true);
    });
    const first = fit(model, silent, FAST).subscribe();
    await new Promise((resolve) => setTimeout(resolve, 20));
    first.unsubscribe();
    await expect.poll(() => isLeft).toBe(true);
    async function* never() {
      yield pictures[0] as (typeof pictures)[number];
      await new Promise(() => undefined);
    }
    const second = fit(model, () => never(), FAST).subscribe();
    await new Promise((resolve) => setTimeout(resolve, 20));
    second.unsubscribe();
    await expect.poll(() => tf.memory().numTensors).toBe(before());
  });

  test('unsubscribing while it validates writes no checkpoint', async () => {
    const model = await modelOf();
    let saved = 0;
    let begin = () => {};
    const validating = new Promise<void>((resolve) => (begin = resolve));
    const validation = () => {
      begin();
      return pictures;
    };
    const subscription = fit(model, pictures, { ...FAST, validation, checkpoint: () => void saved++ }).subscribe();
    await validating;
    subscription.unsubscribe();
    await expect.poll(() => tf.memory().numTensors).toBe(before());
    expect(saved).toBe(0);
  });

  test('an Observable may give anything, which is refused and not waited for', async () => {
    const model = await modelOf();
    await expect(last(fit(model, of(undefined) as never, FAST))).rejects.toThrow(/not undefined/);
  });

  test('a checkpoint of a training that has stopped early is at its end', async () => {
    const saved: Uint8Array[] = [];
    const options: FitOptions = {
      ...FAST,
      epochs: 20,
      learningRate: 0,
      earlyStopping: { patience: 1 },
      checkpoint: (bytes) => void saved.push(bytes),
    };
    await last(fit(await modelOf(), pictures, { ...options, seed: 2 }));
    const resumed = last(fit(await modelOf(), pictures, { ...options, seed: 2, resume: saved.at(-1) as Uint8Array }));
    await expect(resumed).rejects.toThrow(/has stopped early: give more patience/);
  });

  test('with more patience, it goes on as if it had not stopped', async () => {
    const saved: Uint8Array[] = [];
    // No epoch is so much better than the first one.
    const withPatience = async (patience: number, options: FitOptions = {}) => {
      const earlyStopping = { patience, minDelta: 10 };
      const kept = await ends(fit(await modelOf(), pictures, { ...FAST, epochs: 20, ...options, earlyStopping }));
      return kept.map(({ epoch, loss, bestEpoch, model }) => [epoch, loss, bestEpoch, weightsOf(model as Model)]);
    };
    const whole = await withPatience(3);
    expect(whole).toHaveLength(4);
    await withPatience(1, { checkpoint: (bytes) => void saved.push(bytes) });
    expect(saved).toHaveLength(2);
    expect(await withPatience(3, { resume: saved[1] as Uint8Array })).toEqual(whole.slice(2));
  });

  test('a training without early stopping can go on with it', async () => {
    const saved: Uint8Array[] = [];
    await last(fit(await modelOf(), pictures, { ...FAST, checkpoint: (bytes) => void saved.push(bytes) }));
    const options: FitOptions = { ...FAST, epochs: 20, earlyStopping: { patience: 2, minDelta: 10 } };
    const resumed = await ends(fit(await modelOf(), pictures, { ...options, resume: saved.at(-1) as Uint8Array }));
    expect(resumed.map(({ epoch, bestEpoch }) => [epoch, bestEpoch])).toEqual([
      [4, undefined],
      [5, undefined],
      [6, 4],
    ]);
  });

  test('frames of a source are held only until they are used, and each counts as delivered', async () => {
    const source = frameSource(
      {
        *[Symbol.iterator]() {
          for (const [i, { data }] of pictures.entries()) yield { data, timestamp: i };
        },
      },
      { source: 'bars', maxInFlight: 2 },
    );
    const examples = source.pipe(labelled(({ seq }) => pictures[seq]?.target));
    const end = await last(fit(await modelOf(), examples, { ...FAST, epochs: 1, batchSize: 16 }));
    expect(end).toMatchObject({ step: 3, examples: 48 });
    expect(closedAccount(source)).toEqual({ produced: 48, delivered: 48, discarded: 0, failed: 0 });
  });

  test('unsubscribing in the middle of a source closes its account', async () => {
    const source = frameSource(
      pictures.map(({ data, target }, i) => ({ data, target, timestamp: i })),
      { source: 'bars' },
    );
    await firstValueFrom(fit(await modelOf(), source, { ...FAST, shuffle: 1 }));
    await expect.poll(() => source.ledger.counts.inFlight).toBe(0);
    closedAccount(source);
  });

  test('a frame that can not be used is left out where its source skips failures', async () => {
    const arrivals = pictures.map(({ data, target }, i) => ({
      data,
      target: i % 10 === 3 ? 99 : target,
      timestamp: i,
    }));
    const bad = {
      data: { width: 2, height: 2, channels: 3, data: new Uint8Array(5) } as Pixels,
      target: 0,
      timestamp: 100,
    };
    const source = frameSource([...arrivals, bad], { source: 'bars', onError: 'skip' });
    const failures: string[] = [];
    source.failures.subscribe(({ error }) => failures.push(error.message));
    const end = await last(fit(await modelOf(), source, { ...FAST, epochs: 1 }));
    // Five of the targets are no classes, and one picture has too few bytes.
    expect(end.examples).toBe(43);
    expect(failures).toHaveLength(6);
    expect(failures[0]).toMatch(/class from 0 to 2/);
    expect(closedAccount(source)).toEqual({ produced: 49, delivered: 43, discarded: 0, failed: 6 });
  });

  test('examples may be an Observable, an iterable, an async iterable, or a function of the epoch', async () => {
    const model = await modelOf();
    async function* later() {
      for (const example of pictures) yield Promise.resolve(example) as unknown as (typeof pictures)[number];
    }
    const tensors = tensorExamples(patterns(48).map(({ values, target }) => ({ values, target })));
    const epochs: number[] = [];
    const kinds: Record<string, Examples> = {
      observable: from(pictures),
      array: pictures,
      set: new Set(pictures),
      later: () => later(),
      function: (epoch) => {
        epochs.push(epoch);
        return pictures;
      },
    };
    const weights: unknown[] = [];
    for (const examples of Object.values(kinds))
      weights.push(weightsOf((await last(fit(model, examples, FAST))).model));
    for (const some of weights) expect(some).toEqual(weights[0]);
    expect(epochs).toEqual([1, 2, 3]);
    const shapes = await lastValueFrom(
      fit(model, tensors, { ...FAST, epochs: 1 }).pipe(
        map(({ examples }) => examples),
        toArray(),
      ),
    );
    expect(shapes).toEqual([8, 8, 8, 8, 8, 8, 48]);
    tf.dispose(tensors.map(({ data }) => data));
  });

  test('a stage of your own takes part, and one without a gradient is named', async () => {
    const own = (f: (x: tf.Tensor2D) => tf.Tensor2D) =>
      stage<tf.Tensor2D, tf.Tensor2D>({ spec: { op: 'own' }, outputShape: (input) => input, kernel: () => f });
    const withOwn = (f: (x: tf.Tensor2D) => tf.Tensor2D) =>
      modelFrom(
        pipeline(
          { inputShape: [1, SIDE, SIDE, 1] },
          flatten(),
          dense({ name: 'first', units: 4, seed: 1 }),
          own(f),
          dense({ name: 'second', units: 3, seed: 2 }),
        ),
        PREPROCESS,
        { labels: LABELS },
      );
    const end = await last(fit(await withOwn((x) => tf.mul(tf.tanh(x), 2)), pictures, FAST));
    expect(end.loss).toBeLessThan(1);
    const bad = fit(await withOwn((x) => tf.mul(tf.cumsum(x, 1), 2)), pictures, FAST);
    await expect(last(bad)).rejects.toThrow(/no gradient can flow through the kernel Cumsum/);
    const frozen = fit(await withOwn((x) => tf.mul(tf.cumsum(x, 1), 2)), pictures, { ...FAST, trainable: ['second'] });
    expect((await last(frozen)).epoch).toBe(3);
  });

  describe('what goes wrong', () => {
    const failing = async (examples: Examples, options: FitOptions = {}) => {
      const error: unknown = await last(fit(await modelOf(), examples, { ...FAST, ...options })).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      return error as Error;
    };

    test.each<[string, Examples, RegExp]>([
      ['no examples', [], /no examples in epoch 1$/],
      ['only one class', pictures.filter(({ target }) => target === 1), /all 16 examples are of one class, middle/],
      [
        'a class that is too large',
        [{ ...(pictures[0] as (typeof pictures)[number]), target: 3 }],
        /class from 0 to 2/,
      ],
      ['a class below 0', [{ ...(pictures[0] as (typeof pictures)[number]), target: -1 }], /class from 0 to 2/],
      [
        'a list of the wrong length',
        [{ ...(pictures[0] as (typeof pictures)[number]), target: [1, 0] }],
        /a target must be a list/,
      ],
      ['no target', [{ data: pictures[0]?.data } as never], /needs to know what each example shows/],
      ['no example', [7 as never], /must be a labelled frame or \{ data, target \}, not 7/],
      ['null', [null as never], /not null/],
      ['text as data', [{ data: 'x', target: 0 } as never], /must be a picture or a tensor/],
    ])('%s', async (_what, examples, message) => {
      const error = await failing(examples);
      expect(error).toBeInstanceOf(Error);
      expect(error.message).toMatch(message);
    });

    test('a generator that was run through already', async () => {
      function* once() {
        yield* pictures;
      }
      const error = await failing(once());
      expect(error).toBeInstanceOf(TrainingError);
      expect(error.message).toMatch(/epoch 2\. A stream that can be run through only once/);
    });

    test('a tensor of another shape', async () => {
      const data = tf.zeros([1, 4, 4, 1]);
      const error = await failing([{ data, target: 0 }]);
      expect(error).toBeInstanceOf(ShapeError);
      data.dispose();
    });

    test('a loss that is no number any more names the step and a smaller rate', async () => {
      const error = await failing(pictures, { learningRate: 1e30, optimizer: 'sgd', shuffle: 1 });
      expect(error).toBeInstanceOf(TrainingError);
      expect(error.message).toMatch(/since step \d+, in epoch 1: .* learningRate of 1e\+29 in place of 1e\+30/);
    });

    test('a stream that fails', async () => {
      async function* broken() {
        yield pictures[0] as (typeof pictures)[number];
        throw await Promise.resolve(new Error('the disk is gone'));
      }
      expect((await failing(() => broken())).message).toBe('the disk is gone');
    });

    test('a checkpoint function that fails', async () => {
      const error = await failing(pictures, { checkpoint: () => Promise.reject(new Error('disk full')) });
      expect(error.message).toBe('disk full');
    });

    test('a checkpoint of a training that is done', async () => {
      const saved: Uint8Array[] = [];
      const options: FitOptions = { ...FAST, epochs: 1, checkpoint: (bytes) => void saved.push(bytes) };
      await last(fit(await modelOf(), pictures, options));
      const error = await failing(pictures, { ...options, resume: saved[0] as Uint8Array });
      expect(error.message).toMatch(/of epoch 1, so all 1 epochs are done: give more epochs/);
    });

    test('validation without examples', async () => {
      expect((await failing(pictures, { validation: [] })).message).toMatch(/validation has no examples/);
    });

    test('a checkpoint of another model', async () => {
      const saved: Uint8Array[] = [];
      await last(fit(await modelOf(), pictures, { ...FAST, checkpoint: (bytes) => void saved.push(bytes) }));
      const other = await modelFrom(
        pipeline({ inputShape: [1, SIDE, SIDE, 1] }, flatten(), dense({ units: 3, seed: 1 })),
        PREPROCESS,
        { labels: LABELS },
      );
      const resume = saved[0] as Uint8Array;
      await expect(last(fit(other, pictures, { ...FAST, resume }))).rejects.toThrow(/of another model/);
      await expect(last(fit(await modelOf(), pictures, { ...FAST, optimizer: 'sgd', resume }))).rejects.toThrow(
        /of another optimizer/,
      );
      const cut = resume.slice(0, 40);
      await expect(last(fit(await modelOf(), pictures, { ...FAST, resume: cut }))).rejects.toThrow(/checkpoint/);
    });
  });
});

describe('options', () => {
  test.each<[string, FitOptions, RegExp]>([
    ['epochs', { epochs: 0 }, /epochs must be a whole number of at least 1/],
    ['batchSize', { batchSize: 1.5 }, /batchSize/],
    ['shuffle', { shuffle: 0 }, /shuffle/],
    ['seed', { seed: 0.5 }, /seed/],
    ['optimizer', { optimizer: 'rmsprop' as never }, /one of sgd, momentum, adam, adamw/],
    ['learningRate', { learningRate: NaN }, /learningRate/],
    ['trainable', { trainable: ['nothing'] }, /trainable names nothing, but the stages with weights are c1, d1/],
    ['trainable as number', { trainable: 3 }, /from 1 to 2/],
    ['earlyStopping', { earlyStopping: { patience: 0 } }, /patience/],
    [
      'a part of another schedule',
      { learningRate: { rate: 1, every: 2 } },
      /every of learningRate is for schedule: 'step'/,
    ],
    [
      'the accuracy of a loss without one',
      { loss: meanSquaredError(), earlyStopping: { patience: 1, monitor: 'accuracy' } },
      /knows no right or wrong/,
    ],
    ['checkpoint', { checkpoint: 'file' as never }, /checkpoint must be a function/],
    ['resume', { resume: 'file' as never }, /resume must be the bytes/],
    ['loss', { loss: 'mse' as never }, /loss must be a stage/],
    ['a name that does not exist', { epoch: 3 } as never, /did you mean epochs/],
  ])('%s', async (_name, options, message) => {
    const model = await modelOf();
    expect(() => fit(model, [], options)).toThrow(OptionError);
    expect(() => fit(model, [], options)).toThrow(message);
  });

  test('what is no model', () => {
    expect(() => fit({} as never, [])).toThrow(OptionError);
  });

  test('examples that are none', async () => {
    await useEngine('cpu');
    await expect(last(fit(await modelOf(), 5 as never))).rejects.toThrow(
      /examples must be an Observable or an iterable/,
    );
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, toArray } from 'rxjs';
import {
  dense,
  fit,
  flatten,
  frameSource,
  modelFrom,
  pipeline,
  softmax,
  stage,
  TrainingError,
  useEngine,
  type Example,
  type FitOptions,
  type Loss,
  type Model,
} from 'sluice';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { closedAccount, tensorsStay } from '../support/balance.ts';
import { ENGINES } from '../support/compute.ts';
import { expectNear } from '../support/losses.ts';
import { patterns, pictureExamples, SIDE } from '../support/patterns.ts';

const PREPROCESS = { width: SIDE, height: SIDE, channels: 1, range: [-1, 1] } as const;
const SHAPE = [1, SIDE, SIDE, 1] as const;
const untrained = (): Promise<Model> =>
  modelFrom(
    pipeline({ name: 'bars', inputShape: SHAPE }, flatten(), dense({ name: 'd', units: 3 }), softmax()),
    PREPROCESS,
    { seed: 1, labels: ['top', 'middle', 'bottom'] },
  );
/** One step of all examples, along the plain gradient. */
const ONE_STEP: FitOptions = { optimizer: 'sgd', learningRate: 0.1, batchSize: 100, shuffle: 1 };
const pictures = pictureExamples(patterns(9));
const kernelOf = ({ pipeline: net }: Model) => Array.from(net.weights(SHAPE)['d/kernel']?.data ?? []);

/** How far the weights move in one step, and the step's loss. */
async function moved(examples: readonly Example[]) {
  const model = await untrained();
  const { model: trained, loss } = await lastValueFrom(fit(model, examples, ONE_STEP));
  const before = kernelOf(model);
  return { by: kernelOf(trained).map((value, i) => value - (before[i] ?? NaN)), loss };
}
const weighted = (...weights: (number | undefined)[]): Example[] =>
  weights.map((weight, i) => ({ ...(pictures[i] as Example), weight }));

describe.each(ENGINES)('fit on %s', (engine) => {
  beforeAll(() => useEngine(engine));
  tensorsStay();

  test('an example that weighs 2 moves the weights like two of them; the loss says so too', async () => {
    const one = await moved(weighted(2, 1, 1));
    const two = await moved([...weighted(1, 1, 1), pictures[0] as Example]);
    // The mean is over three examples, and over four.
    expectNear(
      one.by,
      two.by.map((step) => (4 / 3) * step),
      1e-6,
    );
    expectNear([one.loss], [(4 / 3) * two.loss], 1e-6);
  });

  test('one that weighs −1 moves them the other way', async () => {
    const [plain, against] = [await moved(weighted(1, 1)), await moved(weighted(-1, -1))];
    expectNear(
      against.by,
      plain.by.map((step) => -step),
      1e-6,
    );
    expectNear([against.loss], [-plain.loss], 1e-6);
  });

  test('those that weigh 0 change nothing, and no weight is one of 1', async () => {
    const { by, loss } = await moved(weighted(0, 0));
    expect(Math.max(...by.map(Math.abs))).toBe(0);
    expect(Math.abs(loss)).toBe(0);
    expect((await moved(weighted(undefined, undefined))).by).toEqual((await moved(weighted(1, 1))).by);
  });

  test('frames of a source have weights too', async () => {
    const arrivals = weighted(2, undefined, -1).map(({ data, target, weight }, timestamp) => ({
      data: data as (typeof pictures)[number]['data'],
      target,
      weight,
      timestamp,
    }));
    const model = await untrained();
    const source = frameSource(arrivals, { source: 'bars' });
    const { model: trained } = await lastValueFrom(fit(model, source, ONE_STEP));
    const { model: same } = await lastValueFrom(fit(model, weighted(2, 1, -1), ONE_STEP));
    expect(kernelOf(trained)).toEqual(kernelOf(same));
  });

  test('a loss of your own finds them in the label', async () => {
    const seen: unknown[] = [];
    const loss: Loss = stage<tf.Tensor2D, tf.Tensor1D>({
      spec: { op: 'own' },
      outputShape: () => [1],
      kernel: () => (x, label) => {
        seen.push(label?.weights);
        return tf.reshape(tf.mean(tf.square(x)), [1]);
      },
    });
    await lastValueFrom(fit(await untrained(), weighted(2, undefined, -1), { ...ONE_STEP, loss }));
    await lastValueFrom(fit(await untrained(), weighted(undefined, undefined), { ...ONE_STEP, loss }));
    expect(seen.filter(Boolean)).toEqual([[2, 1, -1]]);
  });

  test('a function gets the model as the last epoch has left it', async () => {
    const model = await untrained();
    const given: unknown[] = [];
    const progress = await lastValueFrom(
      fit(
        model,
        (epoch, now) => {
          given.push([epoch, now.pipeline.weights(SHAPE)]);
          return pictures;
        },
        { epochs: 3, validation: (_epoch, now) => (given.push(['validation', now.labels]), pictures) },
      ).pipe(toArray()),
    );
    const ends = progress.filter(({ kind }) => kind === 'epoch').map((one) => one.model.pipeline.weights(SHAPE));
    const labels = ['validation', model.labels];
    expect(given).toEqual([[1, model.pipeline.weights(SHAPE)], labels, [2, ends[0]], labels, [3, ends[1]], labels]);
  });
});

describe('fit refuses', () => {
  beforeAll(() => useEngine('wasm'));

  it.each([[NaN], [Infinity], [-Infinity], [1e39], ['2'], [null]])('the weight %o', async (weight) => {
    const training = fit(await untrained(), weighted(1, weight as never), ONE_STEP);
    const error: unknown = await lastValueFrom(training).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TrainingError);
    expect(error).toMatchObject({ stage: 'fit', frame: { seq: 1 } });
    expect(String(error)).toContain('fit: the weight of an example must be a finite number, not ');
  });

  it('a frame with such a weight, which fails by itself where its source skips failures', async () => {
    const arrivals = pictures.map(({ data, target }, i) => ({ data, target, weight: i === 4 ? NaN : 1, timestamp: i }));
    const source = frameSource(arrivals, { source: 'bars', onError: 'skip' });
    const { examples } = await lastValueFrom(fit(await untrained(), source, ONE_STEP));
    expect(examples).toBe(8);
    expect(closedAccount(source)).toMatchObject({ produced: 9, delivered: 8, failed: 1 });
  });
});

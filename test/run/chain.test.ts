import * as tf from '@tensorflow/tfjs-core';
import { concat, generate, map, of, Subject, take, type Observable } from 'rxjs';
import {
  frameSource,
  classify,
  conv2d,
  markDelivered,
  dense,
  flatten,
  Frame,
  globalAvgPool,
  OptionError,
  pipeline,
  ShapeError,
  stage,
  StageError,
  useEngine,
  type Arrival,
  type Source,
  type Stage,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, leakFree, run } from '../support/balance.ts';
import { arrival, arrivals, double, failing, scores, valueOf } from '../support/frames.ts';
import { spy, shapes, seqs } from '../support/spy-stage.ts';

beforeAll(() => useEngine('wasm'));

describe('kernels', () => {
  it('are built once for frames of one shape, at the first of them, and disposed at the end', () =>
    leakFree(async () => {
      const { made, log } = spy();
      const { values } = await run(
        shapes([
          [1, 2],
          [1, 2],
          [1, 2],
        ]).pipe(made, seqs),
      );
      expect(values).toEqual([0, 1, 2]);
      expect(log).toEqual(['build 1×2', 'run 1×2', 'run 1×2', 'run 1×2']);
    }));

  it('are built anew when the shape changes, and also when it changes back; none is left', () =>
    leakFree(async () => {
      const { made, log } = spy();
      const inside: number[] = [];
      await run(
        shapes([
          [1, 2],
          [1, 3],
          [1, 2],
        ]).pipe(
          made,
          map(() => inside.push(tf.memory().numTensors)),
        ),
      );
      expect(log).toEqual(['build 1×2', 'run 1×2', 'build 1×3', 'run 1×3', 'build 1×2', 'run 1×2']);
      expect(new Set(inside).size, 'the old kernel is gone when the new one runs').toBe(1);
    }));

  it('are kept when only the batch changes', () =>
    leakFree(async () => {
      const { made, log } = spy();
      const net = pipeline(conv2d({ filters: 2, kernelSize: 2, seed: 1 }), flatten(), dense({ units: 3, seed: 2 }));
      const stream = shapes([
        [1, 4, 4, 1],
        [5, 4, 4, 1],
        [2, 4, 4, 1],
      ]) as Source<tf.Tensor4D>;
      const { values, error } = await run(
        stream.pipe(
          made as unknown as Stage<tf.Tensor4D, tf.Tensor4D>,
          net,
          map(({ data }) => data.shape),
        ),
      );
      expect(error).toBeUndefined();
      expect(values).toEqual([
        [1, 3],
        [5, 3],
        [2, 3],
      ]);
      expect(log.filter((entry) => entry.startsWith('build'))).toEqual(['build 1×4×4×1']);
    }));

  it('behind a stage that gives one shape for all are kept as well', () =>
    leakFree(async () => {
      const [before, after] = [spy('before'), spy('after')];
      const stream = shapes([
        [1, 4, 4, 2],
        [1, 6, 5, 2],
      ]).pipe(before.made) as Observable<Frame<tf.Tensor4D>>;
      await run((stream.pipe(globalAvgPool()) as Observable<Frame<tf.Tensor>>).pipe(after.made));
      expect(before.log.filter((entry) => entry.startsWith('build')).length).toBe(2);
      expect(after.log).toEqual(['build 1×2', 'run 1×2', 'run 1×2']);
    }));

  it('belong to one subscription', () =>
    leakFree(async () => {
      const { made, log } = spy();
      const stream = shapes([[1, 2]]).pipe(made);
      await Promise.all([run(stream), run(stream)]);
      expect(log.filter((entry) => entry.startsWith('build')).length).toBe(2);
    }));

  it('of which one cannot be made: those made before are disposed, and the error is on the stream', () =>
    leakFree(async () => {
      const broken = stage<tf.Tensor, tf.Tensor>({
        spec: { op: 'broken' },
        outputShape: (input) => input,
        kernel(_input, _weights, own) {
          own(tf.scalar(1));
          throw new Error('no memory');
        },
      });
      const source = shapes([
        [1, 2],
        [1, 2],
      ]);
      const { values, error } = await run(source.pipe(spy().made, broken));
      expect(values).toEqual([]);
      expect((error as Error).message).toBe('no memory');
      expect(closedAccount(source)).toMatchObject({ produced: 1 });
    }));
});

describe('plain Observables of frames, synchronous ones too', () => {
  const made: Frame<tf.Tensor4D>[] = [];
  const endless = () =>
    generate({ initialState: 0, iterate: (k) => k + 1 }).pipe(
      map((k) => {
        const frame = Frame.of(arrival(k).data, { source: 'x', seq: k, timestamp: k });
        made.push(frame);
        return frame;
      }),
    );
  const releaseAll = () => made.splice(0).forEach((frame) => frame.release());

  it.each([
    ['a stage', (source: Observable<Frame<tf.Tensor4D>>) => source.pipe(double(), take(2), map(valueOf))],
    [
      'a chain',
      (source: Observable<Frame<tf.Tensor4D>>) =>
        source.pipe(
          double(),
          take(2),
          double(),
          map((frame) => valueOf(frame) / 2),
        ),
    ],
    [
      'deliver',
      (source: Observable<Frame<tf.Tensor4D>>) =>
        source.pipe(
          markDelivered(),
          take(2),
          map((frame) => 2 * valueOf(frame)),
        ),
    ],
  ])('%s stops one that never ends', (_, pipe) =>
    leakFree(async () => {
      const { values } = await run(pipe(endless()));
      expect(values).toEqual([0, 2]);
      expect(made.length).toBe(2);
      releaseAll();
    }),
  );

  it('an error in a stage stops one that never ends', () =>
    leakFree(async () => {
      const { values, error } = await run(endless().pipe(failing(2), map(valueOf)));
      expect([values, error]).toEqual([[0, 1], expect.any(StageError)]);
      expect(made.length).toBe(3);
      releaseAll();
    }));

  it('classify stops one that never ends when its subscriber leaves, and when a frame misfits', () =>
    leakFree(async () => {
      const subscription = endless().pipe(take(3), scores(), classify()).subscribe();
      subscription.unsubscribe();
      releaseAll();
      const { error } = await run(endless().pipe(scores(), classify({ labels: ['one'] })));
      expect(error).toBeInstanceOf(ShapeError);
      expect(made.length).toBe(1);
      releaseAll();
    }));

  it('inside tf.tidy: what classify awaits is not disposed with it', () =>
    leakFree(async () => {
      let results: ReturnType<typeof run<number>> | undefined;
      tf.tidy(() => {
        results = run(
          endless().pipe(
            take(4),
            double(),
            scores(),
            classify({ top: 1 }),
            map(({ classes }) => classes[0]?.score ?? NaN),
          ),
        );
      });
      expect((await results)?.values).toEqual([0, 2, 4, 6]);
      releaseAll();
    }));

  it('errors and completion come through', async () => {
    const stream = concat(of<Frame<tf.Tensor4D>>(), new Subject<never>().pipe(take(0)));
    expect(await run(stream.pipe(double(), markDelivered()))).toEqual({ values: [], completed: true });
  });
});

it('an option that is wrong is not kept for the first frame', () => {
  expect(() => stage({ spec: { op: 'a/b' }, outputShape: (input) => input, kernel: () => (x) => x })).toThrow(
    OptionError,
  );
});

it('many subscriptions one after the other leave nothing', () =>
  leakFree(async () => {
    for (let i = 0; i < 50; i++) {
      const net = pipeline(conv2d({ filters: 2, kernelSize: 1, seed: i }), flatten(), dense({ units: 2, seed: i }));
      const list: Arrival<tf.Tensor4D>[] = [...arrivals(2)];
      await run(frameSource(list, { source: 'again' }).pipe(net, classify()));
    }
  }));

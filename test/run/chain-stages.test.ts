import * as tf from '@tensorflow/tfjs-core';
import { from, lastValueFrom, map, Subject, type Observable } from 'rxjs';
import {
  frameSource,
  classify,
  conv2d,
  Frame,
  releaseModels,
  resize,
  stage,
  StageError,
  useEngine,
  type Pixels,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, leakFree, run } from '../support/balance.ts';
import { arrival, double, failing, frames, scores, valueOf } from '../support/frames.ts';
import { seqs, spy, shapes, type AnyFrame } from '../support/spy-stage.ts';

beforeAll(() => useEngine('wasm'));

describe('a stage that throws on a frame', () => {
  it('stop: the frames before it are delivered; the error names stage and frame and holds the cause', () =>
    leakFree(async () => {
      const source = frames(6);
      const { values, error } = await run(
        source.pipe(
          double(),
          failing(6),
          scores(),
          classify(),
          map(({ seq }) => seq),
        ),
      );
      expect(values).toEqual([0, 1, 2]);
      expect(error).toBeInstanceOf(StageError);
      expect(error).toMatchObject({
        code: 'stage-failed',
        stage: 'failing',
        frame: { source: 'test', seq: 3, timestamp: 120_000 },
        cause: new Error('no 6s'),
        message: 'stage failing failed on frame test #3 at 0.120 s: no 6s',
      });
      expect(closedAccount(source)).toEqual({ produced: 4, delivered: 3, discarded: 0, failed: 1 });
    }));

  it('skip: it is lost, told on failures with its cause, and the others go on', () =>
    leakFree(async () => {
      const source = frames(5, { onError: 'skip' });
      const failures: unknown[] = [];
      source.failures.subscribe((failure) => failures.push(failure));
      const { values } = await run(
        source.pipe(
          failing(1, 3),
          scores(),
          classify(),
          map(({ seq }) => seq),
        ),
      );
      expect(values).toEqual([0, 2, 4]);
      expect(failures).toMatchObject([
        { label: { seq: 1 }, error: { stage: 'failing', cause: new Error('no 1s') } },
        { label: { seq: 3 }, error: { stage: 'failing', cause: new Error('no 3s') } },
      ]);
      expect(closedAccount(source)).toEqual({ produced: 5, delivered: 3, discarded: 0, failed: 2 });
    }));

  it.each([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 3, '3'],
    ['a promise: stages do not await', Promise.resolve(), 'a Promise'],
  ])('so does one that gives %s', (_, output, told) =>
    leakFree(async () => {
      const forgetful = stage<tf.Tensor4D, tf.Tensor4D>({
        spec: { op: 'forgetful' },
        outputShape: (input) => input,
        kernel: () => () => output as unknown as tf.Tensor4D,
        clean: true,
      });
      const { error } = await run(frames(1).pipe(double(), forgetful, double('after')));
      expect(error).toMatchObject({
        stage: 'forgetful',
        message: expect.stringContaining(`its output is ${told}, not a tensor or a picture`),
      });
    }),
  );

  it('outside of a gate stops: there is nobody to tell', async () => {
    const one = (k: number) => Frame.of(arrival(k).data, { source: 'x', seq: k, timestamp: k });
    const { values, error } = await leakFree(async () => {
      const made = [one(0), one(1), one(2)];
      const result = await run(from(made).pipe(failing(1), seqs));
      for (const frame of made) frame.release();
      return result;
    });
    expect(values).toEqual([0]);
    expect(error).toBeInstanceOf(StageError);
  });
});

describe('a stage of your own', () => {
  const sum = (clean: boolean) =>
    stage<tf.Tensor, tf.Tensor>({
      spec: { op: 'sum' },
      outputShape: (input) => input,
      kernel: () => (x) => {
        const scratch = tf.add(x, 1);
        return tf.add(scratch, 1);
      },
      clean,
    });

  it('is tidied up behind', async () => {
    await leakFree(() =>
      run(
        shapes([
          [1, 2],
          [1, 2],
        ]).pipe(sum(false), spy().made),
      ),
    );
  });

  it('that says it is clean is believed', async () => {
    const before = tf.memory().numTensors;
    await run(
      shapes([
        [1, 2],
        [1, 2],
      ]).pipe(sum(true)),
    );
    expect(tf.memory().numTensors - before).toBe(2);
  });

  const passOn = stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'passOn' },
    outputShape: (input) => input,
    kernel: () => (x) => x,
  });

  it.each([
    ['first', (source: Observable<Frame<tf.Tensor4D>>) => source.pipe(passOn, double())],
    ['last', (source: Observable<Frame<tf.Tensor4D>>) => source.pipe(double(), passOn)],
    ['between', (source: Observable<Frame<tf.Tensor4D>>) => source.pipe(passOn, double(), passOn, passOn)],
  ])('may pass on its input, %s: nothing is freed twice or early', (_, pipe) =>
    leakFree(async () => {
      const { values, error } = await run(pipe(frames(3)).pipe(map(valueOf)));
      expect([values, error]).toEqual([[0, 2, 4], undefined]);
    }),
  );

  it('that passes on its input as the only stage leaves it alive for those beside it', () =>
    leakFree(async () => {
      const seen: number[] = [];
      const subject = new Subject<Frame<tf.Tensor4D>>();
      subject.pipe(passOn).subscribe((frame) => seen.push(valueOf(frame)));
      subject.subscribe((frame) => seen.push(valueOf(frame)));
      await run(frames(2).pipe(map((frame) => subject.next(frame))));
      expect(seen).toEqual([0, 0, 1, 1]);
    }));

  it('may take and give pictures; the same picture may come out', async () => {
    const picture: Pixels = { width: 2, height: 2, channels: 3, data: new Uint8Array(12) };
    const size = { width: 2, height: 2 };
    const { values } = await run(
      frameSource([{ data: picture, timestamp: 0 }], { source: 'test' }).pipe(
        resize(size),
        resize(size),
        map(({ data, timings }) => [data.width, timings.map(({ stage: name }) => name)]),
      ),
    );
    expect(values).toEqual([[2, ['resize', 'resize_1']]]);
  });
});

describe('a stage that does not keep its word', () => {
  it.each([
    [
      [1, 8, 8, 3],
      [1, 4, 4, 3],
    ],
    [
      [1, 4, 4, 3],
      [1, 8, 8, 3],
    ],
    [
      [1, 8, 8, 3],
      [8, 8, 3],
    ],
  ])('says %j and gives %j: fails its frame, and nothing is left', async (says, gives) => {
    const liar = stage<tf.Tensor, tf.Tensor>({
      spec: { op: 'liar' },
      outputShape: () => says,
      kernel: () => () => tf.ones(gives),
    });
    await releaseModels();
    const before = tf.memory().numTensors;
    const results = shapes([[1, 2, 2, 1]]).pipe(liar, conv2d({ filters: 1, kernelSize: 3, seed: 1 }) as AnyFrame);
    const error: unknown = await lastValueFrom(results).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain(`liar failed on frame`);
    expect(String(error)).toContain(
      `its output is [${gives.join(', ')}], but its outputShape says [${says.join(', ')}]`,
    );
    await releaseModels();
    expect(tf.memory().numTensors).toBe(before);
  });
});

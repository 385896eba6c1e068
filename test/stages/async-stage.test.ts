import * as tf from '@tensorflow/tfjs-core';
import { firstValueFrom, lastValueFrom, map, take, toArray } from 'rxjs';
import {
  asyncStage,
  classify,
  concatenate,
  flatten,
  frameSource,
  graph,
  OptionError,
  pipeline,
  residual,
  softmax,
  StageError,
  useEngine,
  warmUps,
  type AsyncStageDefinition,
} from 'sluice';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { closedAccount } from '../support/balance.ts';

beforeAll(() => useEngine('cpu'));

let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});

/** Frames of one number each: 0, 1, 2 … */
const numbers = (count: number, options: object = {}) =>
  frameSource(
    Array.from({ length: count }, (_, i) => ({ data: () => tf.tensor2d([[i]]), timestamp: i * 1000 })).map(
      ({ data, timestamp }) => ({ data: data(), timestamp }),
    ),
    { source: 'list', ...options },
  );

/** Ten times the number, when `until` says so. */
const slowly = (
  until: (value: number) => Promise<unknown>,
  more: Partial<AsyncStageDefinition<tf.Tensor2D, tf.Tensor2D>> = {},
) =>
  asyncStage<tf.Tensor2D, tf.Tensor2D>({
    spec: { op: 'slowly' },
    outputShape: (input) => input,
    kernel: () => async (x) => {
      const [value = NaN] = await x.data();
      await until(value);
      return tf.tensor2d([[10 * value]]);
    },
    ...more,
  });

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const values = map(({ data }: { data: tf.Tensor }) => data.dataSync()[0]);

describe('frames', () => {
  it('leave in their order, also where the later ones are ready first', async () => {
    const source = numbers(5, { maxInFlight: 5 });
    const backwards = slowly((value) => later(30 - 6 * value), { inFlight: 5 });
    expect(await lastValueFrom(source.pipe(backwards, values, toArray()))).toEqual([0, 10, 20, 30, 40]);
    expect(closedAccount(source)).toMatchObject({ produced: 5 });
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it.each([
    [1, 1],
    [3, 3],
  ])('are computed %i at once', async (inFlight, expected) => {
    let [now, most] = [0, 0];
    const counted = slowly(
      async () => {
        most = Math.max(most, ++now);
        await later(2);
        now--;
      },
      { inFlight },
    );
    await lastValueFrom(numbers(9, { maxInFlight: 9 }).pipe(counted, toArray()));
    expect(most).toBe(expected);
  });

  it('keep their leases while they are computed', async () => {
    const source = numbers(6, { maxInFlight: 2 });
    const open: number[] = [];
    const watched = slowly(async () => open.push(source.ledger.counts.inFlight), { inFlight: 9 });
    await lastValueFrom(source.pipe(watched, toArray()));
    expect(Math.max(...open)).toBe(2);
  });

  it('go on through other stages, before and after, and have the times of all', async () => {
    const net = pipeline({ name: 'net', inputShape: [1, 1, 1, 3] }, flatten(), slowly3(), softmax());
    const source = frameSource([{ data: tf.tensor4d([1, 2, 3], [1, 1, 1, 3]), timestamp: 0 }], { source: 'list' });
    const { classes, timings } = await firstValueFrom(source.pipe(net, classify({ top: 1 })));
    expect(classes[0]).toMatchObject({ index: 2, score: expect.closeTo(0.9999546, 6) as number });
    expect(timings.map(({ stage, method }) => `${stage} ${method}`)).toEqual([
      'flatten synced-wall',
      'slowly synced-wall',
      'softmax synced-wall',
      'classify synced-wall',
    ]);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

/** Ten times three numbers. */
const slowly3 = () =>
  asyncStage<tf.Tensor2D, tf.Tensor2D>({
    spec: { op: 'slowly' },
    outputShape: (input) => input,
    kernel: () => async (x) =>
      tf.tensor2d(
        [...(await x.data())].map((value) => 10 * value),
        [1, 3],
      ),
  });

describe('a computation', () => {
  it('belongs to one subscription, and is disposed when no frame is being computed', async () => {
    const log: string[] = [];
    let finish = (): void => undefined;
    const kept = asyncStage<tf.Tensor2D, tf.Tensor2D>({
      spec: { op: 'kept' },
      outputShape: (input) => input,
      kernel() {
        log.push('begin');
        return {
          async run(x) {
            await new Promise<void>((resolve) => (finish = resolve));
            log.push('computed');
            return x.clone();
          },
          dispose: () => log.push('dispose'),
        };
      },
    });
    const subscription = numbers(2).pipe(kept).subscribe();
    await later(5);
    subscription.unsubscribe();
    expect(log).toEqual(['begin']);
    finish();
    await later(5);
    expect(log).toEqual(['begin', 'computed', 'dispose']);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('is warmed up before the first frame where the input shape is declared', async () => {
    const seen: (string | undefined)[] = [];
    const warm: string[] = [];
    const watching = warmUps.subscribe(({ stage, done, total }) => warm.push(`${stage} ${done}/${total}`));
    const labelled = asyncStage<tf.Tensor2D, tf.Tensor2D>({
      spec: { op: 'labelled' },
      outputShape: (input) => input,
      kernel: () => async (x, label) => {
        seen.push(label?.source);
        return x.clone();
      },
    });
    await lastValueFrom(numbers(2).pipe(pipeline({ inputShape: [1, 1] }, labelled)));
    watching.unsubscribe();
    expect(seen).toEqual([undefined, 'list', 'list']);
    expect(warm).toEqual(['labelled 0/1', 'labelled 1/1']);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('is made again for another shape', async () => {
    const shapes: string[] = [];
    const any = asyncStage<tf.Tensor2D, tf.Tensor2D>({
      spec: { op: 'any' },
      outputShape: (input) => input,
      kernel(input) {
        shapes.push(input.join());
        return async (x) => x.clone();
      },
    });
    const frames = [tf.zeros([1, 2]), tf.zeros([1, 2]), tf.zeros([1, 3])].map((data, i) => ({ data, timestamp: i }));
    await lastValueFrom(
      frameSource(frames as { data: tf.Tensor2D; timestamp: number }[], { source: 'list' }).pipe(any),
    );
    expect(shapes).toEqual(['1,2', '1,3']);
  });
});

describe('an output that varies', () => {
  const found = (variesInShape: boolean) =>
    asyncStage<tf.Tensor2D, tf.Tensor2D>({
      spec: { op: 'found' },
      outputShape: () => [1, 1],
      variesInShape,
      kernel: () => async (x) => tf.zeros([1, 1 + ((await x.data())[0] ?? 0)]),
    });

  it('may do so where the stage says it', async () => {
    const shapes = numbers(3).pipe(
      found(true),
      flatten(),
      map(({ data }) => data.shape),
      toArray(),
    );
    expect(await lastValueFrom(shapes)).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
    ]);
  });

  it('fails its frame elsewhere', async () => {
    const source = numbers(3, { onError: 'skip' });
    const errors: Error[] = [];
    source.failures.subscribe(({ error }) => errors.push(error));
    expect(await lastValueFrom(source.pipe(found(false), toArray()))).toHaveLength(1);
    expect(errors.map(String)).toEqual([
      expect.stringMatching(
        /found failed on frame list #1 .*its output is \[1, 2\], but its outputShape says \[1, 1\]/,
      ),
      expect.stringMatching(/list #2/),
    ]);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('a failure', () => {
  const odd = (value: number) => (value % 2 ? Promise.reject(new Error(`${value} is odd`)) : Promise.resolve());

  it('fails the frame with the stage’s name and the cause', async () => {
    const source = numbers(4, { onError: 'skip', maxInFlight: 4 });
    const failed: unknown[] = [];
    source.failures.subscribe(({ error }) => failed.push(error));
    expect(await lastValueFrom(source.pipe(slowly(odd, { inFlight: 4 }), values, toArray()))).toEqual([0, 20]);
    expect(failed).toHaveLength(2);
    expect(failed[0]).toBeInstanceOf(StageError);
    expect(failed[0]).toMatchObject({ stage: 'slowly', frame: { seq: 1 }, cause: { message: '1 is odd' } });
    expect(closedAccount(source)).toMatchObject({ produced: 4, failed: 2 });
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('ends the stream by default', async () => {
    await expect(lastValueFrom(numbers(4).pipe(slowly(odd)))).rejects.toThrow(/1 is odd/);
  });

  it('in the warm-up ends the stream', async () => {
    const broken = asyncStage<tf.Tensor2D, tf.Tensor2D>({
      spec: { op: 'broken' },
      outputShape: (input) => input,
      kernel: () => () => Promise.reject(new Error('no runtime')),
    });
    await expect(lastValueFrom(numbers(1).pipe(pipeline({ inputShape: [1, 1] }, broken)))).rejects.toThrow(
      /broken.*warm-up.*no runtime/,
    );
  });

  it.each([
    ['nothing', undefined, /its output is undefined/],
    ['a number', 7, /its output is 7/],
  ])('%s as output', async (_, output, message) => {
    const wrong = asyncStage<tf.Tensor2D, tf.Tensor2D>({
      spec: { op: 'wrong' },
      outputShape: (input) => input,
      kernel: () => async () => output as never,
    });
    await expect(lastValueFrom(numbers(1).pipe(wrong))).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('of shapes that do not fit comes before the computation', async () => {
    let computed = 0;
    const counted = slowly(async () => computed++);
    const wants = pipeline({ inputShape: [1, 2] }, softmax());
    await expect(lastValueFrom(numbers(1).pipe(counted, wants))).rejects.toThrow(/declared for \[1, 2\]/);
    expect(computed).toBe(0);
  });
});

it('take(1) ends the work, and leaves nothing', async () => {
  let begun = 0;
  const source = numbers(100, { maxInFlight: 3 });
  const counted = slowly(async () => void begun++, { inFlight: 3 });
  expect(await firstValueFrom(source.pipe(counted, values, take(1)))).toBe(0);
  await later(10);
  expect(begun).toBeLessThan(10);
  // The frames that were not taken are the source's.
  tf.dispose((source as unknown as { rest?: tf.Tensor[] }).rest ?? []);
  expect(closedAccount(source)['delivered'] ?? 0).toBeLessThanOrEqual(1);
});

describe('it cannot be', () => {
  const stage = slowly(async () => undefined);

  it.each([
    ['in a graph', () => graph({ nodes: { a: { stage, from: 'input' } }, output: 'a' })],
    ['in residual', () => residual({}, stage as never)],
    ['in concatenate', () => concatenate({}, stage as never, softmax() as never)],
    [
      'in a pipeline inside of a graph',
      () => graph({ nodes: { a: { stage: pipeline(stage), from: 'input' } }, output: 'a' }),
    ],
  ])('%s', (_, make) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(/cannot hold \w+, which is asynchronous: put it before or after, in a pipeline/);
  });

  it('built on its own', () => {
    expect(() => stage.build([1, 1])).toThrow(/slowly is asynchronous: it can run on frames/);
    expect(() => pipeline(stage).build([1, 1])).toThrow(OptionError);
  });

  it.each([
    [{ inFlight: 0 }, /inFlight must be a whole number/],
    [{ inflight: 2 }, /did you mean inFlight/],
    [{ kernel: 7 }, /kernel must be a function, not 7/],
    [{ spec: { op: 'a/b' } }, /must not|name/],
  ])('%j', (wrong, message) => {
    expect(() => slowly(async () => undefined, wrong as never)).toThrow(message);
    expect(() => slowly(async () => undefined, wrong as never)).toThrow(OptionError);
  });
});

it('keeps its name and what it is in a summary', () => {
  const net = pipeline({ inputShape: [1, 3] }, slowly3().named('runtime'), softmax());
  expect(net.summary().rows.map(({ stage, op }) => `${stage} ${op}`)).toEqual(['runtime slowly', 'softmax softmax']);
});

import * as tf from '@tensorflow/tfjs-core';
import { map, Subject, take } from 'rxjs';
import {
  conv2d,
  dense,
  flatten,
  Frame,
  frameSource,
  infer,
  pipeline,
  releaseModels,
  softmax,
  stage,
  useEngine,
  warmUps,
  WeightsError,
  type Model,
  type Pixels,
  type Stage,
} from 'sluice';
import { inVirtualTime } from 'sluice/testing';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idle, leakFree, run } from '../support/balance.ts';
import { freshProcess, jsonOf } from '../support/fresh-process.ts';
import { arrival, frames } from '../support/frames.ts';
import { spy } from '../support/spy-stage.ts';

const INPUT = [1, 1, 1, 2] as const;
const values = map(({ data }: Frame<tf.Tensor>) => [...data.dataSync()]);

/** A network with 2 + 2 weights. */
const net = (seed = 1) =>
  pipeline(
    { inputShape: INPUT },
    conv2d({ filters: 2, kernelSize: 1, seed }),
    flatten(),
    dense({ units: 3, seed }),
    softmax(),
  );

/** How many tensors there are beside those of frames. */
const loaded = () => tf.memory().numTensors;

beforeEach(async () => {
  await useEngine('wasm');
  await releaseModels();
});
afterEach(() => releaseModels().then(() => undefined));

describe('pipes that run the same stages', () => {
  it('have one copy of the weights, and the numbers that each would have alone', async () => {
    const shared = net();
    const before = loaded();
    const alone = await run(frames(3).pipe(net(), values));
    await releaseModels();
    const counts: number[] = [];
    const open = Array.from({ length: 20 }, () => new Subject<Frame<tf.Tensor4D>>());
    const seen = open.map((source) => {
      const numbers: number[][] = [];
      source.pipe(shared, values).subscribe((value) => numbers.push(value));
      counts.push(loaded() - before);
      return numbers;
    });
    expect(new Set(counts).size, 'tensors after each subscription').toBe(1);
    for (let k = 0; k < 3; k++) {
      for (const source of open) {
        const frame = Frame.of(arrival(k).data, { source: 'x', seq: k, timestamp: k });
        source.next(frame);
        frame.release();
      }
    }
    for (const numbers of seen) expect(numbers).toEqual(alone.values);
    open.slice(1).forEach((source) => source.complete());
    await releaseModels();
    expect(loaded() - before, 'one pipe still uses them').toBe(counts[0]);
    open[0]?.complete();
    await releaseModels();
    expect(loaded()).toBe(before);
  });

  it('follow each other without loading it again, and warm up once', async () => {
    const shared = net();
    const told: number[] = [];
    const watching = warmUps.subscribe(({ done }) => told.push(done));
    for (let k = 0; k < 5; k++) await run(frames(1).pipe(shared));
    expect(told).toEqual([0, 1, 2, 3, 4]);
    await releaseModels();
    await run(frames(1).pipe(shared));
    watching.unsubscribe();
    expect(told.length).toBe(10);
  });

  it('also as parts of other pipes: renamed, and inside of infer', async () => {
    const model: Model = {
      ...(await mobilenetV1()),
      preprocess: { width: 1, height: 1, range: [0, 1] },
      labels: ['a', 'b', 'c'],
    };
    const body = pipeline({ inputShape: [1, 1, 1, 3] }, conv2d({ filters: 2, kernelSize: 1, seed: 1 }), flatten());
    const small: Model = { ...model, pipeline: pipeline(body, dense({ units: 3, seed: 1 })) };
    const picture = (): Pixels => ({ width: 1, height: 1, channels: 3, data: new Uint8Array(3) });
    const one = () => run(frameSource([{ data: picture(), timestamp: 0 }], { source: 'x' }).pipe(infer(small)));
    await releaseModels();
    const before = loaded();
    await one();
    const kept = loaded() - before;
    for (let k = 0; k < 3; k++) await one();
    expect([kept > 0, loaded() - before]).toEqual([true, kept]);

    const conv = conv2d({ filters: 2, kernelSize: 1, seed: 1 });
    await releaseModels();
    await run(frames(1).pipe(conv, conv));
    const twice = loaded() - before;
    for (let k = 0; k < 3; k++) await run(frames(1).pipe(conv, conv));
    expect(loaded() - before).toBe(twice);
  });

  it('of other weights, shapes or engines have their own', async () => {
    const shared = conv2d({ filters: 2, kernelSize: 1, seed: 1 });
    const other = shared.withWeights({ bias: [5, 6] });
    const sized = (size: number) =>
      frameSource([{ data: tf.ones<tf.Rank.R4>([1, size, size, 2]), timestamp: 0 }], { source: 'x' });
    const first = map(({ data }: Frame<tf.Tensor>) => data.dataSync()[0]);
    const [a, b, c] = await Promise.all([
      run(sized(1).pipe(shared, first)),
      run(sized(1).pipe(other, first)),
      run(sized(2).pipe(shared, first)),
    ]);
    expect(a?.values).toEqual(c?.values);
    expect((b?.values[0] ?? 0) - (a?.values[0] ?? 0)).toBeCloseTo(5);
    await useEngine('cpu');
    expect((await run(sized(1).pipe(shared, first))).values[0]).toBeCloseTo(a?.values[0] ?? NaN);
  });

  it('go on across a change of the engine, as do those that begin after it', () =>
    leakFree(async () => {
      const shared = net();
      const { values: expected } = await run(frames(2).pipe(net(), values));
      const seen: number[][] = [];
      const source = new Subject<Frame<tf.Tensor4D>>();
      source.pipe(shared, values).subscribe((value) => seen.push(value));
      const give = (k: number) => {
        const frame = Frame.of(arrival(k).data, { source: 'x', seq: k, timestamp: k });
        source.next(frame);
        frame.release();
      };
      give(0);
      for (const engine of ['cpu', 'wasm'] as const) {
        await useEngine(engine);
        give(1);
        const { values: late } = await run(frames(2).pipe(shared, values));
        for (const [i, row] of late.entries()) row.forEach((x, j) => expect(x).toBeCloseTo(expected[i]?.[j] ?? NaN, 5));
      }
      source.complete();
      seen.forEach((row, i) => row.forEach((x, j) => expect(x).toBeCloseTo(expected[Math.min(i, 1)]?.[j] ?? NaN, 5)));
      expect(seen.length).toBe(3);
    }));

  it('with pictures of ever new sizes: at most one unused copy waits', async () => {
    const shared = conv2d({ filters: 2, kernelSize: 1, seed: 1 });
    const before = loaded();
    const counts: number[] = [];
    for (let size = 1; size < 6; size++) {
      await run(
        frameSource([{ data: tf.ones<tf.Rank.R4>([1, size, size, 2]), timestamp: 0 }], { source: 'x' }).pipe(shared),
      );
      counts.push(loaded() - before);
    }
    expect(new Set(counts)).toEqual(new Set([2]));
    // The same within one pipe: the copy in use, and the one before it.
    const sizes = [1, 2, 3, 4].map((size) => ({ data: tf.ones<tf.Rank.R4>([1, size, size, 2]), timestamp: size }));
    const within: number[] = [];
    await run(
      frameSource(sizes, { source: 'x', maxInFlight: 1 }).pipe(
        shared,
        map(() => within.push(loaded())),
      ),
    );
    expect(Math.max(...within) - Math.min(...within)).toBeLessThanOrEqual(5);
  });

  it('who leaves within the warm-up leaves it to the others', () =>
    leakFree(async () => {
      const shared = net();
      let leaver: { unsubscribe(): void } | undefined;
      const watching = warmUps.subscribe(({ done }) => {
        if (done === 2) leaver?.unsubscribe();
      });
      const source = new Subject<Frame<tf.Tensor4D>>();
      leaver = source.pipe(shared).subscribe();
      leaver.unsubscribe();
      leaver = source.pipe(net(2)).subscribe();
      watching.unsubscribe();
      leaver.unsubscribe();
      const { values: numbers } = await run(frames(2).pipe(shared, values));
      expect(numbers.length).toBe(2);
    }));

  it('that cannot be built all get the error, and the next try builds anew', () =>
    leakFree(async () => {
      let broken = true;
      const weighted: Stage<tf.Tensor4D, tf.Tensor4D> = stage<tf.Tensor4D, tf.Tensor4D>({
        spec: { op: 'weighted' },
        outputShape: (input) => input,
        weightShapes: () => ({ factor: [2] }),
        seed: 1,
        kernel: (_input, { factor }) => {
          if (broken) throw new Error('no memory');
          return (x) => tf.mul(x, factor as tf.Tensor);
        },
      });
      const go = () =>
        run(frames(1).pipe(pipeline({ inputShape: INPUT }, conv2d({ filters: 2, kernelSize: 1, seed: 1 }), weighted)));
      for (const { error } of await Promise.all([go(), go(), go()])) expect((error as Error).message).toBe('no memory');
      broken = false;
      expect((await go()).completed).toBe(true);
      const missing = pipeline({ inputShape: INPUT }, conv2d({ filters: 2, kernelSize: 1 }));
      for (const { error } of await Promise.all([1, 2].map(() => run(frames(1).pipe(missing))))) {
        expect(error).toBeInstanceOf(WeightsError);
      }
    }));
});

describe('a stage of your own', () => {
  it('shares its weights; what its kernel makes is each subscription’s', () =>
    leakFree(async () => {
      let begun = 0;
      const weighted = stage<tf.Tensor4D, tf.Tensor4D>({
        spec: { op: 'weighted' },
        outputShape: (input) => input,
        weightShapes: () => ({ factor: [2] }),
        weights: { factor: [3, 4] },
        kernel: (_input, { factor }) => {
          begun++;
          return (x) => tf.mul(x, factor as tf.Tensor);
        },
      });
      const before = loaded();
      const open = Array.from({ length: 5 }, () => new Subject<Frame<tf.Tensor4D>>());
      const seen: number[][] = [];
      for (const source of open) source.pipe(weighted, values).subscribe((value) => seen.push(value));
      for (const source of open) {
        const frame = Frame.of(tf.ones<tf.Rank.R4>([...INPUT]), { source: 'x', seq: 0, timestamp: 0 });
        source.next(frame);
        frame.release();
      }
      expect([begun, loaded() - before]).toEqual([5, 1]);
      expect(seen).toEqual(open.map(() => [3, 4]));
      open.forEach((source) => source.complete());
    }));

  it('without weights is freed at once', async () => {
    const { made } = spy();
    const before = loaded();
    await run(frames(1).pipe(made as unknown as Stage<tf.Tensor4D, tf.Tensor4D>, take(1)));
    await idle();
    expect(loaded()).toBe(before);
  });
});

describe('what nobody uses', () => {
  it('is freed by itself after 5 seconds', async () => {
    const { code, stdout, stderr } = await freshProcess(`
      import * as tf from '@tensorflow/tfjs-core';
      import { conv2d, frameSource, useEngine } from 'sluice';
      await useEngine('cpu');
      const { setTimeout: real } = globalThis;
      const due = [];
      globalThis.setTimeout = (run, ms) => { due.push([run, ms]); return real(() => undefined, 0); };
      const picture = [{ data: tf.ones([1, 2, 2, 1]), timestamp: 0 }];
      frameSource(picture, { source: 'x' }).pipe(conv2d({ filters: 1, kernelSize: 1, seed: 1 })).subscribe({
        complete: () => queueMicrotask(() => {
          const before = tf.memory().numTensors;
          for (const [run, ms] of due) if (ms === 5000) run();
          console.log(JSON.stringify([before, tf.memory().numTensors]));
        }),
      });`);
    expect([code, stderr, JSON.parse(stdout)]).toEqual([0, '', [2, 0]]);
  });

  it('does not keep Node running for its last seconds', async () => {
    const script = (end: string) => `
      import * as tf from '@tensorflow/tfjs-core';
      import { conv2d, frameSource, useEngine } from 'sluice';
      await useEngine('wasm');
      const picture = [{ data: tf.ones([1, 2, 2, 1]), timestamp: 0 }];
      let done = 0;
      process.on('exit', () => console.log(JSON.stringify([process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length, tf.memory().numTensors, done])));
      frameSource(picture, { source: 'x' }).pipe(conv2d({ filters: 1, kernelSize: 1, seed: 1 })).subscribe({ complete: () => { done++; ${end} } });`;
    // Still loaded when the process ended by itself: it did not wait.
    expect(await jsonOf(script(''))).toEqual([expect.any(Number), 2, 1]);
  });

  it('sets no timer in virtual time', async () => {
    await inVirtualTime(async (time) => {
      await run(frames(2).pipe(net()));
      expect([time.pending, time.now()]).toEqual([0, 0]);
    });
  });

  it('is there to be used again after a release in the middle, and a release of nothing does nothing', async () => {
    const shared = net();
    const source = new Subject<Frame<tf.Tensor4D>>();
    const seen: number[][] = [];
    source.pipe(shared, values).subscribe((value) => seen.push(value));
    await Promise.all([releaseModels(), releaseModels()]);
    const frame = Frame.of(tf.ones<tf.Rank.R4>([...INPUT]), { source: 'x', seq: 0, timestamp: 0 });
    source.next(frame);
    frame.release();
    source.complete();
    expect(seen.length).toBe(1);
    await releaseModels();
    await releaseModels();
  });
});

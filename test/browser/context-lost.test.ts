import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, NEVER, firstValueFrom, merge, tap, toArray, type MonoTypeOperatorFunction } from 'rxjs';
import {
  frameSource,
  batch,
  classify,
  conv2d,
  currentEngine,
  flatten,
  globalAvgPool,
  inOrder,
  pipeline,
  preprocess,
  releaseModels,
  softmax,
  tapActivations,
  unbatch,
  useEngine,
  warmUps,
  type FrameSourceChanges,
  type Classification,
  type FrameResult,
  type Frame,
  type Pixels,
} from 'sluice';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { motionStage } from '../support/motion-stage.ts';

const SIZE = 24;
const FRAMES = 16;
const layers = [
  conv2d({ filters: 8, kernelSize: 3, seed: 1 }),
  globalAvgPool(),
  flatten({ name: 'features' }),
  softmax(),
] as const;
const net = pipeline(...layers);

interface Gpu {
  readonly gpgpu?: { readonly gl: WebGL2RenderingContext };
  readonly device?: { destroy(): void; readonly lost: Promise<unknown> };
}

/** What a crashed driver, or a page with too many contexts, does. */
function lose(): void {
  const { gpgpu, device } = tf.backend() as unknown as Gpu;
  gpgpu?.gl.getExtension('WEBGL_lose_context')?.loseContext();
  device?.destroy();
}

/** Loses the GPU at these frames, each once. */
function loseAt<T>(...seqs: number[]): MonoTypeOperatorFunction<Frame<T>> {
  const left = new Set(seqs);
  return tap(({ label }) => {
    if (left.delete(label.seq)) lose();
  });
}

let subscribed = 0;

function film(count: number, options: FrameSourceChanges = {}) {
  function* pictures() {
    subscribed++;
    for (let i = 0; i < count; i++) {
      const data = Uint8ClampedArray.from({ length: SIZE * SIZE * 3 }, (_, at) => (at * 7 + i * 31) % 256);
      yield { data: { width: SIZE, height: SIZE, channels: 3, data } satisfies Pixels, timestamp: i };
    }
  }
  return frameSource({ [Symbol.iterator]: pictures }, { source: 'film', maxInFlight: 3, ...options });
}

const ready = () => preprocess({ width: SIZE, height: SIZE, range: [-1, 1] });
const all = <T>(stream: Parameters<typeof lastValueFrom<T>>[0]) => lastValueFrom(stream.pipe(toArray()));
const scoresOf = (results: readonly FrameResult<Classification>[]) =>
  new Map(results.map(({ seq, classes }) => [seq, classes.map(({ score, index }) => [index, score])]));

/** What each frame's scores are: from plain JavaScript. */
let truth: ReturnType<typeof scoresOf>;

function expectTrue(results: readonly FrameResult<Classification>[]): void {
  for (const [seq, scores] of scoresOf(results)) {
    for (const [i, [index, score = NaN]] of scores.entries()) {
      expect(index).toBe(truth.get(seq)?.[i]?.[0]);
      expect(Math.abs(score - (truth.get(seq)?.[i]?.[1] ?? NaN)), `frame ${seq}`).toBeLessThan(1e-5);
    }
  }
}

describe.each(['webgl', 'webgpu'] as const)('%s', (engine) => {
  let tensors = 0;
  beforeEach(async () => {
    if (!truth) {
      await useEngine('cpu');
      truth = scoresOf(await all<FrameResult<Classification>>(film(FRAMES).pipe(ready(), net, classify())));
    }
    await useEngine(engine);
    await releaseModels();
    tensors = tf.memory().numTensors;
    subscribed = 0;
  });
  afterEach(async () => {
    await releaseModels();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it.each(['stop', 'skip'] as const)('goes on with the next frame, whatever onError says: %s', async (onError) => {
    const source = film(FRAMES, { onError });
    const failed: string[] = [];
    source.failures.subscribe(({ label, error }) => failed.push(`${label.seq} ${error.name} ${error.code}`));
    const results = await all<FrameResult<Classification>>(source.pipe(ready(), net, loseAt(6), classify()));
    expectTrue(results);
    // The one at hand was lost, and at most those in flight with it.
    expect(failed).toContain('6 EngineError context-lost');
    expect(failed.length).toBeLessThanOrEqual(3);
    expect(failed.every((text) => text.endsWith('EngineError context-lost'))).toBe(true);
    const seqs = results.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(seqs.length + failed.length).toBe(FRAMES);
    expect(source.ledger.counts).toMatchObject({
      produced: FRAMES,
      delivered: seqs.length,
      failed: failed.length,
      contextLost: failed.length,
      discarded: 0,
      inFlight: 0,
    });
    expect(subscribed).toBe(1);
    expect(currentEngine()).toEqual({ name: engine, reason: 'asked for; restarted after its GPU was lost' });
  });

  it('twice', async () => {
    const source = film(FRAMES);
    expectTrue(await all<FrameResult<Classification>>(source.pipe(ready(), net, loseAt(3, 10), classify())));
    const { delivered, failed, contextLost } = source.ledger.counts;
    expect([delivered + failed, contextLost]).toEqual([FRAMES, failed]);
    expect(failed).toBeGreaterThanOrEqual(2);
    expect(currentEngine()?.reason).toBe('asked for; restarted after its GPU was lost');
  });

  it('in all pipes that run', async () => {
    const sources = [film(FRAMES), film(FRAMES), film(FRAMES)];
    const streams = sources.map((source, i) => source.pipe(ready(), net, loseAt(...(i === 1 ? [7] : [])), classify()));
    const results = await Promise.all(streams.map((stream) => all<FrameResult<Classification>>(stream)));
    for (const [i, source] of sources.entries()) {
      expectTrue(results[i] ?? []);
      const { delivered, failed, contextLost } = source.ledger.counts;
      expect([delivered + failed, contextLost, results[i]?.length]).toEqual([FRAMES, failed, delivered]);
    }
    expect(sources[1]?.ledger.counts.failed).toBeGreaterThan(0);
  });

  it('that a model waits on for its next pipe: it is freed, and loaded again on the new one', async () => {
    await all(film(2).pipe(ready(), net, classify()));
    expect(tf.memory().numTensors).toBeGreaterThan(tensors);
    const { device } = tf.backend() as unknown as Gpu;
    lose();
    await device?.lost;
    // webgl tells of it in an event.
    await expect.poll(() => tf.memory().numTensors).toBe(tensors);
    const both = [film(4), film(4)].map((source) =>
      all<FrameResult<Classification>>(source.pipe(ready(), net, classify())),
    );
    for (const results of await Promise.all(both)) {
      expectTrue(results);
      expect(results.length).toBe(4);
    }
  });

  it('begins the state of a stage anew, and disposes the one before', async () => {
    const { made: motion, log } = motionStage();
    const source = film(FRAMES);
    const sums = inOrder(2, async ({ data, label }: Frame<tf.Tensor4D>) => {
      const numbers = await data.data<'float32'>();
      return { seq: label.seq, zero: numbers.every((value) => value === 0) };
    });
    const results = await all<{ seq: number; zero: boolean }>(source.pipe(ready(), motion, loseAt(6), sums));
    const { failed, contextLost } = source.ledger.counts;
    expect([results.length + failed, contextLost]).toEqual([FRAMES, failed]);
    const begin = `begin 1×${SIZE}×${SIZE}×3`;
    expect(log).toEqual([begin, 'dispose', begin, 'dispose']);
    // The first frame, and the first one on the new GPU, have none before them.
    const zeros = results.filter(({ zero }) => zero).map(({ seq }) => seq);
    expect(zeros.length).toBeLessThanOrEqual(2);
    expect(zeros[0]).toBe(0);
  });

  it('while nothing runs: the next one does', async () => {
    await all(film(2).pipe(ready(), net, classify()));
    const { device } = tf.backend() as unknown as Gpu;
    lose();
    await device?.lost;
    const source = film(5);
    const results = await all<FrameResult<Classification>>(source.pipe(ready(), net, classify()));
    expectTrue(results);
    expect(results.length).toBe(5);
  });

  it('while it warms up: the source is opened once, when all is ready', async () => {
    const declared = pipeline({ inputShape: [1, SIZE, SIZE, 3] }, ...layers);
    const told: string[] = [];
    const watching = warmUps.subscribe(({ stage, done, total }) => {
      told.push(`${stage} ${done}/${total}`);
      if (told.length !== 3) return;
      expect(subscribed).toBe(0);
      lose();
    });
    const source = film(4);
    const results = await all<FrameResult<Classification>>(source.pipe(ready(), declared, classify()));
    watching.unsubscribe();
    expectTrue(results);
    expect(subscribed).toBe(1);
    // webgpu may tell of it only when the first frames are under way.
    const { failed, contextLost } = source.ledger.counts;
    expect([results.length + failed, contextLost]).toEqual([4, failed]);
    if (engine === 'webgl') expect(failed).toBe(0);
    const steps = ['conv2d 0/4', 'globalAvgPool 1/4', 'features 2/4', 'softmax 3/4', 'softmax 4/4'];
    expect(told.slice(-5)).toEqual(steps);
    expect(told.slice(0, 3)).toEqual(steps.slice(0, 3));
    expect(told.length).toBeGreaterThan(7);
  });

  it('left meanwhile: nothing stays behind, nothing is told', async () => {
    const errors: unknown[] = [];
    const source = film(FRAMES);
    await new Promise<void>((done) => {
      const running = source
        .pipe(
          ready(),
          net,
          tap(({ label }) => {
            if (label.seq !== 5) return;
            lose();
            queueMicrotask(() => {
              running.unsubscribe();
              done();
            });
          }),
          classify(),
        )
        .subscribe({ error: (error: unknown) => errors.push(error) });
    });
    await useEngine(engine);
    expect(errors).toEqual([]);
    expect(source.ledger.counts.inFlight).toBe(0);
    expectTrue(await all<FrameResult<Classification>>(film(3).pipe(ready(), net, classify())));
  });

  it('frames that wait in a batch are lost with it', async () => {
    const source = film(FRAMES, { maxInFlight: 8 });
    const results = await all<FrameResult<Classification>>(
      source.pipe(
        ready(),
        conv2d({ filters: 8, kernelSize: 3, seed: 1 }),
        loseAt(9),
        batch({ size: 4 }),
        globalAvgPool(),
        flatten(),
        softmax(),
        unbatch(),
        classify(),
      ),
    );
    expectTrue(results);
    const { failed, contextLost, delivered } = source.ledger.counts;
    expect([delivered + failed, contextLost]).toEqual([FRAMES, failed]);
    // The ninth, and what the batch held already.
    expect(failed).toBeGreaterThanOrEqual(2);
  });

  it('no activation is told that is none', async () => {
    const tapped = tapActivations(net, { at: 'features' });
    const told: number[][] = [];
    const errors: unknown[] = [];
    tapped.activations.subscribe({
      next: ({ values }) => told.push(Array.from(values)),
      error: (error: unknown) => errors.push(error),
    });
    await all(film(FRAMES).pipe(ready(), tapped, loseAt(6), classify()));
    expect(errors).toEqual([]);
    expect(told.length).toBeGreaterThan(0);
    // Of a lost device, all would be zeros.
    expect(told.every((values) => values.some((value) => value !== 0))).toBe(true);
  });

  it('what else reads frames back fails with them', async () => {
    const source = film(FRAMES);
    const sums = await all<number>(
      source.pipe(
        ready(),
        net,
        loseAt(6),
        inOrder(2, async ({ data }) => (await data.data<'float32'>()).reduce((sum, score) => sum + score, 0)),
      ),
    );
    for (const sum of sums) expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
    const { failed, contextLost } = source.ledger.counts;
    expect([sums.length + failed, contextLost]).toEqual([FRAMES, failed]);
    expect(failed).toBeGreaterThan(0);
  });

  it('again and again: one clear error, in every pipe', async () => {
    const results: FrameResult<Classification>[] = [];
    const run = (seqs: number[]) =>
      all(
        film(FRAMES).pipe(
          ready(),
          net,
          loseAt(...seqs),
          classify(),
          tap((result) => results.push(result)),
        ),
      ).catch((error: unknown) => error);
    const errors = await Promise.all([run([3, 7, 11]), run([])]);
    const expected = {
      name: 'EngineError',
      code: 'engine',
      message: `engine ${engine} no longer works: its GPU was lost 3 times within a minute. Choose another with useEngine.`,
    };
    expect(errors[0]).toMatchObject(expected);
    // The other may have been through by then.
    if (!Array.isArray(errors[1])) expect(errors[1]).toMatchObject(expected);
    expectTrue(results);
    await expect(firstValueFrom(film(1).pipe(ready(), net, classify()))).rejects.toMatchObject(expected);
    // Chosen anew, it is forgiven.
    await useEngine(engine);
    expect((await all(film(2).pipe(ready(), net, classify()))).length).toBe(2);
  });
});

it('auto goes on with the next engine, and says why', async () => {
  // The software GPU of the tests calls itself a real one, because auto would leave it out.
  const { prototype } = (globalThis as unknown as { GPUAdapter: { prototype: { info: object } } }).GPUAdapter;
  vi.spyOn(prototype, 'info', 'get').mockReturnValue({ vendor: 'nvidia', architecture: 'ampere' });
  const getParameter = Reflect.get(WebGL2RenderingContext.prototype, 'getParameter') as (name: number) => unknown;
  vi.spyOn(WebGL2RenderingContext.prototype, 'getParameter').mockImplementation(function (
    this: WebGL2RenderingContext,
    name,
  ) {
    return name === this.RENDERER ? 'NVIDIA GeForce GTX 980' : getParameter.call(this, name);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const first = await useEngine('auto');
  expect(first.name).toBe('webgpu');
  const source = film(FRAMES);
  const results = await all<FrameResult<Classification>>(source.pipe(ready(), net, loseAt(3, 7, 11), classify()));
  expectTrue(results);
  const { delivered, failed, contextLost } = source.ledger.counts;
  expect([delivered + failed, contextLost]).toEqual([FRAMES, failed]);
  expect(currentEngine()).toEqual({
    name: 'webgl',
    reason: 'the fastest that works here; webgpu does not work: its GPU was lost 3 times within a minute',
  });
  // Nobody is left behind.
  expect(await firstValueFrom(merge(NEVER, film(1).pipe(ready(), net, classify())))).toMatchObject({ seq: 0 });
});

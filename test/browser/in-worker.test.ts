import * as tf from '@tensorflow/tfjs-core';
import { firstValueFrom, lastValueFrom, merge, take, tap, toArray, type Observable } from 'rxjs';
import {
  classification,
  frameSource,
  branch,
  classify,
  dense,
  EngineError,
  flatten,
  graph,
  inOrder,
  OptionError,
  pipeline,
  preprocess,
  residual,
  ShapeError,
  softmax,
  stage,
  StageError,
  StallError,
  useEngine,
  warmUps,
  WorkerError,
  type Classification,
  type FrameResult,
  type Frame,
  type Model,
  type Pixels,
} from 'sluice';
import { imageFiles, inWorker, webcam, type InWorkerOptions } from 'sluice/browser';
import { lenet5 } from 'sluice/pipelines/lenet5';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { mobilenetV1Int8 } from 'sluice/pipelines/mobilenet-v1-int8';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import photo from '../data/squirrel_cls.jpg?url';
import { closedAccount, expectLaw, run, watch } from '../support/balance.ts';
import { allowCamera } from './support/camera.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';
import { countWorkers } from './support/workers.ts';

let lenet: Model;
beforeAll(async () => {
  await useEngine('cpu');
  const { preprocess: digits, ...rest } = await lenet5({ seed: 1 });
  // Of noise, it would find no digit.
  lenet = { ...rest, preprocess: { ...digits, fit: 'contain' } };
});

const CPU = { engine: 'cpu' } as const;

/** Pictures of noise, all different. */
const noise = (count: number, size = 32) =>
  Array.from({ length: count }, (_, k) => ({
    data: {
      width: size,
      height: size,
      channels: 3,
      data: Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 7919 + k * 104_729 + i * i * (k + 1)) % 256),
    } satisfies Pixels,
    timestamp: k * 1000,
  }));

/** A model for pictures of 2 × 2. */
const networkOf = (net: unknown, labels: readonly string[] = []): Model => ({
  name: 'tiny',
  task: classification(),
  pipeline: net as Model['pipeline'],
  preprocess: { width: 2, height: 2, range: [0, 1] },
  labels,
});

/** On the page, as the worker is to do it. */
const onPage = (net: Model, frames: Observable<Frame<Pixels>>, top = 5) =>
  frames.pipe(preprocess(net.preprocess), net.pipeline, classify({ labels: net.labels, top }));

const withoutTimes = ({ source, seq, timestamp, classes, timings }: FrameResult<Classification>) => ({
  source,
  seq,
  timestamp,
  classes,
  stages: timings.map(({ stage, method }) => ({ stage, method })),
});

describe('gives what the page would', () => {
  it('on a photo, with MobileNet', async () => {
    const net = await mobilenetV1();
    const file = new File([await (await fetch(photo)).blob()], 'squirrel.jpg');
    const source = () => imageFiles([file], { resize: net.preprocess });
    await useEngine('wasm', { wasmPaths: WASM_PATHS });
    const here = await firstValueFrom(onPage(net, source()));
    await useEngine('cpu');
    const engines: string[] = [];
    const options: InWorkerOptions = {
      engine: 'wasm',
      wasmPaths: WASM_PATHS,
      onEngine: ({ name, reason }) => engines.push(`${name}: ${reason}`),
    };
    const there = await firstValueFrom(source().pipe(inWorker(net, options)));
    expect(withoutTimes(there)).toEqual(withoutTimes(here));
    expect(there.classes[0]?.label).toBe('fox squirrel');
    expect(engines).toEqual(['wasm: asked for']);
  });

  it('on a photo, with the levels of integers of 8 bits', async () => {
    const net = await mobilenetV1Int8();
    const file = new File([await (await fetch(photo)).blob()], 'squirrel.jpg');
    const source = () => imageFiles([file], { resize: net.preprocess });
    const options: InWorkerOptions = { engine: 'wasm', wasmPaths: WASM_PATHS };
    const there = await firstValueFrom(source().pipe(inWorker(net, options)));
    await useEngine('wasm', { wasmPaths: WASM_PATHS });
    const here = await firstValueFrom(onPage(net, source()));
    await useEngine('cpu');
    expect(there.classes).toEqual(here.classes);
    expect(there.classes[0]?.label).toBe('fox squirrel');
  });

  it('frame by frame, in order, however many are under way', async () => {
    const source = () => frameSource(noise(40), { source: 'noise', maxInFlight: 5 });
    const here = await lastValueFrom(onPage(lenet, source()).pipe(toArray()));
    const there = await lastValueFrom(source().pipe(inWorker(lenet, { ...CPU, inFlight: 3 }), toArray()));
    expect(there.map(withoutTimes)).toEqual(here.map(withoutTimes));
    expect(new Set(there.map(({ classes }) => classes[0]?.score)).size).toBe(40);
  });

  it('and tells how far its warm-up is', async () => {
    const told: string[] = [];
    const listening = warmUps.subscribe(({ stage, done, total }) => told.push(`${stage} ${done}/${total}`));
    await firstValueFrom(frameSource(noise(1), { source: 'noise' }).pipe(inWorker(lenet, CPU)));
    listening.unsubscribe();
    expect(told[0]).toBe('c1 0/9');
    expect(told.at(-1)).toBe('softmax 9/9');
  });

  it('with the options that classify has', async () => {
    const source = frameSource(noise(1), { source: 'noise' });
    const { classes } = await firstValueFrom(source.pipe(inWorker(lenet, { ...CPU, top: 3, minScore: 0.1 })));
    expect(classes.length).toBeLessThanOrEqual(3);
    expect(classes.every(({ score }) => score >= 0.1)).toBe(true);
  });

  it('from two sources of the same name, whose frames have the same numbers', async () => {
    const cameras = noise(2).map(({ data }) => frameSource([{ data, timestamp: 0 }], { source: 'camera' }));
    const alone = await Promise.all(cameras.map((camera) => firstValueFrom(onPage(lenet, camera))));
    const both = await lastValueFrom(merge(...cameras).pipe(inWorker(lenet, CPU), toArray()));
    expect(both.map(({ classes }) => classes)).toEqual(alone.map(({ classes }) => classes));
  });

  it('and for nothing, nothing', async () => {
    expect(await run(frameSource<Pixels>([], { source: 'none' }).pipe(inWorker(lenet, CPU)))).toEqual({
      values: [],
      completed: true,
    });
  });
});

describe('times', () => {
  it('are on the clock of the page', async () => {
    const before = performance.now();
    const results = await lastValueFrom(
      frameSource(noise(5), { source: 'noise', maxInFlight: 1 }).pipe(inWorker(lenet, CPU), toArray()),
    );
    const after = performance.now();
    for (const { timings, latencyMs } of results) {
      expect(timings[0]?.stage).toBe('preprocess');
      expect(timings.at(-1)?.stage).toBe('classify');
      const times = timings.flatMap(({ startMs, submitMs }) => [startMs, startMs + submitMs]);
      // Both contexts round what they are told of the time, to 0.1 ms.
      expect(times[0]).toBeGreaterThan(before - 0.5);
      expect(times.at(-1)).toBeLessThan(after + 0.5);
      for (const [i, time] of times.slice(1).entries()) expect(time).toBeGreaterThan((times[i] ?? Infinity) - 0.01);
      const spent = timings.reduce((sum, { waitMs, submitMs }) => sum + waitMs + submitMs, 0);
      expect(timings[0]?.waitMs).toBeGreaterThanOrEqual(-0.5);
      expect(spent).toBeLessThan(latencyMs + 0.5);
    }
  });

  it('are taken of the frames that the gate says, and count what was done on the page', async () => {
    const twice = stage<Pixels, Pixels>({
      spec: { op: 'mirror' },
      outputShape: (shape) => shape,
      kernel: () => (x) => ({ ...x, data: x.data.toReversed() }),
    });
    const source = frameSource(noise(3), { source: 'noise', profile: { every: 2 } });
    const results = await lastValueFrom(source.pipe(twice, inWorker(lenet, CPU), toArray()));
    expect(results.map(({ timings }) => timings.length > 0)).toEqual([true, false, true]);
    expect(results[0]?.timings.slice(0, 2).map(({ stage }) => stage)).toEqual(['mirror', 'preprocess']);
    expect(results.every(({ latencyMs }) => latencyMs > 0)).toBe(true);
  });

  it('are those of the device, on the frames that ask for them, where it can tell', async () => {
    const source = frameSource(noise(2), { source: 'noise', profile: { every: 1, deviceEvery: 2 } });
    const results = await lastValueFrom(source.pipe(inWorker(lenet, { engine: 'webgl' }), toArray()));
    const methods = results.map(({ timings }) => timings.slice(1, -1).map(({ method }) => method));
    expect(new Set(methods[0])).toEqual(new Set(['device-query']));
    expect(new Set(methods[1])).toEqual(new Set(['enqueue-only']));
  });
});

it('leaves pictures as they are for whoever else sees them', async () => {
  const pictures = noise(4);
  const sum = (data: Pixels['data']) => Uint8Array.from(data).reduce((a, b) => a + b, 0);
  const sums = pictures.map(({ data }) => sum(data.data));
  const later = inOrder(4, async ({ data }: Frame<Pixels>) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return sum(data.data);
  });
  const both = frameSource(pictures, { source: 'noise' }).pipe(
    branch({ through: inWorker(lenet, CPU) }, { through: later }),
    toArray(),
  );
  const seen = await lastValueFrom(both);
  expect(seen.filter((value) => typeof value === 'number')).toEqual(sums);
  expect(seen.length).toBe(8);
  expect(pictures.map(({ data }) => sum(data.data))).toEqual(sums);
});

describe('the gate', () => {
  beforeEach(() => allowCamera(true));

  it('holds a camera back while the worker is busy, and every frame is accounted for', async () => {
    const net = await mobilenetV1();
    const camera = webcam({ resize: net.preprocess, maxInFlight: 2 });
    const { leases, states } = watch(camera);
    const results = await lastValueFrom(camera.pipe(inWorker(net, { ...CPU, top: 1 }), take(6), toArray()));
    expect(results.length).toBe(6);
    expect(leases()).toBeLessThanOrEqual(2);
    const { delivered, dropped } = camera.ledger.counts;
    expect(delivered).toBe(6);
    expect(dropped.replaced).toBeGreaterThan(0);
    expect(states.length).toBeGreaterThan(12);
    closedAccount(camera);
    const seqs = results.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  });

  it('is told what holds it, where the worker does not answer', async () => {
    const workers: Worker[] = [];
    const worker = () => (workers[0] = sluiceWorker());
    const source = frameSource(noise(9), { source: 'noise', leaseTimeout: 200 });
    const stream = source.pipe(
      inWorker(lenet, { ...CPU, worker, inFlight: 1 }),
      tap(() => workers[0]?.terminate()),
    );
    const { error, values } = await run(stream);
    expect(error).toBeInstanceOf(StallError);
    expect(error).toMatchObject({ message: expect.stringContaining('is held by inWorker') as unknown });
    expect(values.length).toBeGreaterThan(0);
    closedAccount(source);
  });
});

/** Those that were ended, also by the test before, take a moment to be gone. */
const noWorkers = () => vi.waitFor(async () => expect(await countWorkers()).toBe(0), { timeout: 110_000 });

describe('leaves nothing behind', () => {
  it('when it is left half-way, or before it began', async () => {
    await noWorkers();
    const source = frameSource(noise(100), { source: 'noise' });
    await lastValueFrom(source.pipe(inWorker(lenet, CPU), take(3)));
    expectLaw(source.ledger.counts);
    expect(source.ledger.counts).toMatchObject({ delivered: 3, inFlight: 0, failed: 0 });
    const never = frameSource(noise(3), { source: 'noise' });
    never.pipe(inWorker(lenet, CPU)).subscribe().unsubscribe();
    const early = never.pipe(inWorker(lenet, CPU)).subscribe();
    await new Promise((resolve) => setTimeout(resolve, 5));
    early.unsubscribe();
    await noWorkers();
    expect(never.ledger.counts.produced).toBe(0);
  });

  it('ten times on and off: no worker, no tensor, no frame unaccounted for', async () => {
    await allowCamera(true);
    await noWorkers();
    const tensors = tf.memory().numTensors;
    const tracks: MediaStreamTrack[] = [];
    for (let i = 0; i < 10; i++) {
      const camera = webcam({ resize: lenet.preprocess });
      camera.stream.subscribe((stream) => tracks.push(...stream.getTracks()));
      await lastValueFrom(camera.pipe(inWorker(lenet, CPU), take(1 + (i % 3))));
      closedAccount(camera);
    }
    expect(tracks.map(({ readyState }) => readyState)).toEqual(Array.from({ length: 10 }, () => 'ended'));
    await noWorkers();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('and begins anew with every subscription', async () => {
    const stream = frameSource(noise(2), { source: 'noise' }).pipe(inWorker(lenet, CPU), toArray());
    const [first, second] = [await lastValueFrom(stream), await lastValueFrom(stream)];
    expect(second.map(withoutTimes)).toEqual(first.map(withoutTimes));
  });
});

describe('a frame that fails', () => {
  /** The second picture has too few bytes. */
  const broken = () =>
    noise(4).map((arrival, k) =>
      k === 1 ? { ...arrival, data: { ...arrival.data, data: new Uint8Array(7) } } : arrival,
    );

  it.each(['stop', 'skip'] as const)('fails as on the page, with the same error: %s', async (onError) => {
    const source = () => frameSource(broken(), { source: 'noise', onError });
    const [a, b] = [source(), source()];
    const errors: unknown[][] = [[], []];
    [a, b].forEach(({ failures }, i) => failures.subscribe(({ error }) => errors[i]?.push(error)));
    const here = await run(onPage(lenet, a));
    const there = await run(b.pipe(inWorker(lenet, CPU)));
    expect(there.values.map(withoutTimes)).toEqual(here.values.map(withoutTimes));
    expect(there.completed).toBe(onError === 'skip');
    const [[theirs], [ours]] = errors as [[StageError], [StageError]];
    expect(ours).toBeInstanceOf(StageError);
    expect(ours.message).toBe(theirs.message);
    expect(ours).toMatchObject({ code: 'stage-failed', stage: 'preprocess', frame: { source: 'noise', seq: 1 } });
    expect(ours.cause).toBeInstanceOf(ShapeError);
    if (onError === 'stop') expect(there.error).toBe(ours);
    expect(closedAccount(b).failed).toBe(1);
  });

  it('in the last stage too: scores that are no numbers', async () => {
    const net = pipeline(
      { name: 'nan', inputShape: [1, 2, 2, 3] },
      flatten(),
      dense({ units: 2, weights: { kernel: new Float32Array(24).fill(NaN), bias: [0, 0] } }),
      softmax(),
    );
    const { error } = await run(
      frameSource(noise(1), { source: 'noise' }).pipe(inWorker(networkOf(net, ['a', 'b']), CPU)),
    );
    expect(error).toBeInstanceOf(StageError);
    expect(error).toMatchObject({ stage: 'classify', frame: { seq: 0 } });
  });

  it('because it is no picture', async () => {
    const tensors = frameSource(noise(1), { source: 'noise' }).pipe(preprocess(lenet.preprocess));
    const { error } = await run(tensors.pipe(inWorker(lenet, CPU) as never));
    expect(error).toBeInstanceOf(ShapeError);
    expect(error).toMatchObject({
      stage: 'inWorker',
      frame: { seq: 0 },
      message: expect.stringContaining('needs pictures as the source gives them, without preprocess') as unknown,
    });
  });
});

it('a GPU that is lost in the worker is built anew there, and the page goes on', async () => {
  const workers: Worker[] = [];
  const losing = () => (workers[0] = new Worker(new URL('./losing-worker.ts', import.meta.url), { type: 'module' }));
  const source = frameSource(noise(12), { source: 'noise', maxInFlight: 1 });
  const errors: unknown[] = [];
  source.failures.subscribe(({ error }) => errors.push(error));
  const stream = source.pipe(
    inWorker(lenet, { engine: 'webgl', worker: losing }),
    tap(({ seq }) => (seq === 3 ? workers[0]?.postMessage({ type: 'lose' }) : undefined)),
  );
  let warm = 0;
  const listening = warmUps.subscribe(({ done, total }) => (warm += Number(done === total)));
  const { values, error } = await run(stream);
  listening.unsubscribe();
  expect(error).toBeUndefined();
  // That it was lost, and warmed up anew.
  expect(warm).toBe(2);
  const { delivered, failed } = closedAccount(source);
  expect(delivered).toBe(values.length);
  expect(failed).toBe(errors.length);
  expect(values.length + errors.length).toBe(12);
  for (const lost of errors) expect(lost).toMatchObject({ name: 'EngineError', code: 'context-lost' });
  // It went on after the loss, with the same numbers.
  expect(values.at(-1)?.seq).toBe(11);
  const here = await lastValueFrom(onPage(lenet, frameSource(noise(12), { source: 'noise' })).pipe(toArray()));
  expect(values.at(-1)?.classes[0]?.label).toBe(here.at(-1)?.classes[0]?.label);
});

describe('refuses', () => {
  const mine = (name: string) =>
    stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'mine', name },
      outputShape: (x) => x,
      kernel: () => (x) => tf.neg(x),
    });
  it('stages that it can not take along, by name, wherever they are', () => {
    const nodes = { c: { stage: mine('c'), from: 'input' } };
    const net: unknown = (pipeline as (...items: unknown[]) => unknown)(
      { inputShape: [1, 2, 2, 3] },
      mine('a'),
      residual(mine('b')),
      graph({ nodes, output: 'c' }),
      stage<tf.Tensor4D, tf.Tensor4D>({
        spec: { op: 'graphModel' },
        outputShape: (x) => x,
        kernel: () => (x) => tf.neg(x),
      }),
    );
    expect(() => inWorker(networkOf(net))).toThrow(OptionError);
    expect(() => inWorker(networkOf(net))).toThrow("inWorker can't run a, b, c, graphModel of tiny");
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'needs a model, { name, preprocess, pipeline, task, labels }, but got undefined'],
    [
      'a pipeline',
      pipeline({ inputShape: [1, 2, 2, 3] }, flatten()),
      'needs a model, { name, preprocess, pipeline, task, labels }, but got a function',
    ],
    ['a pipeline of open size', networkOf(pipeline(flatten())), 'declare inputShape for tiny'],
  ])('%s', (_what, net, message) => {
    expect(() => inWorker(net as Model)).toThrow(message);
  });

  it.each([
    [{ labels: ['a'] }, 'inWorker has no option "labels"'],
    [{ wasmPath: '/wasm/' }, 'did you mean wasmPaths?'],
    [{ top: 0 }, 'top'],
    [{ minScore: NaN }, 'minScore'],
    [{ inFlight: 1.5 }, 'inFlight'],
  ])('%j', (options, name) => {
    expect(() => inWorker(lenet, options as InWorkerOptions)).toThrow(name);
  });
});

describe('a worker that does not work', () => {
  const failing = async (options: InWorkerOptions) => {
    await noWorkers();
    const source = frameSource(noise(3), { source: 'noise' });
    const { error, values } = await run(source.pipe(inWorker(lenet, { ...CPU, ...options })));
    expect(values).toEqual([]);
    // It is not even asked for a frame.
    expect(source.ledger.counts.produced).toBe(0);
    await noWorkers();
    return error;
  };
  const script = (code: string) => () =>
    new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })), { type: 'module' });

  it.each([
    [
      'has no script',
      () => new Worker('/nowhere.js', { type: 'module' }),
      'did not start: its script could not be loaded. Make sure that',
    ],
    [
      'has a script that imports what is not there',
      script('import "/nowhere.js";'),
      'did not start: its script could not be loaded',
    ],
    [
      'throws at once',
      script('throw new Error("not today");'),
      'did not start: Uncaught Error: not today. Make sure that the server serves',
    ],
  ])('%s', async (_what, worker, message) => {
    const error = await failing({ worker });
    expect(error).toBeInstanceOf(WorkerError);
    expect(error).toMatchObject({ code: 'worker', message: expect.stringContaining(message) as unknown });
  });

  it('can not even be made', async () => {
    const worker = () => {
      throw new DOMException('not from there', 'SecurityError');
    };
    expect(await failing({ worker })).toMatchObject({
      code: 'worker',
      message: "inWorker can't start a worker here: not from there",
    });
  });

  it('has no such engine', async () => {
    const error = await failing({ engine: 'wasm', wasmPaths: '/nowhere/' });
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ message: expect.stringContaining('engine wasm does not work here') as unknown });
    expect(await failing({ engine: 'tpu' as 'cpu' })).toBeInstanceOf(OptionError);
  });

  it('is sent a model without weights', async () => {
    const net = pipeline({ name: 'bare', inputShape: [1, 2, 2, 3] }, flatten(), dense({ units: 2 }), softmax());
    const bare = networkOf(net, ['a', 'b']);
    const { error } = await run(frameSource(noise(1), { source: 'noise' }).pipe(inWorker(bare, CPU)));
    expect(error).toMatchObject({
      code: 'weights',
      message: expect.stringContaining('dense has no kernel') as unknown,
    });
  });

  it('has a listener that throws', async () => {
    const onEngine = () => {
      throw new RangeError('no room');
    };
    expect(await failing({ onEngine })).toMatchObject({ message: 'no room' });
  });

  it('dies half-way', async () => {
    const workers: Worker[] = [];
    const worker = () => (workers[0] = sluiceWorker());
    const source = frameSource(noise(50), { source: 'noise' });
    const stream = source.pipe(
      inWorker(lenet, { ...CPU, worker }),
      // What it can't read makes it throw.
      tap(() => workers[0]?.postMessage(null)),
    );
    const { error, values } = await run(stream);
    expect(error).toBeInstanceOf(WorkerError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/worker died: Uncaught TypeError.*'type'\)$/) as unknown,
    });
    expect(values.length).toBeLessThan(50);
    closedAccount(source);
  });
});

/** The worker as a page makes one that wants to do that itself. */
function sluiceWorker(): Worker {
  return new Worker(new URL('../../src/worker/worker.ts', import.meta.url), { type: 'module' });
}

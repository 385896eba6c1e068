import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, tap, toArray } from 'rxjs';
import {
  frameSource,
  classify,
  conv2d,
  flatten,
  globalAvgPool,
  pipeline,
  preprocess,
  softmax,
  timingReport,
  toChromeTrace,
  useEngine,
  type FrameSourceChanges,
  type Classification,
  type FrameResult,
  type Pixels,
  releaseModels,
} from 'sluice';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const SIZE = 48;
const net = pipeline(
  conv2d({ name: 'heavy', filters: 32, kernelSize: 5, padding: 'same', seed: 1 }),
  conv2d({ name: 'light', filters: 4, kernelSize: 1, seed: 2 }),
  globalAvgPool(),
  flatten(),
  softmax(),
);

function* pictures(count: number) {
  for (let i = 0; i < count; i++) {
    const data = new Uint8ClampedArray(SIZE * SIZE * 3).fill(i);
    yield { data: { width: SIZE, height: SIZE, channels: 3, data } satisfies Pixels, timestamp: i };
  }
}

const labelled = (count: number, options: FrameSourceChanges = {}) =>
  frameSource(pictures(count), { source: 'test', maxInFlight: 1, ...options }).pipe(
    preprocess({ width: SIZE, height: SIZE, range: [0, 1] }),
    net,
    classify({ top: 1 }),
  );

const run = (count: number, options?: FrameSourceChanges): Promise<FrameResult<Classification>[]> =>
  lastValueFrom(labelled(count, options).pipe(toArray()));

const methods = ({ timings }: FrameResult<Classification>) => timings.map(({ method }) => method);
const asked = (results: readonly FrameResult<Classification>[]) =>
  results.filter((result) => methods(result).includes('device-query')).map(({ seq }) => seq);

const ON_DEVICE = ['heavy', 'light', 'globalAvgPool', 'flatten', 'softmax'];

describe.each(['webgl', 'webgpu'] as const)('%s', (engine) => {
  beforeEach(async () => {
    await useEngine(engine);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('tells what the device worked on each stage, on frames that are sampled', async () => {
    await releaseModels();
    const before = tf.memory().numTensors;
    const results = await run(3);
    expect(results.map(methods)).toEqual([
      ['synced-wall', ...ON_DEVICE.map(() => 'device-query'), 'synced-wall'],
      ...[1, 2].map(() => ['synced-wall', ...ON_DEVICE.map(() => 'enqueue-only'), 'synced-wall']),
    ]);
    for (const { timings } of results) {
      for (const { method, deviceMs } of timings) expect(deviceMs === undefined).toBe(method === 'enqueue-only');
    }
    await releaseModels();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('what it tells fits into the time that passed, and the heavy stage has most of it', async () => {
    // The first one compiles shaders.
    const [, ...results] = await run(9, { profile: { every: 1, deviceEvery: 1 } });
    const least = new Map<string, number>();
    for (const { timings } of results) {
      const times = new Map(timings.map(({ stage, deviceMs }) => [stage, deviceMs ?? NaN]));
      const worked = ON_DEVICE.reduce((sum, stage) => sum + (times.get(stage) ?? NaN), 0);
      const [first, last] = [timings[1], timings.at(-1)];
      const passed = (last?.startMs ?? NaN) + (last?.submitMs ?? NaN) - (first?.startMs ?? NaN);
      expect(worked).toBeGreaterThan(0);
      // The two clocks may differ by what browsers round: a tenth of a millisecond.
      expect(worked).toBeLessThanOrEqual(passed + 0.1 * ON_DEVICE.length);
      for (const [stage, time] of times) least.set(stage, Math.min(time, least.get(stage) ?? Infinity));
    }
    // Other work of this machine makes a stage slower in some frames, but not in all of them.
    expect(least.get('heavy')).toBeGreaterThan(least.get('light') ?? NaN);
  });

  it.each<[FrameSourceChanges['profile'] & object, number[]]>([
    [{ every: 1, deviceEvery: 2 }, [0, 2, 4]],
    [{ every: 2, deviceEvery: 2 }, [0, 4]],
    [{ every: 1, deviceEvery: Infinity }, []],
    [{ every: Infinity, deviceEvery: 1 }, []],
    [{ every: 1 }, [0]],
  ])('asks as often as it is told to: %j', async (profile, expected) => {
    expect(asked(await run(6, { profile }))).toEqual(expected);
  });

  it('frames that are asked and frames that are not have the same scores', async () => {
    const scores = (results: readonly FrameResult<Classification>[]) => results.map(({ classes }) => classes[0]?.score);
    const every = await run(4, { profile: { every: 1, deviceEvery: 1 } });
    const none = await run(4, { profile: { every: 1, deviceEvery: Infinity } });
    expect(scores(every)).toEqual(scores(none));
  });

  it('the report is of the frames that were asked, and says so; the trace has a track for the device', async () => {
    const results: FrameResult<Classification>[] = [];
    const report = await lastValueFrom(
      labelled(5, { profile: { every: 1, deviceEvery: 2 } }).pipe(
        tap((result) => results.push(result)),
        timingReport(),
      ),
    );
    expect(report.stages.map(({ stage, method, frames }) => [stage, method, frames])).toEqual([
      ['preprocess', 'synced-wall', 5],
      ...ON_DEVICE.map((stage) => [stage, 'device-query', 3]),
      ['classify', 'synced-wall', 5],
    ]);
    const { traceEvents } = toChromeTrace(results, []);
    const track = traceEvents.find(({ args }) => args?.['name'] === 'device')?.tid;
    const slices = traceEvents.filter(({ ph, tid }) => ph === 'X' && tid === track);
    expect(slices.map(({ name }) => name)).toEqual([...ON_DEVICE, ...ON_DEVICE, ...ON_DEVICE]);
  });

  it('reads each frame back once, several at a time', async () => {
    const backend = tf.backend() as unknown as { read(id: object): Promise<unknown> };
    const read = backend.read.bind(backend);
    const seen = { reads: 0, now: 0, most: 0 };
    vi.spyOn(backend, 'read').mockImplementation(async (id) => {
      seen.reads++;
      seen.most = Math.max(seen.most, ++seen.now);
      return read(id).finally(() => seen.now--);
    });
    await run(8, { maxInFlight: 2, profile: { every: 1, deviceEvery: Infinity } });
    expect(seen).toEqual({ reads: 8, now: 0, most: 2 });
  });
});

describe('webgl', () => {
  interface Gl {
    readonly gpgpu: { readonly gl: WebGL2RenderingContext };
  }

  it('what was measured while the clock jumped is not told', async () => {
    await useEngine('webgl');
    const { gl } = (tf.backend() as unknown as Gl).gpgpu;
    const timer = gl.getExtension('EXT_disjoint_timer_query_webgl2') as { readonly GPU_DISJOINT_EXT: number };
    const getParameter = gl.getParameter.bind(gl);
    let questions = 0;
    // A jump can't be caused: the second frame's end is where it is seen.
    vi.spyOn(gl, 'getParameter').mockImplementation((name) =>
      name === timer.GPU_DISJOINT_EXT ? ++questions === 4 : (getParameter(name) as unknown),
    );
    const results = await run(3, { profile: { every: 1, deviceEvery: 1 } });
    vi.restoreAllMocks();
    expect(questions).toBe(6);
    expect(asked(results)).toEqual([0, 2]);
    expect(methods(results[1] as FrameResult<Classification>).slice(1, -1)).toEqual(
      ON_DEVICE.map(() => 'enqueue-only'),
    );
  });

  it('asks whether it is done by timers that are not held back: each question once, in order', async () => {
    await useEngine('webgl');
    const platform = tf.env().platform as unknown as { setTimeoutCustom(action: () => void, ms: number): void };
    const asked: number[] = [];
    await Promise.all(
      [0, 1, 2, 3].map(
        (i) => new Promise<void>((done) => platform.setTimeoutCustom(() => done(void asked.push(i)), 0)),
      ),
    );
    expect(asked).toEqual([0, 1, 2, 3]);
    // A question that fails keeps none from being asked.
    const heard = new Promise<string>((tell) => {
      addEventListener('error', (event) => (event.preventDefault(), tell(event.message)), { once: true });
    });
    platform.setTimeoutCustom(() => {
      throw new Error('not done');
    }, 0);
    await new Promise<void>((done) => platform.setTimeoutCustom(done, 1));
    expect(await heard).toContain('not done');
    // The page hears nothing of it, and nothing is kept.
    const messages: unknown[] = [];
    addEventListener('message', ({ data }) => messages.push(data));
    await run(4, { maxInFlight: 2 });
    expect(messages.filter((data) => String((data as { name?: unknown })?.name).includes('setTimeout'))).toEqual([]);
    expect((platform as unknown as { functionRefs: unknown[] }).functionRefs).toEqual([]);
  });

  it('says enqueue-only where there is no timer', async () => {
    await useEngine('webgl');
    const { gl } = (tf.backend() as unknown as Gl).gpgpu;
    vi.spyOn(gl, 'getExtension').mockReturnValue(null);
    const results = await run(1);
    vi.restoreAllMocks();
    expect(asked(results)).toEqual([]);
    expect(methods(results[0] as FrameResult<Classification>)).toEqual([
      'synced-wall',
      ...ON_DEVICE.map(() => 'enqueue-only'),
      'synced-wall',
    ]);
  });
});

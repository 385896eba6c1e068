import type * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, tap, toArray } from 'rxjs';
import {
  frameSource,
  batch,
  classify,
  markDelivered,
  flatten,
  StageError,
  TimestampError,
  toChromeTrace,
  unbatch,
  useEngine,
  type FrameSourceOptions,
  type ChromeTrace,
  type Classification,
  type FrameResult,
  type Frame,
  type GateEvent,
  type StageTiming,
  type TraceEvent,
} from 'sluice';
import { fakeCamera, inVirtualTime, takes } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TracedResult } from '../../src/timing/chrome-trace.ts';
import { leakFree, run } from '../support/balance.ts';
import { arrival, double, failing, frames } from '../support/frames.ts';
import { violations } from './json-schema.ts';
import { TRACE_SCHEMA } from './trace-event-schema.ts';

beforeAll(() => useEngine('wasm'));

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const stage = (name: string, startMs: number, submitMs: number, more: Partial<StageTiming> = {}): StageTiming => ({
  stage: name,
  startMs,
  waitMs: 0,
  submitMs,
  method: 'synced-wall',
  ...more,
});

const result = (seq: number, ...timings: StageTiming[]): FrameResult<Classification> => ({
  source: 'cam',
  seq,
  timestamp: seq * 1000,
  classes: [{ index: 1, label: 'cat', score: 1 }],
  timings,
  latencyMs: 5,
});

const label = (seq: number, source = 'cam') => ({ source, seq, timestamp: seq * 1000 });

/** Held to the format, and to what Perfetto needs beyond it; gives the trace as it is read back from JSON. */
function checked(trace: ChromeTrace): readonly TraceEvent[] {
  const text = JSON.stringify(trace);
  const { traceEvents } = JSON.parse(text) as ChromeTrace;
  expect(JSON.parse(text), 'nothing is lost in JSON').toEqual(trace);
  expect(violations(trace, TRACE_SCHEMA)).toEqual([]);
  expect(trace.displayTimeUnit).toBe('ms');
  // Metadata first, then everything in the order of time.
  const timed = traceEvents.findIndex(({ ph }) => ph !== 'M');
  const events = timed < 0 ? [] : traceEvents.slice(timed);
  expect(events.every(({ ph }) => ph !== 'M')).toBe(true);
  const times = events.map(({ ts }) => ts ?? NaN);
  expect(
    times.every((ts, i) => ts >= (times[i - 1] ?? 0)),
    'sorted',
  ).toBe(true);
  // Every track has one name, and no two have the same.
  const names = traceEvents.filter(({ name }) => name === 'thread_name').map(({ tid, args }) => [tid, args?.['name']]);
  expect(new Set(names.map(([tid]) => tid)).size).toBe(names.length);
  expect(new Set(names.map(([, name]) => name)).size).toBe(names.length);
  for (const { tid } of events) expect(names.map(([id]) => id)).toContain(tid);
  // Perfetto drops a slice that begins before the one before it on its track has ended.
  const until = new Map<number, number>();
  for (const { ph, tid, ts = NaN, dur = NaN } of events) {
    if (ph !== 'X') continue;
    expect(ts, `slices overlap on track ${tid}`).toBeGreaterThanOrEqual((until.get(tid) ?? 0) - 1e-3);
    until.set(tid, ts + dur);
  }
  return traceEvents;
}

/** The names of the tracks, from top to bottom. */
function tracksOf(events: readonly TraceEvent[]): unknown[] {
  const order = new Map(
    events
      .filter(({ name }) => name === 'thread_sort_index')
      .map(({ tid, args }) => [tid, Number(args?.['sort_index'])]),
  );
  return events
    .filter(({ name }) => name === 'thread_name')
    .toSorted((a, b) => (order.get(a.tid) ?? 0) - (order.get(b.tid) ?? 0))
    .map(({ args }) => args?.['name']);
}

/** What is on a track: `X name ts+dur`, `i name ts`. */
function on(track: string, events: readonly TraceEvent[]): string[] {
  const tid = events.find(({ name, args }) => name === 'thread_name' && args?.['name'] === track)?.tid;
  return events
    .filter((event) => event.ph !== 'M' && event.tid === tid)
    .map(({ ph, name, ts, dur }) => `${ph} ${name} ${ts}${dur === undefined ? '' : `+${dur}`}`);
}

describe('toChromeTrace', () => {
  it('has a track per stage, and one for the gate above them', () => {
    const results = [
      result(0, stage('conv2d', 1, 2), stage('dense', 3, 0.5)),
      result(1, stage('conv2d', 5, 1.25), stage('dense', 6.25, 0.5)),
    ];
    const events = checked(toChromeTrace(results, []));
    expect(tracksOf(events)).toEqual(['gate', 'conv2d', 'dense']);
    expect(on('conv2d', events)).toEqual(['X conv2d 1000+2000', 'X conv2d 5000+1250']);
    expect(on('dense', events)).toEqual(['X dense 3000+500', 'X dense 6250+500']);
    expect(on('gate', events)).toEqual([]);
  });

  it('tells of each slice whose it is, and how its time was obtained', () => {
    const [slice] = checked(toChromeTrace([result(3, stage('net', 1, 2, { waitMs: 0.5, deviceMs: 1.5 }))], [])).filter(
      ({ ph }) => ph === 'X',
    );
    expect(slice?.cat).toBe('stage');
    expect(slice?.args).toEqual({
      source: 'cam',
      seq: 3,
      timestamp: 3000,
      waitMs: 0.5,
      deviceMs: 1.5,
      method: 'synced-wall',
    });
  });

  it('shows what the device worked as early as it can have been: after it was handed over, and after what was before', () => {
    const device = (name: string, start: number, deviceMs: number) =>
      stage(name, start, 0.5, { method: 'device-query', deviceMs });
    const events = checked(
      toChromeTrace(
        [
          result(0, stage('resize', 1, 1, { deviceMs: 1 }), device('a', 2, 4), device('b', 3, 1), device('c', 9, 1)),
          result(1, stage('a', 10, 1, { method: 'enqueue-only' })),
          result(2, device('a', 20, 1)),
        ],
        [],
      ),
    );
    expect(on('device', events)).toEqual(['X a 2000+4000', 'X b 6000+1000', 'X c 9000+1000', 'X a 20000+1000']);
    expect(on('a', events)).toEqual(['X a 2000+500', 'X a 10000+1000', 'X a 20000+500']);
  });

  it('is in microseconds, to the nanosecond', () => {
    const events = checked(toChromeTrace([result(0, stage('a', 1.0000004, 0.0000016), stage('b', 1 / 3, 0))], []));
    expect(on('a', events)).toEqual(['X a 1000+0.002']);
    expect(on('b', events)).toEqual(['X b 333.333+0']);
  });

  it.each([1.00000049, 1.00000051, 1 / 3])(
    'neighbours touch, however %f ms are rounded: no further track for them',
    (step) => {
      const events = checked(
        toChromeTrace(
          upTo(1000).map((n) => result(n, stage('a', n * step, step))),
          [],
        ),
      );
      expect(tracksOf(events)).toEqual(['gate', 'a']);
    },
  );

  it('frames that are in a stage together have tracks beside each other', () => {
    const results = [
      result(0, stage('net', 0, 1), stage('classify', 1, 10)),
      result(1, stage('net', 2, 1), stage('classify', 3, 10)),
      result(2, stage('net', 4, 1), stage('classify', 11, 10)),
    ];
    const events = checked(toChromeTrace(results, []));
    expect(tracksOf(events)).toEqual(['gate', 'net', 'classify', 'classify (2)']);
    expect(on('classify', events)).toEqual(['X classify 1000+10000', 'X classify 11000+10000']);
    expect(on('classify (2)', events)).toEqual(['X classify 3000+10000']);
  });

  it('a batch is one slice, with all its frames', () => {
    const together = { batch: 3 };
    const results = [0, 1, 2].map((seq) =>
      result(seq, stage('before', seq, 0.5), stage('net', 10, 4, { waitMs: 10 - seq, ...together })),
    );
    const events = checked(toChromeTrace([...results, result(3, stage('net', 20, 4, { batch: 1 }))], []));
    expect(on('net', events)).toEqual(['X net 10000+4000', 'X net 20000+4000']);
    const slices = events.filter(({ name, ph }) => name === 'net' && ph === 'X');
    expect(slices.map(({ args }) => args?.['seqs'])).toEqual([[0, 1, 2], [3]]);
    expect(on('before', events)).toHaveLength(3);
  });

  it('waiting at the gate is a slice, drops and faults are instants of their track', () => {
    const fault = new TimestampError(label(5), 5000);
    const failure = new StageError('net', label(3), new Error('no'));
    const log: GateEvent[] = [
      { type: 'arrived', at: 1, label: label(0), bytes: 0 },
      { type: 'admitted', at: 1, label: label(0) },
      { type: 'arrived', at: 2, label: label(1), bytes: 0 },
      { type: 'arrived', at: 3, label: label(2), bytes: 0 },
      { type: 'dropped', at: 3, label: label(1), cause: 'replaced' },
      { type: 'closed', at: 4, label: label(0), outcome: 'delivered' },
      { type: 'admitted', at: 4, label: label(2) },
      { type: 'arrived', at: 5, label: label(5), bytes: 0 },
      { type: 'failed', at: 5, label: label(5), error: fault },
      { type: 'refused', at: 5, label: label(5), outcome: 'failed' },
      { type: 'failed', at: 6, label: label(3), error: failure },
    ];
    const events = checked(toChromeTrace([result(0, stage('net', 1, 2))], log));
    expect(on('gate', events)).toEqual([
      'X wait 1000+0',
      'i dropped: replaced 3000',
      'X wait 3000+1000',
      'i failed: timestamp 5000',
      'i refused: failed 5000',
    ]);
    expect(on('net', events)).toEqual(['X net 1000+2000', 'i failed: stage-failed 6000']);
    const instants = events.filter(({ ph }) => ph === 'i');
    expect(instants.every(({ s }) => s === 't')).toBe(true);
    expect(instants.at(-1)?.args).toEqual({ ...label(3), message: failure.message });
  });

  it('frames that wait together have tracks beside each other, too', () => {
    const log = [0, 1, 2].flatMap((seq): GateEvent[] => [
      { type: 'arrived', at: seq, label: label(seq), bytes: 0 },
      { type: 'admitted', at: 10 + seq, label: label(seq) },
    ]);
    expect(tracksOf(checked(toChromeTrace([], log)))).toEqual(['gate', 'gate (2)', 'gate (3)']);
  });

  it('two sources with equal numbers keep their frames apart', () => {
    const log: GateEvent[] = [
      { type: 'arrived', at: 0, label: label(0, 'left'), bytes: 0 },
      { type: 'arrived', at: 5, label: label(0, 'right'), bytes: 0 },
      { type: 'admitted', at: 7, label: label(0, 'left') },
      { type: 'admitted', at: 8, label: label(0, 'right') },
    ];
    const waits = checked(toChromeTrace([], log)).filter(({ ph }) => ph === 'X');
    expect(waits.map(({ ts, dur, args }) => [args?.['source'], ts, dur])).toEqual([
      ['left', 0, 7000],
      ['right', 5000, 3000],
    ]);
  });

  it('a source that is opened again begins at 0 again', () => {
    const log = [0, 100].flatMap((from): GateEvent[] => [
      { type: 'arrived', at: from, label: label(0), bytes: 0 },
      { type: 'admitted', at: from + 2, label: label(0) },
    ]);
    const waits = checked(toChromeTrace([], log)).filter(({ ph }) => ph === 'X');
    expect(waits.map(({ ts, dur }) => [ts, dur])).toEqual([
      [0, 2000],
      [100_000, 2000],
    ]);
  });

  it('an admission without an arrival (a log that begins in the middle) waited for nothing', () => {
    expect(on('gate', checked(toChromeTrace([], [{ type: 'admitted', at: 9, label: label(0) }])))).toEqual([
      'X wait 9000+0',
    ]);
  });

  it.each(['"quoted" \\ back', 'Schicht №1 — 畳み込み', '\u0000\n</script>', '😀', '__proto__', 'gate'])(
    'a stage named %j',
    (name) => {
      const source = `source ${name}`;
      const trace = toChromeTrace([{ ...result(0, stage(name, 1, 1)), source }], []);
      const events = checked(trace);
      expect(tracksOf(events)).toContain(name);
      expect(on(name, events)).toEqual([`X ${name} 1000+1000`]);
    },
  );

  it('timestamps that are no numbers stay readable', () => {
    for (const timestamp of [NaN, Infinity, -Infinity]) {
      const bad = { source: 'cam', seq: 0, timestamp };
      const log: GateEvent[] = [
        { type: 'arrived', at: 1, label: bad, bytes: 0 },
        { type: 'failed', at: 1, label: bad, error: new TimestampError(bad, undefined) },
        { type: 'refused', at: 1, label: bad, outcome: 'failed' },
      ];
      const events = checked(toChromeTrace([], log));
      expect(events.at(-1)?.args?.['timestamp']).toBe(String(timestamp));
    }
  });

  it('nothing of a result but what the trace needs gets in: it may hold anything', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    checked(toChromeTrace([{ ...result(0, stage('a', 1, 1)), extra: circular } as FrameResult<Classification>], []));
  });

  it('nothing at all is a trace as well', () => {
    expect(tracksOf(checked(toChromeTrace([], [])))).toEqual(['gate']);
    expect(tracksOf(checked(toChromeTrace([result(0)], [])))).toEqual(['gate']);
  });

  it('leaves what it is given as it was', () => {
    const results = Object.freeze([result(1, stage('a', 5, 1)), result(0, stage('a', 1, 1))]);
    const before = structuredClone(results);
    toChromeTrace(results, Object.freeze([]));
    expect(results).toEqual(before);
  });

  it('of 10,000 frames in ten stages, at once', () => {
    const names = upTo(10).map((n) => `stage ${n}`);
    const results = upTo(10_000).map((n) => result(n, ...names.map((name, i) => stage(name, n * 10 + i, 0.9))));
    const log = upTo(10_000).flatMap((n): GateEvent[] => [
      { type: 'arrived', at: n * 10, label: label(n), bytes: 0 },
      n % 2
        ? { type: 'dropped', at: n * 10 + 3, label: label(n), cause: 'full' }
        : { type: 'admitted', at: n * 10 + 3, label: label(n) },
    ]);
    const startedAt = performance.now();
    const trace = toChromeTrace(results, log);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(trace.traceEvents).toHaveLength(1 + 2 * 11 + 100_000 + 10_000);
    expect(violations(trace, TRACE_SCHEMA)).toEqual([]);
  });
});

describe('a whole run', () => {
  /** In virtual time: the trace, what the gate told, and the results. */
  const traced = (
    options: Partial<FrameSourceOptions>,
    pipe: (from: ReturnType<typeof camera>) => ReturnType<typeof classified>,
  ) =>
    leakFree(() =>
      inVirtualTime(async () => {
        const source = camera(options);
        const log: GateEvent[] = [];
        source.events.subscribe((event) => log.push(event));
        const results = await lastValueFrom(pipe(source).pipe(toArray()), { defaultValue: [] });
        return { events: checked(toChromeTrace(results, log)), log, results, ledger: source.ledger.counts };
      }),
    );
  const camera = (options: Partial<FrameSourceOptions>) =>
    frameSource(fakeCamera({ fps: 30, seconds: 4, data: (k): tf.Tensor4D => arrival(k).data }), {
      source: 'camera',
      ...options,
    });
  const classified = (from: ReturnType<typeof camera>) =>
    from.pipe(double('first'), failing(14, 40), takes(100), flatten(), classify());

  it('shows every frame, every drop and every fault', async () => {
    const { events, ledger, results } = await traced({ onError: 'skip' }, classified);
    expect(tracksOf(events).slice(0, 4)).toEqual(['gate', 'first', 'failing', 'flatten']);
    const count = (name: string): number => events.filter((event) => event.ph !== 'M' && event.name === name).length;
    expect(count('dropped: replaced')).toBe(ledger.dropped.replaced);
    expect(ledger.dropped.replaced).toBeGreaterThan(50);
    expect(count('failed: stage-failed')).toBe(ledger.failed);
    expect(count('wait')).toBe(ledger.delivered + ledger.failed);
    expect(count('classify')).toBe(results.length);
    expect(count('first')).toBe(results.length);
  });

  it('shows a fault on the track of its stage', async () => {
    const { events, ledger } = await traced({ onError: 'skip', maxInFlight: 100 }, classified);
    expect(ledger.failed).toBe(2);
    const faults = events.filter(({ name }) => name === 'failed: stage-failed');
    expect(on('failing', events).filter((event) => event.startsWith('i'))).toHaveLength(2);
    expect(faults.map(({ args }) => args?.['seq'])).toEqual([7, 20]);
    // They came at 7/30 and 20/30 s.
    expect(faults.map(({ ts }) => Math.round((ts ?? 0) / 1000))).toEqual([233, 667]);
  });

  it('shows how long frames waited at the gate: as the traces say', async () => {
    const { events, results } = await traced({ policy: { buffer: 3 } }, (from) =>
      from.pipe(takes(50), double(), flatten(), classify()),
    );
    const waits = new Map(
      events
        .filter(({ name, ph }) => ph === 'X' && name === 'wait')
        .map(({ args, dur = 0 }) => [args?.['seq'], dur / 1000]),
    );
    expect(waits.size).toBe(results.length);
    for (const { seq, timings } of results) expect(timings[0]?.waitMs).toBeCloseTo((waits.get(seq) ?? NaN) + 50, 2);
    // Three wait together.
    expect(tracksOf(events)).toContain('gate (3)');
  });

  it('of batches: a slice for each', async () => {
    const { events, results } = await traced({ maxInFlight: 8 }, (from) =>
      from.pipe(batch({ size: 4 }), double(), flatten(), unbatch(), classify()),
    );
    expect(results).toHaveLength(120);
    expect(on('double', events)).toHaveLength(30);
    expect(on('classify', events).length).toBeGreaterThan(0);
  });

  it('of pipes that end in frames', async () => {
    await leakFree(async () => {
      const source = frames(3);
      const kept: TracedResult[] = [];
      const keep = tap((frame: Frame<tf.Tensor4D>) => void kept.push({ ...frame.label, timings: frame.timings }));
      await run(source.pipe(double(), markDelivered(), keep));
      expect(on('double', checked(toChromeTrace(kept, [])))).toHaveLength(3);
    });
  });
});

describe('the schema can tell', () => {
  const event = { ph: 'X', name: 'a', cat: 'stage', ts: 1, dur: 1, pid: 1, tid: 1 };
  it.each<[string, unknown]>([
    ['no object', []],
    ['no events', {}],
    ['something else besides', { traceEvents: [], more: 1 }],
    ['another unit', { traceEvents: [], displayTimeUnit: 's' }],
    ['a phase that we do not use', { traceEvents: [{ ...event, ph: 'B' }] }],
    ['no time', { traceEvents: [{ ...event, ts: undefined }] }],
    ['a time that is no number', { traceEvents: [{ ...event, ts: NaN }] }],
    ['a negative duration', { traceEvents: [{ ...event, dur: -1 }] }],
    ['a track by name', { traceEvents: [{ ...event, tid: 'gate' }] }],
    ['an instant without scope', { traceEvents: [{ ph: 'i', name: 'a', cat: 'gate', ts: 1, pid: 1, tid: 1 }] }],
    ['a track without a name', { traceEvents: [{ ph: 'M', name: 'thread_name', pid: 1, tid: 1, args: {} }] }],
    [
      'metadata that does not exist',
      { traceEvents: [{ ph: 'M', name: 'track_name', pid: 1, tid: 1, args: { name: 'a' } }] },
    ],
  ])('%s', (_, trace) => {
    expect(violations(trace, TRACE_SCHEMA)).not.toEqual([]);
  });

  it('what is right', () => {
    expect(violations({ traceEvents: [event] }, TRACE_SCHEMA)).toEqual([]);
  });
});

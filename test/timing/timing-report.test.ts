import { assert, array, double, property } from 'fast-check';
import type * as tf from '@tensorflow/tfjs-core';
import { concat, from, lastValueFrom, map, NEVER, Observable, of, Subject, take, throwError, toArray } from 'rxjs';
import {
  frameSource,
  classify,
  markDelivered,
  dense,
  flatten,
  Frame,
  OptionError,
  timingReport,
  useEngine,
  type Percentiles,
  type StageTiming,
  type TimingReport,
} from 'sluice';
import { fakeCamera, inVirtualTime, takes } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, leakFree, run } from '../support/balance.ts';
import { arrival, double as doubled, frames, scores } from '../support/frames.ts';

beforeAll(() => useEngine('wasm'));

type Timed = { timings: StageTiming[]; latencyMs: number };

const stage = (name: string, submitMs: number, more: Partial<StageTiming> = {}): StageTiming => ({
  stage: name,
  startMs: 0,
  waitMs: 0,
  submitMs,
  deviceMs: submitMs,
  method: 'synced-wall',
  ...more,
});

const timed = (latencyMs: number, ...timings: StageTiming[]): Timed => ({ latencyMs, timings });

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function last(results: readonly Timed[]): Promise<TimingReport> {
  return lastValueFrom(from(results).pipe(timingReport()));
}

/** The value that so many percent are not above. */
function exact(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? NaN;
}

function expectNear(actual: Percentiles, values: readonly number[]): void {
  for (const [key, percent] of [
    ['p50', 50],
    ['p95', 95],
    ['p99', 99],
    ['max', 100],
  ] as const) {
    const wanted = exact(values, percent);
    // A tenth of a percent, and a nanosecond where that is nothing.
    expect(Math.abs(actual[key] - wanted), `${key} ${actual[key]} of ${wanted}`).toBeLessThanOrEqual(
      wanted * 1e-3 + 1.1e-6,
    );
  }
}

describe('the percentiles', () => {
  it('of 1 … 100 ms, by hand', async () => {
    const { frames: count, latency, stages } = await last(upTo(100).map((n) => timed(n + 1, stage('a', (n + 1) / 10))));
    expect(count).toBe(100);
    const rounded = (times: Percentiles, digits: number) =>
      [times.p50, times.p95, times.p99, times.max].map((ms) => Number(ms.toFixed(digits)));
    expect(rounded(latency, 0)).toEqual([50, 95, 99, 100]);
    expect(stages[0]).toMatchObject({ stage: 'a', frames: 100, share: 1 });
    expect(rounded(stages[0] as Percentiles, 1)).toEqual([5, 9.5, 9.9, 10]);
  });

  it('are within 0.1 % of the exact ones, whatever the times, from microseconds to minutes', async () => {
    const ms = double({ min: -6, max: 5.5, noNaN: true }).map((exponent) => 10 ** exponent);
    assert(
      property(array(ms, { minLength: 1, maxLength: 200 }), (times) => {
        let report: TimingReport | undefined;
        from(times.map((time) => timed(time, stage('a', time))))
          .pipe(timingReport())
          .subscribe((one) => (report = one));
        expectNear(report?.latency as Percentiles, times);
        expectNear(report?.stages[0] as Percentiles, times);
      }),
      { numRuns: 200 },
    );
  });

  it('of 100,000 frames of a long-tailed time', async () => {
    let state = 1;
    const times = upTo(100_000).map(() => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return -Math.log(((state >>> 8) + 1) / 2 ** 24) * 20;
    });
    expectNear((await last(times.map((time) => timed(time)))).latency, times);
  });

  it.each([
    ['one frame', [7]],
    ['none took any time', [0, 0]],
  ])('%s', async (_, times) => {
    expectNear((await last(times.map((time) => timed(time)))).latency, times);
  });

  it('a time that is no number is left out, the frame is counted', async () => {
    const { frames: count, latency } = await last([timed(NaN, stage('a', NaN)), timed(5, stage('a', 1))]);
    expect(count).toBe(2);
    expectNear(latency, [5]);
  });

  it('more than ten minutes count as ten minutes', async () => {
    const { latency } = await last([timed(1e9)]);
    expect(latency.max / 60_000).toBeCloseTo(10, 1);
  });
});

describe('the stages', () => {
  it('are in the order they came, each with its frames and its share', async () => {
    const { stages } = await last([
      timed(1, stage('b', 1), stage('a', 3)),
      timed(1, stage('b', 1), stage('a', 3), stage('c', 2)),
    ]);
    expect(stages.map(({ stage: name, frames: count, share }) => [name, count, Number(share.toFixed(6))])).toEqual([
      ['b', 2, 0.2],
      ['a', 2, 0.6],
      ['c', 1, 0.2],
    ]);
  });

  it('are of the frames that were timed; latency is of all', async () => {
    const { frames: count, stages } = await last(upTo(10).map((n) => (n % 5 ? timed(1) : timed(1, stage('a', 1)))));
    expect([count, stages[0]?.frames]).toEqual([10, 2]);
    const { stages: none, latency } = await last(upTo(10).map(() => timed(4)));
    expect(none).toEqual([]);
    expectNear(latency, [4]);
  });

  it("a batch's time counts in parts for its frames; the device's where there is one", async () => {
    const inBatch = upTo(4).map(() => timed(9, stage('net', 8, { batch: 4 }), { ...stage('gpu', 1), deviceMs: 5 }));
    const { stages } = await last(inBatch);
    expectNear(stages[0] as Percentiles, [2]);
    expectNear(stages[1] as Percentiles, [5]);
  });

  it('do not grow without bound: a histogram takes what its range takes, not what its frames do', () => {
    const results = upTo(500).map((n) => timed(n, ...upTo(50).map((i) => stage(`stage ${i}`, (n * i) / 100))));
    const memory = (): number => {
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return (heapUsed + arrayBuffers) / 2 ** 20;
    };
    const stream = new Subject<Timed>();
    stream.pipe(timingReport({ period: Infinity })).subscribe();
    const round = () => results.forEach((one) => stream.next(one));
    round();
    const before = memory();
    for (let i = 0; i < 40; i++) round();
    // A million durations; kept one by one they would be 8 MB at least, and twice that as objects.
    expect(memory() - before).toBeLessThan(8);
  });
});

describe('when reports come', () => {
  /** A result each so many ms of virtual time; when which report came. */
  const reports = (times: readonly number[], period?: number) =>
    inVirtualTime(async (time) => {
      const results = new Subject<Timed>();
      const seen: [number, number][] = [];
      const ended = run(
        results.pipe(
          timingReport(period === undefined ? {} : { period }),
          map(({ frames: count }) => seen.push([time.now(), count])),
        ),
      );
      for (const at of times) time.after(at, () => results.next(timed(1)));
      time.after((times.at(-1) ?? 0) + 1, () => results.complete());
      await ended;
      return seen;
    });

  it('at most one a period, with all frames so far, and one at the end', async () => {
    expect(
      await reports(
        upTo(10).map((n) => n * 100),
        250,
      ),
    ).toEqual([
      [300, 4],
      [600, 7],
      [900, 10],
    ]);
    expect(
      await reports(
        upTo(11).map((n) => n * 100),
        250,
      ),
    ).toEqual([
      [300, 4],
      [600, 7],
      [900, 10],
      [1001, 11],
    ]);
  });

  it('once a second unless said otherwise', async () => {
    expect((await reports(upTo(35).map((n) => n * 100))).map(([at]) => at)).toEqual([1000, 2000, 3000, 3401]);
  });

  it('0: with every frame; Infinity: at the end only', async () => {
    expect(await reports([1, 2, 3], 0)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(await reports([1, 2, 3], Infinity)).toEqual([[4, 3]]);
  });

  it('none without frames', async () => {
    expect(await run(from<Timed[]>([]).pipe(timingReport()))).toEqual({ values: [], completed: true });
  });

  it('also before an error', async () => {
    const torn = concat(
      of(timed(1), timed(2)),
      throwError(() => new Error('torn')),
    );
    const { values, error } = await run(torn.pipe(timingReport()));
    expect([values.map(({ frames: count }) => count), error]).toEqual([[2], new Error('torn')]);
    const { values: none } = await run(throwError(() => new Error('torn')).pipe(timingReport()));
    expect(none).toEqual([]);
  });

  it('a report is a value: the ones that come later do not change it', async () => {
    const all = await lastValueFrom(
      of(timed(1, stage('a', 1)), timed(100, stage('a', 9))).pipe(timingReport({ period: 0 }), toArray()),
    );
    expect(
      all.map(({ frames: count, latency, stages }) => [count, Math.round(latency.max), stages[0]?.frames]),
    ).toEqual([
      [1, 1, 1],
      [2, 100, 2],
    ]);
  });

  it('two subscribers count for themselves, and whoever leaves lets go of a synchronous stream without end', async () => {
    let came = 0;
    const endless = new Observable<Timed>((subscriber) => {
      for (; !subscriber.closed && came < 10_000; came++) subscriber.next(timed(1));
    });
    const first = endless.pipe(timingReport({ period: 0 }), take(3));
    expect((await run(first)).values.map(({ frames: count }) => count)).toEqual([1, 2, 3]);
    expect((await run(first)).values.map(({ frames: count }) => count)).toEqual([1, 2, 3]);
    expect(came).toBe(6);
    const never = concat(of(timed(1)), NEVER)
      .pipe(timingReport())
      .subscribe();
    never.unsubscribe();
  });
});

describe('what it is given', () => {
  it('what classify gives, over a run in virtual time: the exact latencies', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const data = (k: number): tf.Tensor4D => arrival(k).data;
        const source = frameSource(fakeCamera({ fps: 10, seconds: 10, data }), { source: 'camera' });
        const results = source.pipe(
          takes((frame) => (frame.label.seq < 90 ? 20 : 80)),
          scores(),
          classify(),
        );
        const { frames: count, latency, stages } = await lastValueFrom(results.pipe(timingReport()));
        expect(count).toBe(100);
        expectNear(latency, [...upTo(90).map(() => 20), ...upTo(10).map(() => 80)]);
        expect(stages.map(({ stage: name }) => name)).toEqual(['scores', 'classify']);
      }),
    );
  });

  it('frames, where a pipe ends in them', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const data = (k: number): tf.Tensor4D => arrival(k).data;
        const source = frameSource(fakeCamera({ fps: 10, seconds: 1, data }), { source: 'camera' });
        const delivered = source.pipe(doubled(), takes(30), markDelivered());
        const { frames: count, latency, stages } = await lastValueFrom(delivered.pipe(timingReport()));
        expect(count).toBe(10);
        expectNear(latency, [30]);
        expect(stages.map(({ stage: name, frames: of }) => [name, of])).toEqual([['double', 10]]);
        expect(closedAccount(source)).toMatchObject({ delivered: 10 });
      }),
    );
  });

  it('a frame that came through no gate has no latency', async () => {
    const frame = Frame.of(1, { source: 'test', seq: 0, timestamp: 0 });
    expect(frame.latencyMs).toBeNaN();
    const { frames: count, latency } = await lastValueFrom(of(frame).pipe(timingReport()));
    expect([count, latency.max]).toEqual([1, 0]);
    frame.release();
  });
});

describe('profile: { every }', () => {
  const net = (every?: number) =>
    run(
      frames(10, every === undefined ? {} : { profile: { every } }).pipe(
        doubled(),
        flatten(),
        dense({ units: 2, seed: 1 }),
        classify(),
      ),
    );
  const stagesOf = async (every?: number): Promise<number[]> =>
    (await net(every)).values.map(({ timings }) => timings.length);

  it('times the stages of one frame in so many; the others carry no trace, and latency all the same', async () => {
    expect(await stagesOf()).toEqual(upTo(10).map(() => 4));
    expect(await stagesOf(1)).toEqual(upTo(10).map(() => 4));
    expect(await stagesOf(4)).toEqual([4, 0, 0, 0, 4, 0, 0, 0, 4, 0]);
    expect(await stagesOf(100)).toEqual([4, ...upTo(9).map(() => 0)]);
    for (const { latencyMs } of (await net(4)).values) expect(latencyMs).toBeGreaterThan(0);
  });

  it('Infinity: not one of them, not even the first', async () => {
    expect(await stagesOf(Infinity)).toEqual(upTo(10).map(() => 0));
    for (const { latencyMs } of (await net(Infinity)).values) expect(latencyMs).toBeGreaterThan(0);
  });

  it('changes no number', async () => {
    const classes = async (every?: number) => (await net(every)).values.map((result) => result.classes);
    expect(await classes(3)).toEqual(await classes());
    expect(await classes(Infinity)).toEqual(await classes());
  });

  it('a report of it has the stages of those, and the latency of all', async () => {
    const results = frames(20, { profile: { every: 5 } }).pipe(doubled(), scores(), classify());
    const { frames: count, stages } = await lastValueFrom(results.pipe(timingReport()));
    expect([count, ...stages.map(({ frames: of }) => of)]).toEqual([20, 4, 4, 4]);
    const none = frames(20, { profile: { every: Infinity } }).pipe(doubled(), scores(), classify());
    const report = await lastValueFrom(none.pipe(timingReport()));
    expect([report.frames, report.stages]).toEqual([20, []]);
    expect(report.latency.p50).toBeGreaterThan(0);
  });

  it.each([0, -1, 1.5, NaN, '2', null, undefined])('every: %j is refused', (every) => {
    expect(() => frames(1, { profile: { every: every as number } })).toThrow(OptionError);
  });
});

it.each([-1, NaN, '1000', null])('period %j is refused at once', (period) => {
  const make = () => timingReport({ period: period as number });
  expect(make).toThrow(OptionError);
  expect(make).toThrow(/timingReport: period must be a number of ms/);
});

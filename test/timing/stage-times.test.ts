import { array, assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StageTiming, TimingMethod } from '../../src/frames/trace.ts';
import { StageHistograms } from '../../src/timing/stage-times.ts';

const timing = (stage: string, ms: number, deviceMs?: number): StageTiming => ({
  stage,
  startMs: 0,
  waitMs: 0,
  submitMs: ms,
  ...(deviceMs === undefined ? {} : { deviceMs }),
  method: 'synced-wall',
});

function timesOf(values: readonly number[]) {
  const histograms = new StageHistograms();
  for (const value of values) histograms.add([timing('stage', value)]);
  const [times] = histograms.times();
  if (!times) throw new Error('no times');
  return times;
}

/** The smallest value that so many percent of all do not exceed. */
function exact(values: readonly number[], percentile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percentile / 100) * sorted.length) - 1)] ?? NaN;
}

describe('StageHistograms', () => {
  it('put together from several, as JSON, are those of all', () => {
    assert(
      property(
        array(array(double({ min: 1e-3, max: 1e5, noNaN: true }), { maxLength: 20 }), { maxLength: 4 }),
        (lists) => {
          const [one, together] = [new StageHistograms(), new StageHistograms()];
          for (const list of lists) {
            const some = new StageHistograms();
            for (const ms of list) {
              const timings = [timing('a', ms), { ...timing('b', 0, ms), run: 'a' }];
              for (const to of [one, some]) to.add(timings);
            }
            together.merge(JSON.parse(JSON.stringify(some.pack())) as ReturnType<typeof some.pack>);
          }
          const rounded = (of: StageHistograms) =>
            of.times().map(({ share, ...times }) => ({ ...times, share: Number(share.toFixed(9)) }));
          expect(rounded(together)).toEqual(rounded(one));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('put together of nothing, or with one that tells more truly, are as if added', () => {
    const [empty, gpu, asked] = [new StageHistograms(), new StageHistograms(), new StageHistograms()];
    empty.merge(new StageHistograms().pack());
    expect(empty.times()).toEqual([]);
    gpu.add([{ ...timing('a', 1), method: 'enqueue-only' }]);
    asked.add([{ ...timing('a', 1, 7), method: 'device-query' }]);
    gpu.merge(asked.pack());
    expect(gpu.times()).toMatchObject([{ stage: 'a', method: 'device-query', frames: 1, max: 7 }]);
  });

  it('gives percentiles within 0.1 % of the exact ones, from microseconds to minutes', () => {
    assert(
      property(
        array(double({ min: Math.log(1e-3), max: Math.log(3e5), noNaN: true }), { minLength: 1, maxLength: 500 }),
        (logarithms) => {
          const values = logarithms.map((logarithm) => Math.exp(logarithm));
          const times = timesOf(values);
          for (const percentile of [50, 95, 99] as const) {
            const truth = exact(values, percentile);
            expect(Math.abs(times[`p${percentile}`] - truth)).toBeLessThanOrEqual(truth * 1e-3 + 1e-6);
          }
          const most = Math.max(...values);
          expect(Math.abs(times.max - most)).toBeLessThanOrEqual(most * 1e-3 + 1e-6);
          expect(times.frames).toBe(values.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('finds them in a hundred thousand', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => 1 + ((i * 7919) % 100_000) / 1000);
    const { p50, p95, p99, max } = timesOf(values);
    for (const [found, truth] of [
      [p50, exact(values, 50)],
      [p95, exact(values, 95)],
      [p99, exact(values, 99)],
      [max, 100.999],
    ] as const) {
      expect(Math.abs(found / truth - 1)).toBeLessThan(1e-3);
    }
  });

  it('is exact for one value, and for equal ones', () => {
    for (const values of [[2], [2, 2, 2]]) {
      const { p50, p95, p99, max } = timesOf(values);
      for (const found of [p50, p95, p99, max]) expect(Math.abs(found / 2 - 1)).toBeLessThan(1e-3);
    }
  });

  it('takes times that are none, and endless ones', () => {
    const { p50, max } = timesOf([0, 0, 0]);
    expect([p50, max].every((ms) => ms >= 0 && ms <= 1e-6)).toBe(true);
    // Longer than the ten minutes it keeps apart.
    expect(timesOf([1, 1e9]).frames).toBe(2);
  });

  it("keeps the stages' order, and shares out the whole", () => {
    const histograms = new StageHistograms();
    for (let i = 0; i < 10; i++) histograms.add([timing('b', 3), timing('a', 1), timing('c', 6)]);
    histograms.add([timing('late', 0)]);
    const times = histograms.times();
    expect(times.map(({ stage }) => stage)).toEqual(['b', 'a', 'c', 'late']);
    expect(times.map(({ frames }) => frames)).toEqual([10, 10, 10, 1]);
    expect(times.map(({ share }) => Math.round(share * 100))).toEqual([30, 10, 60, 0]);
    expect(times.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it("takes the device's time where it is known", () => {
    const histograms = new StageHistograms();
    histograms.add([timing('gpu', 0.1, 5), timing('cpu', 5)]);
    expect(histograms.times().map(({ p50, share }) => [Math.round(p50 * 100) / 100, share])).toEqual([
      [5, 0.5],
      [5, 0.5],
    ]);
  });

  const gpu = (method: TimingMethod, submitMs: number, deviceMs?: number): StageTiming => ({
    ...timing('net', submitMs, deviceMs),
    method,
  });
  const enqueued = gpu('enqueue-only', 1);
  const asked = gpu('device-query', 1, 20);

  it.each<[string, StageTiming[], TimingMethod, number, number]>([
    ['enqueue-only while there is nothing better', [enqueued, enqueued], 'enqueue-only', 2, 1],
    ['what the device says instead of it, alone', [enqueued, asked, enqueued, asked, enqueued], 'device-query', 2, 20],
    ['an engine that took over', [asked, gpu('synced-wall', 7, 7)], 'synced-wall', 1, 7],
    ['no frame for one that was not measured', [gpu('device-query', 1, NaN), asked], 'device-query', 1, 20],
  ])('never mixes methods: %s', (_what, timings, method, frames, ms) => {
    const histograms = new StageHistograms();
    for (const one of timings) histograms.add([one]);
    const [times] = histograms.times();
    expect(times).toMatchObject({ method, frames });
    expect(Math.abs((times?.p50 ?? NaN) / ms - 1)).toBeLessThan(1e-3);
  });

  it('what was asked on some frames stands for all of them in the shares', () => {
    const histograms = new StageHistograms();
    histograms.add([asked, timing('read', 20)]);
    for (let i = 0; i < 9; i++) histograms.add([enqueued, timing('read', 20)]);
    expect(histograms.times().map(({ frames, share }) => [frames, share])).toEqual([
      [1, 0.5],
      [10, 0.5],
    ]);
  });

  it('has nothing to say of no frames', () => {
    expect(new StageHistograms().times()).toEqual([]);
    const histograms = new StageHistograms();
    histograms.add([]);
    expect(histograms.times()).toEqual([]);
  });

  it('gives a share of 0, not NaN, when nothing took any time', () => {
    const histograms = new StageHistograms();
    histograms.add([timing('a', 0), timing('b', 0)]);
    expect(histograms.times().map(({ share }) => share)).toEqual([0, 0]);
  });
});

import { PerformanceObserver } from 'node:perf_hooks';
import { Observable, of, take, throwError } from 'rxjs';
import {
  batch,
  classify,
  flatten,
  unbatch,
  userTiming,
  useEngine,
  type Classification,
  type FrameResult,
  type StageTiming,
} from 'sluice';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { idle, run } from '../support/balance.ts';
import { double, frames } from '../support/frames.ts';

beforeAll(() => useEngine('wasm'));

let observer: PerformanceObserver;
let seen: PerformanceMeasure[];

beforeEach(() => {
  seen = [];
  observer = new PerformanceObserver(
    (list) => void seen.push(...(list.getEntries() as unknown as PerformanceMeasure[])),
  );
  observer.observe({ entryTypes: ['measure'] });
});
afterEach(() => observer.disconnect());

const stage = (name: string, startMs: number, submitMs: number): StageTiming => ({
  stage: name,
  startMs,
  waitMs: 0,
  submitMs,
  method: 'enqueue-only',
});

const result = (seq: number, ...timings: StageTiming[]): FrameResult<Classification> => ({
  source: 'cam',
  seq,
  timestamp: seq,
  classes: [],
  timings,
  latencyMs: 1,
});

describe('userTiming', () => {
  it('is a measure per stage, on a track of its own', async () => {
    await run(of(result(3, stage('conv2d', 10, 2.5), stage('dense', 12.5, 0))).pipe(userTiming()));
    await idle();
    expect(seen.map(({ name, startTime, duration }) => [name, startTime, duration])).toEqual([
      ['sluice: conv2d', 10, 2.5],
      ['sluice: dense', 12.5, 0],
    ]);
    expect(seen.map((entry) => entry.detail)).toEqual(
      ['conv2d', 'dense'].map((track) => ({
        devtools: {
          dataType: 'track-entry',
          track,
          trackGroup: 'sluice',
          color: 'primary',
          properties: [
            ['frame', 'cam #3'],
            ['method', 'enqueue-only'],
          ],
        },
      })),
    );
  });

  it('of a real run: what the traces say, on the page’s own clock', async () => {
    const from = performance.now();
    const { values } = await run(frames(4).pipe(double(), flatten(), classify(), userTiming()));
    await idle();
    expect(seen).toHaveLength(12);
    const told = values.flatMap(({ timings }) =>
      timings.map(({ stage: name, startMs }) => `${name} ${startMs.toFixed(3)}`),
    );
    expect(
      seen.map(({ name, startTime }) => `${name.replace('sluice: ', '')} ${startTime.toFixed(3)}`).toSorted(),
    ).toEqual(told.toSorted());
    for (const { startTime, duration } of seen) {
      expect(startTime).toBeGreaterThanOrEqual(from);
      expect(startTime + duration).toBeLessThanOrEqual(performance.now());
    }
  });

  it('leaves nothing in the page’s buffer, and what others put there alone', async () => {
    performance.measure('of somebody else', { start: 1, end: 2 });
    const before = performance.getEntriesByType('measure').length;
    await run(frames(50).pipe(double(), flatten(), classify(), userTiming()));
    expect(performance.getEntriesByType('measure')).toHaveLength(before);
    expect(performance.getEntriesByName('of somebody else')).toHaveLength(1);
    performance.clearMeasures();
  });

  it('passes the results on as they are', async () => {
    const [a, b] = [result(0), result(1, stage('x', 1, 1))];
    const { values } = await run(of(a, b).pipe(userTiming()));
    expect(values[0]).toBe(a);
    expect(values[1]).toBe(b);
  });

  it('frames that are not timed show nothing', async () => {
    const { values } = await run(
      frames(6, { profile: { every: 3 } }).pipe(double(), flatten(), classify(), userTiming()),
    );
    await idle();
    expect(values).toHaveLength(6);
    expect(seen).toHaveLength(6);
    expect(new Set(seen.map(({ detail }) => JSON.stringify(detail).match(/test #\d/)?.[0]))).toEqual(
      new Set(['test #0', 'test #3']),
    );
  });

  it('shows batches', async () => {
    await run(
      frames(4, { maxInFlight: 4 }).pipe(batch({ size: 4 }), double(), flatten(), unbatch(), classify(), userTiming()),
    );
    await idle();
    expect(seen.filter(({ name }) => name === 'sluice: double')).toHaveLength(4);
  });

  it('names with quotes and signs', async () => {
    await run(of(result(0, stage('"№ 1" \\ 畳', 1, 1))).pipe(userTiming()));
    await idle();
    expect(seen[0]?.name).toBe('sluice: "№ 1" \\ 畳');
  });

  it('passes errors on, and stops with whoever leaves', async () => {
    expect(await run(throwError(() => new Error('torn')).pipe(userTiming()))).toMatchObject({
      error: new Error('torn'),
    });
    let came = 0;
    const endless = new Observable<FrameResult<Classification>>((subscriber) => {
      for (; !subscriber.closed && came < 100; came++) subscriber.next(result(came, stage('x', came, 1)));
    });
    await run(endless.pipe(userTiming(), take(2)));
    await idle();
    expect([came, seen.length]).toEqual([2, 2]);
  });
});

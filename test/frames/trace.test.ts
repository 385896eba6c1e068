import { map, Subject, take, tap } from 'rxjs';
import { activation, frameSource, classify, Frame, stage, useEngine, type Arrival, type Stage } from 'sluice';
import { inVirtualTime, type VirtualTime } from 'sluice/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readTimings, settleDeviceTimes, type DeviceTimes, type Trace } from '../../src/frames/trace.ts';
import { idle, leakFree, run } from '../support/balance.ts';
import { arrival, double, frames, scores } from '../support/frames.ts';

beforeAll(() => useEngine('cpu'));
afterEach(() => {
  vi.restoreAllMocks();
});

const arrived: Trace = { stages: [], marks: [100], method: 'unavailable', before: undefined };

describe('readTimings', () => {
  it('of nothing is empty', () => {
    expect(readTimings(undefined)).toEqual([]);
    expect(readTimings(arrived)).toEqual([]);
  });

  it('takes the times between the marks; the first stage waited since the arrival', () => {
    const trace: Trace = { stages: ['a', 'b'], marks: [110, 112, 117], method: 'synced-wall', before: arrived };
    expect(readTimings(trace)).toMatchObject([
      { stage: 'a', waitMs: 10, submitMs: 2, deviceMs: 2, method: 'synced-wall' },
      { stage: 'b', waitMs: 0, submitMs: 5, deviceMs: 5, method: 'synced-wall' },
    ]);
  });

  it('goes through all runs, oldest first; each waited since the end of the one before', () => {
    const first: Trace = { stages: ['a', 'b'], marks: [110, 112, 117], method: 'synced-wall', before: arrived };
    const second: Trace = { stages: ['c'], marks: [120, 121], method: 'enqueue-only', before: first };
    const trace = readTimings({ stages: ['classify'], marks: [130, 140], method: 'synced-wall', before: second });
    expect(trace.map(({ stage: name, waitMs, submitMs }) => [name, waitMs, submitMs])).toEqual([
      ['a', 10, 2],
      ['b', 0, 5],
      ['c', 3, 1],
      ['classify', 9, 10],
    ]);
  });

  it.each(['enqueue-only', 'unavailable'] as const)('%s is no time of the device', (method) => {
    const [timing] = readTimings({ stages: ['a'], marks: [1, 2], method, before: undefined });
    expect(timing).toMatchObject({ stage: 'a', waitMs: 0, submitMs: 1, method });
    expect(timing).not.toHaveProperty('deviceMs');
  });

  it('tells what the device says, stage by stage, once it has said so; pictures are the processor’s work', async () => {
    const ms: (number | undefined)[] = [];
    const device: DeviceTimes = {
      ms,
      run: (_, work) => work(),
      async settle() {
        ms[1] = 7;
      },
    };
    const first: Trace = {
      stages: ['picture', 'known', 'unknown'],
      marks: [110, 112, 117, 118],
      method: 'enqueue-only',
      pictures: 1,
      before: arrived,
      device,
    };
    const trace: Trace = { stages: ['late'], marks: [120, 121], method: 'enqueue-only', before: first };
    const read = () => readTimings(trace).map(({ stage: name, method, deviceMs }) => [name, method, deviceMs]);
    expect(read()[1]).toEqual(['known', 'enqueue-only', undefined]);
    await settleDeviceTimes(trace);
    await settleDeviceTimes(undefined);
    expect(read()).toEqual([
      ['picture', 'synced-wall', 2],
      ['known', 'device-query', 7],
      ['unknown', 'enqueue-only', undefined],
      ['late', 'enqueue-only', undefined],
    ]);
  });

  it('of a run that was cut short says NaN, not a wrong number', () => {
    const timings = readTimings({ stages: ['a', 'b'], marks: [1, 2], method: 'synced-wall', before: undefined });
    expect(timings.map(({ submitMs }) => submitMs)).toEqual([1, NaN]);
  });
});

describe('the trace of a frame', () => {
  /** Takes so many virtual milliseconds. */
  const busy = (time: VirtualTime, ms: number, name: string): Stage<tf.Tensor4D, tf.Tensor4D> =>
    stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'busy', name },
      outputShape: (input) => input,
      kernel: () => (x) => {
        time.skip(ms);
        return x.clone();
      },
    });

  it('is empty before the first stage, and grows with every stage', async () => {
    const lengths: number[][] = [];
    await run(
      frames(2).pipe(
        map((frame) => (lengths.push([frame.label.seq, frame.timings.length]), frame)),
        double(),
        map((frame) => (lengths.push([frame.label.seq, frame.timings.length]), frame)),
        double('second'),
        double('third'),
        map((frame) => lengths.push([frame.label.seq, frame.timings.length])),
      ),
    );
    expect(lengths).toEqual([
      [0, 0],
      [0, 1],
      [0, 3],
      [1, 0],
      [1, 1],
      [1, 3],
    ]);
  });

  it('shows which stage took the time', () =>
    leakFree(() =>
      inVirtualTime(async (time) => {
        const { values } = await run(
          frames(5).pipe(
            busy(time, 1, 'quick'),
            busy(time, 15, 'slow'),
            map(({ timings }) => timings.map(({ stage: name, waitMs, submitMs }) => [name, waitMs, submitMs])),
          ),
        );
        expect(values).toHaveLength(5);
        for (const [quick, slow] of values) {
          expect(quick).toEqual(['quick', 0, 1]);
          expect(slow).toEqual(['slow', 0, 15]);
        }
      }),
    ));

  it('shows how long a frame waited at the gate', () =>
    leakFree(() =>
      inVirtualTime(async (time) => {
        const camera = new Subject<Arrival<tf.Tensor4D>>();
        const source = frameSource(camera, { source: 'camera', maxInFlight: 1, policy: { buffer: 1 } });
        const result = run(source.pipe(busy(time, 10, 'slow'), scores(), classify(), take(2)));
        await idle();
        // The second frame arrives when the first has been in the slow stage, and waits 5 ms for the end of the first.
        camera.next(arrival(0));
        camera.next(arrival(1));
        time.skip(5);
        const { values } = await result;
        expect(values.map(({ timings, latencyMs }) => [timings[0]?.waitMs, timings[0]?.submitMs, latencyMs])).toEqual([
          [0, 10, 15],
          [5, 10, 15],
        ]);
      }),
    ));

  it('shows what was done between two stages as the wait of the second', () =>
    inVirtualTime(async (time) => {
      const { values } = await run(
        frames(1).pipe(
          double('before'),
          tap(() => time.skip(10)),
          double('after'),
          map(({ timings }) => timings.map(({ waitMs }) => waitMs)),
        ),
      );
      expect(values).toEqual([[0, 10]]);
    }));

  it('is empty for a frame made by hand, which can go through stages all the same', async () => {
    const frame = Frame.of(tf.tensor1d([1]), { source: 'x', seq: 0, timestamp: 0 });
    expect(frame.timings).toEqual([]);
    const { values } = await run(
      frameSource([{ data: 0, timestamp: 0 }], { source: 'x' }).pipe(
        map(() => frame),
        activation('relu'),
        map(({ timings }) => timings),
      ),
    );
    expect(values).toMatchObject([[{ stage: 'activation', waitMs: 0 }]]);
    frame.release();
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { EMPTY, filter, ignoreElements, map, merge, pipe, Subject, tap } from 'rxjs';
import {
  frameSource,
  batch,
  branch,
  classify,
  markDelivered,
  sampleFrames,
  inOrder,
  Ledger,
  OptionError,
  unbatch,
  useEngine,
  type FrameSourceOptions,
  type Arrival,
  type Branch,
  type Source,
} from 'sluice';
import { fakeFile, inVirtualTime, takes } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, leakFree, run } from '../../support/balance.ts';
import { double, frames, scores } from '../../support/frames.ts';
import { type TensorFrame, seqs, upTo, camera, byBranch, as, tensor } from '../../support/branches.ts';

beforeAll(() => useEngine('wasm'));

describe('branches of a camera', () => {
  it('each go at their own rate, and the camera is never held', async () => {
    await leakFree(async () => {
      const [fast, slow] = [new Ledger(), new Ledger()];
      const { values, source } = await inVirtualTime(async () => {
        const from = camera(10);
        const result = await run(
          from.pipe(
            branch(
              { through: pipe(takes(10), markDelivered(), seqs, as('fast')), ledger: fast },
              { through: pipe(takes(500), markDelivered(), seqs, as('slow')), ledger: slow },
            ),
          ),
        );
        return { ...result, source: from };
      });
      const seen = byBranch(values);
      expect(seen['fast']).toEqual(upTo(300));
      expect(closedAccount({ ledger: fast })).toEqual({ produced: 300, delivered: 300, discarded: 0, failed: 0 });
      // Two a second; and the one that waited when the camera ended.
      expect(seen['slow']?.length).toBeGreaterThanOrEqual(20);
      expect(seen['slow']?.length).toBeLessThanOrEqual(22);
      const { delivered = 0, replaced = 0 } = closedAccount({ ledger: slow });
      expect([delivered, delivered + replaced]).toEqual([seen['slow']?.length, 300]);
      expect(closedAccount(source)).toEqual({ produced: 300, delivered: 300, discarded: 0, failed: 0 });
    });
  });

  it('keep labels and traces, and the time since the camera', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const { values } = await run(
          camera(0.2).pipe(
            double('common'),
            branch(
              { through: pipe(takes(5), scores(), classify()) },
              { through: pipe(takes(70), double('own'), scores(), classify()) },
            ),
          ),
        );
        const first = values.filter(({ timings }) => timings.length === 3);
        const second = values.filter(({ timings }) => timings.length === 4);
        expect(first.map(({ seq }) => seq)).toEqual(upTo(6));
        expect(first[5]?.timings.map(({ stage: name }) => name)).toEqual(['common', 'scores', 'classify']);
        expect(second[0]?.timings.map(({ stage: name }) => name)).toEqual(['common', 'own', 'scores', 'classify']);
        for (const { source, seq, timestamp, latencyMs } of first) {
          expect({ source, timestamp }).toEqual({ source: 'camera', timestamp: Math.round((seq * 1e6) / 30) });
          expect(latencyMs).toBeCloseTo(5, 6);
        }
        for (const { timings, latencyMs } of second) {
          // Whatever it waited for at the branch's gate, and before the stage, it waited since `common`.
          expect(timings[1]?.waitMs).toBeCloseTo(latencyMs, 6);
          expect(latencyMs).toBeGreaterThan(69.99);
        }
        expect(second[1]?.seq).toBeGreaterThan(1);
      }),
    );
  });

  it('are timed where the source is, and not where it is not', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const ends = (profile?: { every: number }): Branch<tf.Tensor4D, readonly [string, number, number]> => ({
          ...(profile ? { profile } : {}),
          through: pipe(
            scores(),
            classify(),
            map(({ seq, timings }) => [String(profile?.every), seq, timings.length] as const),
          ),
        });
        const { values } = await run(
          camera(0.3, { profile: { every: 2 } }).pipe(branch(ends(), ends({ every: 4 }), ends({ every: Infinity }))),
        );
        const timed = values.filter(([, , stages]) => stages > 0).map(([name, seq]) => `${name} ${seq}`);
        expect(timed).toEqual([
          'undefined 0',
          '4 0',
          'undefined 2',
          'undefined 4',
          '4 4',
          'undefined 6',
          'undefined 8',
          '4 8',
        ]);
        expect(values).toHaveLength(27);
      }),
    );
  });

  it('share the tensors, and copy none', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const ids = new Set<unknown>();
        const look = pipe(
          takes<tf.Tensor4D>(1),
          tap((frame: TensorFrame) => ids.add(frame.data.dataId)),
        );
        const before = tf.memory().numDataBuffers;
        let most = 0;
        await run(
          camera(0.2).pipe(
            tap((frame) => ids.add(frame.data.dataId)),
            branch({ through: look }, { through: look }, { through: look }),
            tap(() => (most = Math.max(most, tf.memory().numDataBuffers - before))),
          ),
        );
        expect(ids.size).toBe(6);
        expect(most).toBe(1);
      }),
    );
  });

  it('each have the policy, the limits and the errors of their own', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const [a, b] = [new Ledger(), new Ledger()];
        const through = pipe(takes<tf.Tensor4D>(100), markDelivered());
        const source = camera(1);
        await run(
          source.pipe(
            branch(
              { through, policy: 'dropNewest', maxInFlight: 2, ledger: a },
              { through, policy: { buffer: 5 }, maxAge: 200, ledger: b },
            ),
          ),
        );
        const [first, second] = [closedAccount({ ledger: a }), closedAccount({ ledger: b })];
        expect(Object.keys(first)).toContain('full');
        expect(Object.keys(first)).not.toContain('replaced');
        expect(second['stale']).toBeGreaterThan(5);
        expect(first['produced']).toBe(30);
        expect(second['produced']).toBe(30);
        expect(closedAccount(source)).toMatchObject({ delivered: 30 });
      }),
    );
  });
});

describe('branches of a file', () => {
  const file = (count: number, options: Partial<FrameSourceOptions> = {}): Source<tf.Tensor4D> =>
    frameSource(fakeFile({ fps: 30, seconds: count / 30, data: tensor }), { source: 'clip.mp4', ...options });

  it('each get every frame, in order; the slowest sets the pace, and what waits is bounded', async () => {
    await leakFree(async () => {
      const [a, b] = [new Ledger(), new Ledger()];
      const { values, source, most, took } = await inVirtualTime(async (time) => {
        const from = file(100);
        const before = tf.memory().numDataBuffers;
        let most = 0;
        const result = await run(
          from.pipe(
            branch(
              { through: pipe(takes(10), markDelivered(), seqs, as('fast')), ledger: a },
              { through: pipe(takes(500), markDelivered(), seqs, as('slow')), ledger: b },
            ),
            tap(() => (most = Math.max(most, tf.memory().numDataBuffers - before))),
          ),
        );
        return { ...result, source: from, most, took: time.now() };
      });
      const seen = byBranch(values);
      expect(seen).toEqual({ fast: upTo(100), slow: upTo(100) });
      const all = { produced: 100, delivered: 100, discarded: 0, failed: 0 };
      expect([closedAccount(source), closedAccount({ ledger: a }), closedAccount({ ledger: b })]).toEqual([
        all,
        all,
        all,
      ]);
      expect(took).toBe(100 * 500);
      // Two in the source's gate, two in each branch's.
      expect(most).toBeLessThanOrEqual(6);
    });
  });

  it('what a frame waits for its turn shows in its trace', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const { values } = await run(
          file(6, { maxInFlight: 3 }).pipe(
            double('common'),
            branch({ through: pipe(takes(50), scores(), classify()), maxInFlight: 1 }, { through: ignoreElements() }),
          ),
        );
        // Three come at 0; each after them when the branch has taken one of those.
        expect(values.map(({ latencyMs }) => Math.round(latencyMs))).toEqual([50, 100, 150, 200, 200, 200]);
        for (const { timings, latencyMs } of values) {
          expect(timings.reduce((sum, { waitMs }) => sum + waitMs, 0)).toBeCloseTo(latencyMs, 6);
        }
      }),
    );
  });

  it('one of them may lose frames where it says so: it does not hold the others', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const ledger = new Ledger();
        const { values } = await run(
          file(100).pipe(
            branch(
              { through: pipe(takes(10), markDelivered(), seqs, as('all')) },
              { through: pipe(takes(500), markDelivered(), seqs, as('some')), policy: 'latest', ledger },
            ),
          ),
        );
        const seen = byBranch(values);
        expect(seen['all']).toEqual(upTo(100));
        expect(seen['some']?.length).toBeLessThan(6);
        expect(closedAccount({ ledger })['replaced']).toBeGreaterThan(90);
        expect(time.now()).toBeLessThan(2500);
      }),
    );
  });

  it('one of them may read ahead, and loses nothing by it', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const { values } = await run(
          file(20).pipe(
            branch(
              { through: pipe(takes(50), seqs, as('ahead')), policy: { buffer: 5 }, maxInFlight: 1 },
              { through: pipe(takes(7), seqs, as('near')), maxInFlight: 1 },
            ),
          ),
        );
        const seen = byBranch(values);
        expect(seen).toEqual({ ahead: upTo(20), near: upTo(20) });
        // Two in the source's gate, one in work, five in the buffer: so far the other could go on meanwhile.
        const first = values.findIndex(([name]) => name === 'ahead');
        expect(values.slice(0, first).length).toBeGreaterThanOrEqual(6);
      }),
    );
  });

  it('a file that is told to behave like a camera is sampled', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const source = file(50, { policy: 'latest', maxInFlight: 1 });
        const ledger = new Ledger();
        await run(source.pipe(branch({ through: takes(100), ledger })));
        expect(closedAccount({ ledger })['replaced']).toBeGreaterThan(0);
      }),
    );
  });

  it('behind stages and operators it is still a file', async () => {
    await leakFree(async () => {
      const { values } = await run(
        frames(20).pipe(
          double(),
          filter(({ label }) => label.seq !== 3),
          sampleFrames({ n: 2 }),
          branch({
            through: pipe(
              scores(),
              classify(),
              map(({ seq }) => seq),
            ),
          }),
        ),
      );
      expect(values).toEqual([0, 2, 5, 7, 9, 11, 13, 15, 17, 19]);
    });
  });

  it('behind a merge it must be said', async () => {
    await leakFree(async () => {
      const hidden = () => merge(frames(20), EMPTY);
      const work = inOrder(1, async ({ label }: TensorFrame) => label.seq);
      const said = await run(hidden().pipe(branch({ through: work, policy: 'wait' })));
      expect(said.values).toEqual(upTo(20));
      const unsaid = await run(hidden().pipe(branch({ through: work })));
      expect(unsaid.values.length).toBeLessThan(20);
    });
  });

  it('wait is refused on a camera, with the reason', () => {
    const source = frameSource(new Subject<Arrival<number>>(), { source: 'camera' });
    const pull = () => source.pipe(branch({ through: seqs, policy: 'wait', name: 'labels' }));
    expect(pull).toThrow(OptionError);
    expect(pull).toThrow(/labels: policy 'wait' drops nothing, but an Observable cannot be made to wait/);
  });

  it('a batch in it sees its gate', async () => {
    const through = pipe(batch<tf.Tensor4D>({ size: 3 }), double(), unbatch(), seqs);
    expect(() => frames(7).pipe(branch({ through }))).toThrow(/a batch of 3 can never fill: the source lets only 2/);
    await leakFree(async () => {
      const { values } = await run(frames(7).pipe(branch({ through, maxInFlight: 3 })));
      expect(values).toEqual(upTo(7));
    });
  });
});

import * as tf from '@tensorflow/tfjs-core';
import {
  catchError,
  EMPTY,
  filter,
  ignoreElements,
  map,
  merge,
  NEVER,
  Observable,
  of,
  pipe,
  repeat,
  retry,
  Subject,
  switchMap,
  take,
  tap,
  timer,
} from 'rxjs';
import {
  frameSource,
  batch,
  branch,
  classify,
  markDelivered,
  sampleFrames,
  Frame,
  inOrder,
  Ledger,
  OptionError,
  StageError,
  stage,
  unbatch,
  useEngine,
  zipLatest,
  type FrameSourceOptions,
  type Arrival,
  type Branch,
  type Source,
} from 'sluice';
import { fakeCamera, fakeFile, inVirtualTime, takes } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { arrival, double, failing, frames, scores, valueOf } from '../../support/frames.ts';

beforeAll(() => useEngine('wasm'));

type TensorFrame = Frame<tf.Tensor4D>;

const tensor = (k: number): tf.Tensor4D => arrival(k).data;
const seqs = map(({ label }: Frame<unknown>) => label.seq);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** A camera of 30 frames/s; virtual time only. */
const camera = (seconds: number, options: Partial<FrameSourceOptions> = {}): Source<tf.Tensor4D> =>
  frameSource(fakeCamera({ fps: 30, seconds, data: tensor }), { source: 'camera', ...options });

/** What each branch gave, of values that say whose they are: `['a', 1]`. */
function byBranch<V>(values: readonly (readonly [string, V])[]): Record<string, V[]> {
  const lists: Record<string, V[]> = {};
  for (const [name, value] of values) (lists[name] ??= []).push(value);
  return lists;
}

const as = <V>(name: string) => map((value: V) => [name, value] as const);

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

describe('the end of branches', () => {
  it('comes when all of them have ended', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const ends: [string, number][] = [];
        const ended = (name: string) => tap({ complete: () => ends.push([name, Math.round(time.now())]) });
        const { completed } = await run(
          camera(0.2).pipe(
            branch(
              { through: pipe(takes(1000), ended('slow')) },
              { through: pipe(take(2), ended('early')) },
              { through: ended('plain') },
            ),
            ended('all'),
          ),
        );
        expect(completed).toBe(true);
        expect(ends.map(([name]) => name)).toEqual(['early', 'plain', 'slow', 'all']);
        expect(ends.map(([, at]) => at)).toEqual([33, 200, 2000, 2000]);
      }),
    );
  });

  it('of one, early, leaves the others alone and nothing behind', async () => {
    await leakFree(async () => {
      const ledger = new Ledger();
      const source = frames(6);
      const { values } = await run(
        source.pipe(branch({ through: pipe(take(2), seqs, as('a')), ledger }, { through: pipe(seqs, as('b')) })),
      );
      expect(byBranch(values)).toEqual({ a: [0, 1], b: upTo(6) });
      expect(closedAccount({ ledger })['produced']).toBeLessThanOrEqual(4);
      expect(closedAccount(source)).toMatchObject({ produced: 6, delivered: 6 });
    });
  });

  it('of all of them ends the source', async () => {
    await leakFree(async () => {
      const source = frames(100);
      const { completed, values } = await run(
        source.pipe(branch({ through: take(2) }, { through: take(3) }), seqs as never),
      );
      expect([completed, values.length]).toEqual([true, 5]);
      await idle();
      expect(closedAccount(source)['produced']).toBeLessThan(10);
    });
  });

  it('by an error of one: all end, nothing is left, whatever waits where', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const source = camera(5);
        const { error, values } = await run(
          source.pipe(branch({ through: pipe(takes(10), failing(20), seqs) }, { through: pipe(takes(400), seqs) })),
        );
        expect(error).toBeInstanceOf(StageError);
        expect(error).toMatchObject({ frame: { source: 'camera', seq: 20 } });
        expect(values).toContain(19);
        expect(closedAccount(source)['produced']).toBeLessThanOrEqual(21);
      }),
    );
  });

  it('an error stays in its frame, and its branch, under skip', async () => {
    await leakFree(async () => {
      const [a, b] = [new Ledger(), new Ledger()];
      const source = frames(6);
      const { completed } = await run(
        source.pipe(
          branch(
            { through: pipe(failing(1, 4), markDelivered()), onError: 'skip', ledger: a },
            { through: markDelivered(), ledger: b },
          ),
        ),
      );
      expect(completed).toBe(true);
      expect(closedAccount({ ledger: a })).toEqual({ produced: 6, delivered: 4, discarded: 0, failed: 2 });
      expect(closedAccount({ ledger: b })).toMatchObject({ delivered: 6 });
      expect(closedAccount(source)).toMatchObject({ delivered: 6, failed: 0 });
    });
  });

  it('a branch may recover by itself', async () => {
    await leakFree(async () => {
      const { values, completed } = await run(
        frames(6).pipe(branch({ through: pipe(failing(2), seqs, retry(), as('a')) }, { through: pipe(seqs, as('b')) })),
      );
      const seen = byBranch(values);
      expect(completed).toBe(true);
      expect(seen['b']).toEqual(upTo(6));
      expect(seen['a']?.slice(0, 2)).toEqual([0, 1]);
      expect(seen['a']).not.toContain(2);
      expect(seen['a']?.at(-1)).toBe(5);
    });
  });

  it('by an error of the source: what the branches have comes out first', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const torn = function* (): Generator<Arrival<tf.Tensor4D>> {
          yield* [arrival(0), arrival(1), arrival(2)];
          throw new Error('torn');
        };
        const source = frameSource(torn(), { source: 'test', maxInFlight: 4 });
        const { values, error } = await run(
          source.pipe(branch({ through: pipe(takes(10), seqs, as('a')) }, { through: pipe(takes(50), seqs, as('b')) })),
        );
        expect(String(error)).toBe('Error: torn');
        expect(byBranch(values)).toEqual({ a: [0, 1, 2], b: [0, 1, 2] });
        expect(closedAccount(source)).toMatchObject({ delivered: 3 });
      }),
    );
  });

  it.each<[string, () => Source<tf.Tensor4D>]>([
    ['a camera', () => camera(10)],
    ['a file', () => frames(500)],
  ])('by unsubscribing from %s, at any moment', async (_, make) => {
    for (const ms of [0, 1, 50, 333, 1700]) {
      await leakFree(() =>
        inVirtualTime(async (time) => {
          const [a, b] = [new Ledger(), new Ledger()];
          const source = make();
          const subscription = source
            .pipe(branch({ through: takes(40), ledger: a }, { through: takes(400), ledger: b }))
            .subscribe();
          await time.run(ms);
          subscription.unsubscribe();
          await time.run(ms + 1000);
          for (const ledger of [a, b, source.ledger]) closedAccount({ ledger });
        }),
      );
    }
  });

  it('by unsubscribing before it began: the source is never opened', async () => {
    let opened = 0;
    const source = frameSource(
      new Observable<Arrival<number>>(() => {
        opened++;
      }),
      { source: 'test' },
    );
    source
      .pipe(branch({ through: seqs }))
      .subscribe()
      .unsubscribe();
    await idle();
    expect(opened).toBe(0);
  });
});

describe('what branches are given', () => {
  it('begins with the first frame for all of them, however late one subscribes', async () => {
    await leakFree(async () => {
      const late = (from: Observable<TensorFrame>): Observable<TensorFrame> => timer(20).pipe(switchMap(() => from));
      const { values } = await run(
        frames(4).pipe(branch({ through: pipe(seqs, as('soon')) }, { through: pipe(late, seqs, as('late')) })),
      );
      expect(byBranch(values)).toEqual({ soon: upTo(4), late: upTo(4) });
    });
  });

  it('a branch that takes nothing is not waited for', async () => {
    const { values, completed } = await run(frames(3).pipe(branch({ through: () => of(-1) }, { through: seqs })));
    expect([values, completed]).toEqual([[-1, 0, 1, 2], true]);
  });

  it('a branch may use its frames in several ways', async () => {
    await leakFree(async () => {
      const both = (from: Observable<TensorFrame>): Observable<readonly [string, number]> =>
        merge(from.pipe(double(), map(valueOf), as('a')), from.pipe(map(valueOf), as('b')));
      for (const source of [frames(4), frameSource(of(arrival(0), arrival(1)), { source: 'pushed', maxInFlight: 4 })]) {
        const { values } = await run(source.pipe(branch({ through: both })));
        const seen = byBranch(values);
        expect(seen['a']).toEqual(seen['b']?.map((value) => 2 * value));
        expect(seen['b']?.slice(0, 2)).toEqual([0, 1]);
        closedAccount(source);
      }
    });
  });

  it('two subscribers have branches of their own', async () => {
    await leakFree(async () => {
      const source = frames(5);
      const branched = source.pipe(branch({ through: seqs }));
      const [a, b] = await Promise.all([run(branched), run(branched)]);
      expect([a.values, b.values]).toEqual([upTo(5), upTo(5)]);
      expect(closedAccount(source)).toMatchObject({ produced: 10, delivered: 10 });
    });
  });

  it('branches of branches', async () => {
    await leakFree(async () => {
      const { values } = await run(
        frames(5).pipe(
          branch(
            { through: branch({ through: pipe(seqs, as('a')) }, { through: pipe(double(), seqs, as('b')) }) },
            { through: pipe(seqs, as('c')) },
          ),
        ),
      );
      expect(byBranch(values)).toEqual({ a: upTo(5), b: upTo(5), c: upTo(5) });
    });
  });

  it('a repeated source, whose clock begins anew', async () => {
    await leakFree(async () => {
      const source = frames(3);
      const { values, completed, error } = await run(source.pipe(repeat(2), branch({ through: seqs })));
      expect(error).toBeUndefined();
      expect([values, completed]).toEqual([[0, 1, 2, 0, 1, 2], true]);
    });
  });

  it('several frames made of one, which have one timestamp', async () => {
    await leakFree(async () => {
      const halves = (from: Observable<TensorFrame>): Observable<TensorFrame> =>
        new Observable((subscriber) =>
          from.subscribe({
            next(frame) {
              for (const half of tf.split<tf.Tensor4D>(frame.data, 2, 3)) {
                const part = frame.derive(half);
                subscriber.next(part);
                part.release();
              }
            },
            complete: () => subscriber.complete(),
          }),
        );
      const { values } = await run(frames(2).pipe(halves, branch({ through: seqs, policy: 'wait' })));
      expect(values).toEqual([0, 0, 1, 1]);
    });
  });

  it('plain data and pictures are shared as they are', async () => {
    const picture = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 as const };
    const source = frameSource([{ data: picture, timestamp: 0 }], { source: 'test' });
    const { values } = await run(
      source.pipe(branch({ through: map(({ data }) => data) }, { through: map(({ data }) => data) })),
    );
    expect(values).toEqual([picture, picture]);
    expect(values.every((data) => data === picture)).toBe(true);
  });

  /** As a browser's VideoFrame: a clone shares the memory, and each must be closed. */
  class FakeVideoFrame {
    static open = 0;
    #open = true;
    constructor() {
      FakeVideoFrame.open++;
    }
    clone(): FakeVideoFrame {
      if (!this.#open) throw new TypeError('a closed frame can’t be cloned');
      return new FakeVideoFrame();
    }
    close(): void {
      if (this.#open) FakeVideoFrame.open--;
      this.#open = false;
    }
    get live(): boolean {
      return this.#open;
    }
  }

  it('video frames are cloned, and all closed', async () => {
    for (const arrivals of [[0, 1, 2], of(0, 1, 2)]) {
      const data = (k: number) => ({ data: new FakeVideoFrame(), timestamp: k });
      const list = Array.isArray(arrivals) ? arrivals.map(data) : arrivals.pipe(map(data));
      const source = frameSource(list, { source: 'test', maxInFlight: 3 });
      const later = inOrder(3, async ({ data: picture }: Frame<FakeVideoFrame>) => {
        await idle();
        return picture.live;
      });
      const { values } = await run(
        source.pipe(
          branch({ through: later, maxInFlight: 3 }, { through: later, maxInFlight: 3 }, { through: take(1) }),
        ),
      );
      expect(values.filter((value) => value === true)).toHaveLength(6);
      await idle();
      expect(FakeVideoFrame.open).toBe(0);
      closedAccount(source);
    }
  });

  it('what must be closed and can’t be cloned is refused, and closed', async () => {
    let closed = 0;
    const source = frameSource([{ data: { close: () => closed++ }, timestamp: 0 }], { source: 'test' });
    const { error } = await run(source.pipe(branch({ through: seqs })));
    expect(error).toBeInstanceOf(OptionError);
    expect(String(error)).toMatch(/can't be cloned.*preprocess/);
    expect(error).toMatchObject({ stage: 'branch', frame: { seq: 0 } });
    await idle();
    expect(closed).toBe(1);
  });

  it('pairs are refused: they hold tensors that are not theirs', async () => {
    await leakFree(async () => {
      const [left, right] = [frames(2, { maxInFlight: 1 }), frames(2, { maxInFlight: 1 })];
      const { error } = await run(zipLatest(left, right).pipe(branch({ through: ignoreElements() })));
      expect(error).toBeInstanceOf(OptionError);
      await idle();
      closedAccount(left);
      closedAccount(right);
    });
  });

  it('a frame that is not alive is told', async () => {
    await leakFree(async () => {
      const dead = Frame.of(1, { source: 'test', seq: 0, timestamp: 0 });
      dead.release();
      const { error } = await run(of(dead).pipe(branch({ through: seqs })));
      expect(error).toMatchObject({ code: 'frame-released', frame: { seq: 0 } });
    });
  });

  it('a synchronous stream without end stops when the branches have enough', async () => {
    await leakFree(async () => {
      const endless = new Observable<TensorFrame>((subscriber) => {
        for (let seq = 0; !subscriber.closed; seq++) {
          if (seq > 100) throw new Error('it does not stop');
          const frame = Frame.of(arrival(seq).data, { source: 'test', seq, timestamp: seq });
          subscriber.next(frame);
          frame.release();
        }
      });
      const { values } = await run(endless.pipe(branch({ through: pipe(seqs, take(3)) })));
      expect(values).toEqual([0, 1, 2]);
    });
  });

  it('a stage in a branch that stalls is named', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const kept: TensorFrame[] = [];
        const hoard = tap((frame: TensorFrame) => kept.push(frame.retain('my album')));
        const { error } = await run(
          camera(100).pipe(branch({ through: hoard, name: 'album', stallTimeout: 500 }, { through: seqs })),
        );
        expect(error).toMatchObject({ code: 'stall' });
        expect(String(error)).toMatch(/frame camera #0 .* is held by my album/);
        kept.forEach((frame) => frame.release());
      }),
    );
  });
});

describe('what is wrong is told when the pipe is put together', () => {
  const fine = { through: markDelivered<number>() };
  it.each<[string, readonly unknown[], RegExp]>([
    ['no branch', [], /branch takes at least one branch/],
    ['an operator by itself', [markDelivered()], /branch 1 must be \{ through: an operator \}, not a function/],
    ['nothing', [fine, undefined], /branch 2 must be .*not undefined/],
    ['through that is no function', [fine, { through: 5 }], /branch 2 must be/],
  ])('%s', (_, given, message) => {
    const make = () => branch<number, [Frame<number>]>(...(given as [typeof fine]));
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });

  it.each<[string, object, RegExp]>([
    ['a policy that does not exist', { policy: 'newest' }, /branch 2: policy must be/],
    ['no frame in flight', { maxInFlight: 0 }, /branch 2: maxInFlight must be a whole number of at least 1/],
    ['an impossible age, by name', { maxAge: -1, name: 'labels' }, /labels: maxAge must be a number of ms over 0/],
    ['an empty name', { name: '' }, /source must be the source's name/],
    ['onError', { onError: 'ignore' }, /onError must be 'stop' or 'skip'/],
  ])('%s', (_, options, message) => {
    for (const source of [
      frameSource<number>([], { source: 'file' }),
      frameSource<number>(NEVER, { source: 'camera' }),
    ]) {
      const put = () => source.pipe(branch<number, Frame<number>[]>(fine, { ...fine, ...options }));
      expect(put).toThrow(OptionError);
      expect(put).toThrow(message);
    }
  });

  it('what a branch throws when it is tried', () => {
    const through = (): never => {
      throw new Error('not like this');
    };
    expect(() => frames(1).pipe(branch({ through }))).toThrow('not like this');
  });
});

it('stages and failures of a common part come before the branches', async () => {
  await leakFree(async () => {
    const source = frames(5, { onError: 'skip' });
    const broken = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'broken' },
      outputShape: (shape) => shape,
      kernel: () => (x) => {
        if (valueOf(x) === 2) throw new Error('no');
        return x.clone();
      },
    });
    const { values, completed } = await run(
      source.pipe(
        broken,
        branch({
          through: pipe(
            seqs,
            catchError(() => EMPTY),
          ),
        }),
      ),
    );
    expect([values, completed]).toEqual([[0, 1, 3, 4], true]);
    expect(closedAccount(source)).toMatchObject({ delivered: 4, failed: 1 });
  });
});

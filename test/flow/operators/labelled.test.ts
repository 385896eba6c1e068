import * as tf from '@tensorflow/tfjs-core';
import { map, of, pipe, take, tap } from 'rxjs';
import {
  batch,
  branch,
  classification,
  classify,
  Frame,
  frameSource,
  FrameReleasedError,
  infer,
  labelled,
  markDelivered,
  modelFrom,
  OptionError,
  pipeline,
  flatten,
  dense,
  softmax,
  StageError,
  unbatch,
  useEngine,
  window,
  type Arrival,
  type FrameLabel,
  type Pixels,
  type Target,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { through, type TensorFrame } from '../../support/batched.ts';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { arrival, double, frames, scores, valueOf } from '../../support/frames.ts';

beforeAll(() => useEngine('wasm'));

const targets = map(({ label }: Frame<unknown>) => label.target);

/** Two thirds of the frames have a target, which is ten times their number. */
const some = labelled<tf.Tensor4D>(({ seq }) => (seq % 3 === 2 ? undefined : 10 * seq));
const all = labelled<tf.Tensor4D>(({ seq }) => 10 * seq);

describe('labelled', () => {
  it('notes the target of each frame, and leaves a frame without one as it is', async () => {
    const { values, account } = await through((source) => source.pipe(some, targets));
    expect(values).toEqual([0, 10, undefined, 30, 40, undefined, 60]);
    expect(account).toEqual({ produced: 7, delivered: 0, discarded: 7, failed: 0 });
  });

  it('keeps the data, the lease and the rest of the label', async () => {
    const before: unknown[] = [];
    const after: unknown[] = [];
    const parts = ({ label, lease, data }: TensorFrame) => [label.source, label.seq, label.timestamp, lease, data];
    const { values } = await through((source) =>
      source.pipe(
        tap((frame) => before.push(...parts(frame))),
        all,
        tap((frame) => after.push(...parts(frame))),
        map(({ label }) => label),
      ),
    );
    expect(after).toHaveLength(35);
    after.forEach((part, i) => expect(part).toBe(before[i]));
    expect(values[2]).toEqual({ source: 'test', seq: 2, timestamp: 80_000, target: 20 });
  });

  it('adds no key to the label of a frame without a target', async () => {
    const { values } = await through((source) =>
      source.pipe(
        labelled(() => undefined),
        map(({ label }) => Object.keys(label)),
      ),
    );
    expect(values[0]).toEqual(['source', 'seq', 'timestamp']);
  });

  it('gives the label and the data, which it may read', async () => {
    const seen: FrameLabel[] = [];
    const { values } = await through((source) =>
      source.pipe(
        labelled((label, data) => {
          seen.push(label);
          return [label.seq, valueOf(data)];
        }),
        targets,
      ),
    );
    expect(values).toEqual([0, 1, 2, 3, 4, 5, 6].map((k) => [k, k]));
    expect(seen[1]).toEqual({ source: 'test', seq: 1, timestamp: 40_000 });
  });

  it.each<[string, Target]>([
    ['0', 0],
    ['a number below 0', -1],
    ['part of a number', 0.25],
    ['a list of one', [1]],
    ['a list', [0, 0.5, -3]],
  ])('takes %s', async (_name, target) => {
    const { values } = await through(
      (source) =>
        source.pipe(
          labelled(() => target),
          targets,
        ),
      { count: 1 },
    );
    expect(values).toEqual([target]);
  });

  it('replaces the target that a frame has, and keeps it for undefined', async () => {
    const given = function* (): Generator<Arrival<tf.Tensor4D>> {
      for (const k of [0, 1, 2]) yield { ...arrival(k), target: 7 };
    };
    await leakFree(async () => {
      const source = frameSource(given(), { source: 'test' });
      const odd = labelled<tf.Tensor4D>(({ seq, target }) => (seq === 1 ? [Number(target), 1] : undefined));
      const { values } = await run(source.pipe(odd, targets));
      expect(values).toEqual([7, [7, 1], 7]);
    });
  });

  it('can be used for frames that are no tensors', async () => {
    const { values } = await run(
      frameSource([{ data: 'cat.jpg', timestamp: 0 }], { source: 'list' }).pipe(
        labelled((_label, data) => Number(data.startsWith('dog'))),
        targets,
      ),
    );
    expect(values).toEqual([0]);
  });

  it('counts anew for each subscription, as the source does', async () => {
    await leakFree(async () => {
      const stream = frames(2).pipe(all, targets);
      expect([(await run(stream)).values, (await run(stream)).values]).toEqual([
        [0, 10],
        [0, 10],
      ]);
    });
  });

  it('lets a frame that is kept live on with its target', async () => {
    await leakFree(async () => {
      const source = frames(3);
      const kept: TensorFrame[] = [];
      await new Promise<void>((resolve, reject) =>
        source.pipe(all, take(2)).subscribe({
          next: (frame) => kept.push(frame.retain()),
          error: reject,
          complete: resolve,
        }),
      );
      await idle();
      expect(kept.map((frame) => [frame.label.target, valueOf(frame)])).toEqual([
        [0, 0],
        [10, 1],
      ]);
      for (const frame of kept) frame.release();
      expect(() => kept[0]?.data).toThrow(FrameReleasedError);
      expect(closedAccount(source)).toMatchObject({ failed: 0 });
    });
  });

  it('ends with its subscriber', async () => {
    await leakFree(async () => {
      const source = frames(6);
      const asked: number[] = [];
      const noting = labelled<tf.Tensor4D>(({ seq }) => asked.push(seq));
      const { values, completed } = await run(source.pipe(noting, take(2), targets));
      await idle();
      expect([values, completed, asked]).toEqual([[1, 2], true, [0, 1]]);
      expect(closedAccount(source)).toMatchObject({ failed: 0 });
    });
  });
});

describe('labelled passes on', () => {
  const odd = (seq: number): undefined => {
    if (seq % 2 === 1) throw new RangeError(`nobody knows ${seq}`);
  };
  const unknown = labelled<tf.Tensor4D>(({ seq }) => odd(seq) ?? seq);

  it('what the function throws, as an error of the frame', async () => {
    const { values, error, account, failures } = await through((source) => source.pipe(unknown, targets));
    expect(values).toEqual([0]);
    expect(error).toBeInstanceOf(StageError);
    expect(error).toMatchObject({ code: 'stage-failed', stage: 'labelled', frame: { seq: 1 } });
    expect((error as StageError).cause).toBeInstanceOf(RangeError);
    expect(String(error)).toContain('stage labelled failed on frame test #1 at 0.040 s: nobody knows 1');
    expect(account).toMatchObject({ failed: 1 });
    expect(failures).toEqual(['1 labelled stage-failed']);
  });

  it('the other frames, where failures are skipped', async () => {
    const { values, completed, account, failures } = await through((source) => source.pipe(unknown, targets), {
      onError: 'skip',
    });
    expect([values, completed]).toEqual([[0, 2, 4, 6], true]);
    expect(account).toEqual({ produced: 7, delivered: 0, discarded: 4, failed: 3 });
    expect(failures).toEqual([1, 3, 5].map((k) => `${k} labelled stage-failed`));
  });

  it('what is thrown that is no error', async () => {
    const { error } = await through((source) =>
      source.pipe(
        labelled(() => {
          // oxlint-disable-next-line no-throw-literal
          throw 'no idea';
        }),
      ),
    );
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain('no idea');
  });

  it('that a frame was released before', async () => {
    const frame = Frame.of(tf.scalar(1), { source: 'test', seq: 0, timestamp: 0 });
    frame.release();
    const asked: unknown[] = [];
    const { error } = await run(of(frame).pipe(labelled((label) => asked.push(label))));
    expect(error).toBeInstanceOf(FrameReleasedError);
    expect(asked).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['NaN', NaN, 'NaN'],
    ['Infinity', Infinity, 'Infinity'],
    ['an empty text', '', '""'],
    ['a text', 'cat', '"cat"'],
    ['a number as a text', '1', '"1"'],
    ['an empty list', [], '[]'],
    ['a list with NaN', [1, NaN], ''],
    ['a list with a text', [1, '2'], ''],
    ['a list of lists', [[1]], ''],
    // oxlint-disable-next-line no-sparse-arrays
    ['a list with a gap', [0, , 1], ''],
    ['a list of nothing', Array.from({ length: 3 }), ''],
    ['an object', {}, 'an object'],
    ['null', null, 'null'],
    ['true', true, 'true'],
    ['a bigint', 1n, ''],
    ['a typed array', new Float32Array([1]), ''],
    ['a promise', Promise.resolve(1), ''],
  ])('that %s is no target', async (_name, target, described) => {
    const { error, account } = await through(
      (source) =>
        source.pipe(
          labelled(() => target as never),
          targets,
        ),
      { count: 1 },
    );
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain(`a target must be a number or a list of numbers, not ${described}`);
    expect(account).toMatchObject({ produced: 1, failed: 1 });
  });

  it('an error of the source, and its end', async () => {
    await leakFree(async () => {
      const broken = function* (): Generator<Arrival<tf.Tensor4D>> {
        yield arrival(0);
        throw new Error('unplugged');
      };
      const { values, error } = await run(frameSource(broken(), { source: 'test' }).pipe(all, targets));
      expect(values).toEqual([0]);
      expect(String(error)).toContain('unplugged');
    });
  });
});

it.each([[undefined], [null], [3], [[1, 2]], ['seq'], [{ target: 1 }]])(
  'labelled refuses %j as a function',
  (wrong) => {
    expect(() => labelled(wrong as never)).toThrow(OptionError);
    expect(() => labelled(wrong as never)).toThrow("labelled takes a function from a frame's label to its target, not");
  },
);

describe('a target stays with its frame', () => {
  it('through stages, to the results of classify', async () => {
    const { values } = await through((source) => source.pipe(some, double(), scores(), classify({ top: 1 })));
    expect(values.map(({ seq, target }) => [seq, target])).toEqual(
      [0, 10, undefined, 30, 40, undefined, 60].map((target, k) => [k, target]),
    );
    expect('target' in (values[2] ?? {})).toBe(false);
  });

  it('to the results of infer', async () => {
    const net = pipeline({ inputShape: [1, 2, 2, 3] }, flatten(), dense({ units: 2, seed: 1 }), softmax());
    const model = await modelFrom(net, { width: 2, height: 2, range: [0, 1] }, { labels: ['a', 'b'] });
    expect(model.task.spec.kind).toBe(classification().spec.kind);
    const pictures = [0, 1, 2].map((k): Arrival<Pixels> => ({
      data: { width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(90 * k) },
      timestamp: k,
      target: k === 2 ? undefined : k,
    }));
    await leakFree(async () => {
      const known = labelled<Pixels>(({ seq }) => (seq === 1 ? [0, 1] : undefined));
      const { values } = await run(frameSource(pictures, { source: 'list' }).pipe(known, infer(model)));
      expect(values.map(({ target }) => target)).toEqual([0, [0, 1], undefined]);
    });
  });

  it('from the arrivals of a source on', async () => {
    const given = function* (): Generator<Arrival<tf.Tensor4D>> {
      yield { ...arrival(0), target: 0 };
      yield { ...arrival(1), target: [1, 0] };
      yield { ...arrival(2), target: undefined };
      yield arrival(3);
    };
    await leakFree(async () => {
      const { values } = await run(
        frameSource(given(), { source: 'test' }).pipe(
          double(),
          map(({ label }) => label),
        ),
      );
      expect(values.map(({ target }) => target)).toEqual([0, [1, 0], undefined, undefined]);
      expect(Object.keys(values[2] ?? {})).toEqual(['source', 'seq', 'timestamp']);
    });
  });

  it('down branches', async () => {
    const { values } = await through((source) =>
      source.pipe(
        all,
        branch({ through: pipe(double(), markDelivered(), targets) }, { through: pipe(markDelivered(), targets) }),
      ),
    );
    expect(values.toSorted((a, b) => Number(a) - Number(b))).toEqual(
      [0, 10, 20, 30, 40, 50, 60].flatMap((t) => [t, t]),
    );
  });

  it('into a window, which has that of its newest frame', async () => {
    const { values } = await through((source) => source.pipe(all, window({ size: 3, hop: 2 }), targets));
    expect(values).toEqual([20, 40, 60]);
  });

  it('into a batch, as one of its targets', async () => {
    const { values } = await through((source) =>
      source.pipe(
        all,
        batch({ size: 3 }),
        map(({ label }) => label),
      ),
    );
    expect(values).toEqual([
      { source: 'test', seq: 0, timestamp: 0, targets: [0, 10, 20] },
      { source: 'test', seq: 3, timestamp: 120_000, targets: [30, 40, 50] },
      { source: 'test', seq: 6, timestamp: 240_000, targets: [60] },
    ]);
  });

  it('but a batch has no targets where one of its frames has none', async () => {
    const { values } = await through((source) =>
      source.pipe(
        some,
        batch({ size: 2 }),
        map(({ label: { targets } }) => targets),
      ),
    );
    expect(values).toEqual([[0, 10], undefined, undefined, [60]]);
  });

  it('through a batch, and out of it again', async () => {
    const { values } = await through((source) =>
      source.pipe(
        some,
        batch({ size: 4 }),
        double(),
        unbatch(),
        map((frame) => [frame.label.seq, frame.label.target, 'targets' in frame.label, valueOf(frame)]),
      ),
    );
    expect(values).toEqual([0, 10, undefined, 30, 40, undefined, 60].map((target, k) => [k, target, false, 2 * k]));
  });

  it('and out of a batch that failed there is none', async () => {
    const { account, completed } = await through(
      (source) =>
        source.pipe(
          labelled(({ seq }) => {
            if (seq === 1) throw new Error('unknown');
            return seq;
          }),
          batch({ size: 3 }),
          map(({ label: { targets } }) => targets),
          tap((list) => expect(list).not.toContain(1)),
        ),
      { onError: 'skip' },
    );
    expect(completed).toBe(true);
    expect(account).toMatchObject({ failed: 1, discarded: 6 });
  });
});

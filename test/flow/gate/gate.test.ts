import { from, map, NEVER, Subject, take } from 'rxjs';
import { frameSource, markDelivered, OptionError, TimestampError, useEngine, type Arrival, type Frame } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, expectLaw, idle, run, watch } from '../../support/balance.ts';
import { frames } from '../../support/frames.ts';
import { options, closed, forgetClosed, type Picture, picture, keep, pictures } from '../../support/pictures.ts';

forgetClosed();

beforeAll(() => useEngine('cpu'));

describe('options', () => {
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['policy', { policy: 'newest' }, /^test: policy must be 'wait', .*, not "newest"$/],
    ['policy null', { policy: null }, /policy must be .*, not null$/],
    ['policy {}', { policy: {} }, /policy must be .*, not an object$/],
    ['buffer 0', { policy: { buffer: 0 } }, /policy must be .*, not \{ buffer: 0 \}$/],
    ['buffer NaN', { policy: { buffer: NaN } }, /not \{ buffer: NaN \}$/],
    ['buffer bigint', { policy: { buffer: 1n } }, /not \{ buffer: 1 \}$/],
    ['buffer bytes', { policy: { buffer: { bytes: 1.5 } } }, /not \{ buffer: \{ bytes: 1.5 \} \}$/],
    ['maxInFlight 0', { maxInFlight: 0 }, /^test: maxInFlight must be a whole number of at least 1, not 0$/],
    ['maxInFlight text', { maxInFlight: '2' }, /maxInFlight must be .*, not "2"$/],
    ['maxInFlight Infinity', { maxInFlight: Infinity }, /maxInFlight must be .*, not Infinity$/],
    ['maxAge 0', { maxAge: 0 }, /^test: maxAge must be a number of ms over 0, not 0$/],
    ['maxAge NaN', { maxAge: NaN }, /maxAge must be .*, not NaN$/],
    ['maxAge text', { maxAge: '5' }, /maxAge must be .*, not "5"$/],
    ['onError', { onError: 'ignore' }, /^test: onError must be 'stop' or 'skip', not "ignore"$/],
    ['source no text', { source: 3 }, /^frameSource: source must be the source's name, not 3$/],
    ['source empty', { source: '' }, /source must be the source's name, not ""$/],
  ];
  it.each(wrong)('%s is refused at once', (_, given, message) => {
    expect(() => frameSource([], { ...options, ...given })).toThrow(OptionError);
    expect(() => frameSource([], { ...options, ...given })).toThrow(message);
  });

  it.each([5, null, undefined, 'frames', {}, () => []])('%s is no source', (given) => {
    expect(() => frameSource(given as [], options)).toThrow(OptionError);
    expect(() => frameSource(given as [], options)).toThrow(
      /^test: arrivals must be an iterable, an async iterable or an Observable of \{ data, timestamp \}, not /,
    );
  });

  it('wait is refused on an Observable, with the reason and the ways out', () => {
    expect(() => frameSource(NEVER, { ...options, policy: 'wait' })).toThrow(OptionError);
    expect(() => frameSource(NEVER, { ...options, policy: 'wait' })).toThrow(
      /cannot be made to wait.*'latest', 'dropNewest' or \{ buffer: n \}/,
    );
  });

  it.each(['wait', 'latest', 'dropNewest', { buffer: 1 }, { buffer: { bytes: 1 } }] as const)(
    '%o is fine for what is pulled',
    (policy) => {
      expect(frameSource([], { ...options, policy, maxInFlight: 7, maxAge: 0.5, onError: 'skip' }).name).toBe('test');
    },
  );
});

describe('timestamps', () => {
  const faults: [string, number[], number][] = [
    ['NaN', [0, NaN, 2], 1],
    ['infinite', [0, Infinity, 2], 1],
    ['equal', [5, 5, 6], 1],
    ['backwards', [5, 4, 6], 1],
    ['minus zero after zero', [0, -0, 1], 1],
    ['NaN at first', [NaN, 1, 2], 0],
    ['a text', [0, '1' as unknown as number, 2], 1],
  ];
  const shots = (timestamps: number[]) => timestamps.map((timestamp, k) => ({ data: picture(k), timestamp }));

  it.each(faults)('%s: stop', async (_, timestamps, at) => {
    const source = frameSource(shots(timestamps), options);
    const failures: unknown[] = [];
    source.failures.subscribe(({ label }) => failures.push(label.seq));
    const { values, error } = await run(
      source.pipe(
        markDelivered(),
        map(({ label }) => label.seq),
      ),
    );
    expect(values).toEqual(at === 0 ? [] : [0]);
    expect(error).toBeInstanceOf(TimestampError);
    expect(error).toMatchObject({ code: 'timestamp', stage: 'source', frame: { source: 'test', seq: at } });
    expect((error as Error).message).toBe(
      `frame ${at} of test has timestamp ${String(timestamps[at])} µs${at === 0 ? '' : ` after ${timestamps[0]} µs`}: ` +
        'timestamps must be finite and strictly increase per source',
    );
    expect(failures).toEqual([at]);
    expect(closedAccount(source)).toEqual({ produced: at + 1, delivered: at, discarded: 0, failed: 1 });
    expect(closed).toEqual(at === 0 ? [0] : [0, 1]);
  });

  it.each(faults)('%s: skip loses that frame only', async (_, timestamps, at) => {
    const source = frameSource(shots(timestamps), { ...options, onError: 'skip' });
    const failures: unknown[] = [];
    source.failures.subscribe(({ error }) => failures.push(error));
    const { values, completed } = await run(
      source.pipe(
        markDelivered(),
        map(({ label }) => label.seq),
      ),
    );
    expect([values, completed]).toEqual([[0, 1, 2].filter((k) => k !== at), true]);
    expect(failures).toEqual([expect.any(TimestampError)]);
    expect(closedAccount(source)).toEqual({ produced: 3, delivered: 2, discarded: 0, failed: 1 });
    expect(closed).toEqual([0, 1, 2]);
  });

  it('are held against the last good one', async () => {
    const source = frameSource(shots([10, 3, 7, 11]), { ...options, onError: 'skip' });
    const { values } = await run(source.pipe(map(({ label }) => label.timestamp)));
    expect(values).toEqual([10, 11]);
  });

  it('begin anew with another source, and with another subscription', async () => {
    const source = frameSource(
      [
        { data: 0, timestamp: 9, source: 'a.png' },
        { data: 1, timestamp: 9, source: 'b.png' },
      ],
      options,
    );
    for (let i = 0; i < 2; i++) {
      const { values } = await run(source.pipe(map(({ label }) => label)));
      expect(values).toEqual([
        { source: 'a.png', seq: 0, timestamp: 9 },
        { source: 'b.png', seq: 1, timestamp: 9 },
      ]);
    }
  });

  it('a wrong one stops after the frames that wait, and nothing after it is asked for', async () => {
    const source = frameSource(shots([0, 1, 1, 3]), { ...options, maxInFlight: 1, policy: { buffer: 9 } });
    const { kept, end, seqs } = keep(source);
    await idle();
    expect(end).toEqual({});
    kept[0]?.release();
    await idle();
    kept[1]?.release();
    await idle();
    expect(seqs()).toEqual([0, 1]);
    expect(end.error).toBeInstanceOf(TimestampError);
    expect(closedAccount(source)).toMatchObject({ produced: 3, discarded: 2, failed: 1 });
  });

  it('a wrong one on a camera stops listening to it', async () => {
    const camera = new Subject<Arrival<Picture>>();
    const source = frameSource(camera, options);
    const { end } = keep(source);
    await idle();
    camera.next({ data: picture(0), timestamp: NaN });
    expect(end.error).toBeInstanceOf(TimestampError);
    expect(camera.observed).toBe(false);
    expect(closedAccount(source)).toMatchObject({ produced: 1, failed: 1 });
  });
});

it('seq counts the frames that were dropped, and begins anew with every subscription', async () => {
  const source = frameSource(from(pictures(4)), options);
  const first = keep(source);
  await idle();
  first.kept[0]?.release();
  await idle();
  first.kept[1]?.release();
  expect(first.seqs()).toEqual([0, 3]);
  const second = keep(source);
  await idle();
  second.subscription.unsubscribe();
  second.kept[0]?.release();
  expect(second.seqs()).toEqual([0]);
  expect(closedAccount(source)).toMatchObject({ produced: 8, replaced: 4 });
});

describe('re-entrancy', () => {
  it('releasing an older frame inside next lets the next one in afterwards, not meanwhile', async () => {
    const source = frameSource(pictures(4), options);
    let before: Frame<Picture> | undefined;
    let inside = 0;
    const seen: number[] = [];
    source.subscribe((frame) => {
      expect(++inside).toBe(1);
      before?.release();
      before = frame.retain();
      seen.push(frame.label.seq);
      inside--;
    });
    await idle();
    expect(seen).toEqual([0, 1, 2, 3]);
    before?.release();
    expect(closedAccount(source)).toMatchObject({ produced: 4, discarded: 4 });
  });

  it('a release never runs what is downstream: who releases is not ready for the next frame', async () => {
    const source = frameSource(pictures(3), { ...options, maxInFlight: 1 });
    const { kept, seqs } = keep(source);
    await idle();
    kept[0]?.release();
    expect(seqs()).toEqual([0]);
    await Promise.resolve();
    expect(seqs()).toEqual([0, 1]);
    kept[1]?.release();
    await idle();
    kept[2]?.release();
    closedAccount(source);
  });

  it('a release inside the error handler asks for nothing more', async () => {
    const asked: number[] = [];
    const source = frameSource(
      (function* () {
        for (let k = 0; ; k++) {
          asked.push(k);
          yield { data: k, timestamp: k === 1 ? NaN : k };
        }
      })(),
      options,
    );
    let kept: Frame<number> | undefined;
    source.subscribe({ next: (frame) => (kept = frame.retain()), error: () => kept?.release() });
    await idle();
    expect(asked).toEqual([0, 1]);
    expect(closedAccount(source)).toMatchObject({ produced: 2, discarded: 1, failed: 1 });
  });

  it('subscribing to a source inside its own next', async () => {
    const source = frameSource(pictures(2), options);
    const seen: string[] = [];
    source.subscribe(({ label }) => {
      seen.push(`outer ${label.seq}`);
      if (label.seq === 0) source.subscribe((inner) => seen.push(`inner ${inner.label.seq}`));
    });
    await idle();
    expect(seen).toEqual(['outer 0', 'outer 1', 'inner 0', 'inner 1']);
    expect(closedAccount(source)).toMatchObject({ produced: 4 });
  });
});

describe('the ledger', () => {
  it('as an Observable gives the present state first, and then every change', async () => {
    const source = frames(2);
    const { states } = watch(source);
    expect(states).toEqual([source.ledger.counts]);
    await run(source.pipe(markDelivered()));
    const brief = states.map(({ produced, delivered, waiting, inFlight }) => [produced, waiting, inFlight, delivered]);
    expect(brief).toEqual([
      [0, 0, 0, 0],
      [1, 1, 1, 0],
      [1, 0, 1, 0],
      [1, 0, 0, 1],
      [2, 1, 1, 1],
      [2, 0, 1, 1],
      [2, 0, 0, 2],
    ]);
    const late = watch(source);
    expect(late.states).toEqual([source.ledger.counts]);
    states.forEach(expectLaw);
  });

  it('can be left', async () => {
    const source = frames(3);
    let states = 0;
    const subscription = source.ledger.subscribe(() => states++);
    subscription.unsubscribe();
    source.ledger.pipe(take(1)).subscribe(() => states++);
    await run(source);
    expect(states).toBe(2);
  });

  it('gives values that do not change afterwards', async () => {
    const source = frameSource(from(pictures(3)), options);
    const before = source.ledger.counts;
    await run(source.pipe(take(1)));
    expect(before).toMatchObject({ produced: 0, dropped: { replaced: 0 } });
  });

  it('an observer of it that throws does not disturb the gate', async () => {
    const { config } = await import('rxjs');
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    const source = frames(2);
    source.ledger.subscribe(() => {
      throw new Error('boom');
    });
    const { completed } = await run(source.pipe(markDelivered()));
    await idle();
    config.onUnhandledError = null;
    expect(completed).toBe(true);
    expect(reported.length).toBe(7);
    expect(closedAccount(source)).toMatchObject({ delivered: 2 });
  });
});

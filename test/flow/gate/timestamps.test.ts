import { map, Observable, repeat, retry, Subject, toArray } from 'rxjs';
import {
  frameSource,
  markDelivered,
  TimestampError,
  type FrameSourceOptions,
  type Arrival,
  type Arrivals,
  type FrameLabel,
  type TimestampFault,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { closedAccount, run, watch } from '../../support/balance.ts';
import { Album, Camera } from '../../support/by-hand.ts';

const options: FrameSourceOptions = { source: 'cam' };

/** What passes of frames with these timestamps, and what is said about the others. */
async function passing<T>(arrivals: Arrivals<T>, given: Partial<FrameSourceOptions> = {}) {
  const source = frameSource(arrivals, { ...options, onError: 'skip', ...given });
  const watched = watch(source);
  const faults: [number, TimestampFault][] = [];
  source.failures.subscribe(({ label, error }) => {
    expect(error).toBeInstanceOf(TimestampError);
    expect(error.frame).toBe(label);
    faults.push([label.seq, (error as TimestampError).fault]);
  });
  const { values, completed, error } = await run(
    source.pipe(
      markDelivered(),
      map(({ label }) => label),
    ),
  );
  watched.leases();
  return {
    seqs: values.map(({ seq }) => seq),
    labels: values,
    faults,
    completed,
    error,
    account: closedAccount(source),
  };
}

const shots = (...timestamps: unknown[]): Arrival<number>[] =>
  timestamps.map((timestamp, k) => ({ data: k, timestamp: timestamp as number }));

describe('faults, each of which loses its own frame only', () => {
  const s = 1e6;
  const cases: [string, unknown[], [number, TimestampFault][]][] = [
    ['NaN', [0, NaN, 1], [[1, 'not-finite']]],
    ['Infinity', [0, Infinity, 1], [[1, 'not-finite']]],
    ['minus Infinity', [0, -Infinity, 1], [[1, 'not-finite']]],
    ['undefined', [0, undefined, 1], [[1, 'not-finite']]],
    ['null', [0, null, 1], [[1, 'not-finite']]],
    ['a text', [0, '1', 2], [[1, 'not-finite']]],
    ['a bigint', [0, 1n, 2], [[1, 'not-finite']]],
    ['a Date', [0, new Date(5), 6], [[1, 'not-finite']]],
    ['the first of all', [NaN, 1, 2], [[0, 'not-finite']]],
    ['equal', [5, 5, 6], [[1, 'equal']]],
    [
      'equal three times',
      [5, 5, 5, 6],
      [
        [1, 'equal'],
        [2, 'equal'],
      ],
    ],
    ['minus zero after zero', [0, -0, 1], [[1, 'equal']]],
    ['backwards by a little', [5, 4, 6], [[1, 'backwards']]],
    [
      'held against the last good one',
      [10, 3, 7, 11],
      [
        [1, 'backwards'],
        [2, 'backwards'],
      ],
    ],
    ['backwards by a second exactly', [2 * s, s, 2 * s + 1], [[1, 'backwards']]],
    ['another clock: by more than a second', [2 * s, s - 1, s, s + 1], [[1, 'source-change']]],
    [
      'the new clock counts from there',
      [9 * s, 0, 0, -1, 1],
      [
        [1, 'source-change'],
        [2, 'equal'],
        [3, 'backwards'],
      ],
    ],
    [
      'two changes',
      [9 * s, 4 * s, 1 * s, 2 * s],
      [
        [1, 'source-change'],
        [2, 'source-change'],
      ],
    ],
    ['a change and the old clock again', [9 * s, 0, 9 * s + 1, 9 * s + 2], [[1, 'source-change']]],
    [
      'not finite in between changes nothing',
      [9 * s, NaN, 0, 1],
      [
        [1, 'not-finite'],
        [2, 'source-change'],
      ],
    ],
  ];
  it.each(cases)('%s', async (_, timestamps, expected) => {
    const { seqs, faults, completed, account } = await passing(shots(...timestamps));
    const bad = new Set(expected.map(([seq]) => seq));
    expect(faults).toEqual(expected);
    expect(seqs).toEqual(timestamps.map((_, k) => k).filter((k) => !bad.has(k)));
    expect(completed).toBe(true);
    expect(account).toEqual({ produced: timestamps.length, delivered: seqs.length, discarded: 0, failed: bad.size });
  });

  it('none: any jump forward, negative times, fractions, the smallest step', async () => {
    const fine = [-5 * s, -1, -0.5, 0, Number.MIN_VALUE, 1e-3, 1, 1e9, 1e15, Number.MAX_VALUE];
    const { seqs, faults } = await passing(shots(...fine));
    expect([seqs.length, faults]).toEqual([fine.length, []]);
  });

  it.each([
    [
      NaN,
      /^frame 1 of cam has timestamp NaN µs after 0 µs: timestamps must be finite and strictly increase per source$/,
    ],
    [0, /^frame 1 of cam has timestamp 0 µs after 0 µs: timestamps must/],
    [-2e6, /^frame 1 of cam has timestamp -2000000 µs after 0 µs \(another clock\): timestamps must/],
  ])('stop: %d ends the stream, with what is wrong', async (timestamp, message) => {
    const { seqs, error, faults, account } = await passing(shots(0, timestamp, 5), { onError: 'stop' });
    expect(seqs).toEqual([0]);
    expect(error).toBeInstanceOf(TimestampError);
    expect(error).toMatchObject({ code: 'timestamp', stage: 'source', frame: { source: 'cam', seq: 1, timestamp } });
    expect((error as Error).message).toMatch(message);
    expect(faults.length).toBe(1);
    expect(account).toEqual({ produced: 2, delivered: 1, discarded: 0, failed: 1 });
  });

  it('frees the frame, and tells it failed before it is refused', async () => {
    const camera = await Camera.opened({ onError: 'skip' });
    camera.shots.next({ data: camera.album.picture(0), timestamp: NaN });
    expect(camera.album.freed).toEqual([0]);
    expect(camera.events.map(({ type }) => type)).toEqual(['arrived', 'failed', 'refused']);
    expect(camera.source.ledger.counts).toMatchObject({ produced: 1, failed: 1, inFlight: 0 });
    camera.held.subscription.unsubscribe();
  });

  it('a frame with a wrong time takes nobody’s place', async () => {
    const camera = await Camera.opened({ onError: 'skip', policy: 'latest' });
    camera.shoot(0, 1);
    for (const timestamp of [NaN, 1, 0]) camera.shots.next({ data: camera.album.picture(9), timestamp });
    expect(camera.drops).toEqual([]);
    await camera.held.letGo(2);
    expect(camera.held.seqs).toEqual([0, 1]);
    expect(closedAccount(camera.source)).toEqual({ produced: 5, delivered: 0, discarded: 2, failed: 3 });
  });

  it('with data that can’t be freed ends the stream all the same', async () => {
    const cannot = {
      close: (): never => {
        throw new RangeError('stuck');
      },
    };
    const { error, account } = await passing([
      { data: cannot, timestamp: NaN },
      { data: cannot, timestamp: 1 },
    ]);
    expect(error).toEqual(new RangeError('stuck'));
    expect(account).toMatchObject({ produced: 1, failed: 1 });
  });
});

describe('frames that name their source', () => {
  const photo = (source: string, timestamp: number): Arrival<number> => ({ data: 0, source, timestamp });
  const names = (labels: FrameLabel[]) => labels.map(({ source, seq }) => `${source} ${seq}`);

  it('every name has a clock of its own', async () => {
    const { labels, faults } = await passing([
      photo('a.png', 9),
      photo('b.png', 9),
      photo('c.png', 0),
      photo('c.png', 1),
    ]);
    expect(names(labels)).toEqual(['a.png 0', 'b.png 1', 'c.png 2', 'c.png 3']);
    expect(faults).toEqual([]);
  });

  it('within one name the rule holds', async () => {
    const { labels, faults } = await passing([
      photo('a.mp4', 9),
      photo('a.mp4', 9),
      photo('b.mp4', 9),
      photo('b.mp4', 3),
    ]);
    expect(names(labels)).toEqual(['a.mp4 0', 'b.mp4 2']);
    expect(faults).toEqual([
      [1, 'equal'],
      [3, 'backwards'],
    ]);
  });

  it('errors speak of the frame’s own source', async () => {
    const { error } = await passing([photo('a.mp4', 9), photo('a.mp4', 8)], { onError: 'stop' });
    expect((error as Error).message).toMatch(/^frame 1 of a\.mp4 has timestamp 8 µs after 9 µs/);
    expect(error).toMatchObject({ frame: { source: 'a.mp4' } });
  });

  it('and those that do not have the name of the whole', async () => {
    const { labels } = await passing([
      photo('a.png', 1),
      { data: 0, timestamp: 0 },
      photo('cam', 5),
      { data: 0, timestamp: 5 },
    ]);
    expect(names(labels)).toEqual(['a.png 0', 'cam 1', 'cam 2']);
  });
});

describe('a source that is begun anew', () => {
  /** An Observable that says what it is told, one list per subscription. */
  const opening = (...runs: (readonly (Arrival<unknown> | Error)[])[]): Observable<Arrival<unknown>> => {
    const left = [...runs];
    return new Observable((subscriber) => {
      for (const one of left.shift() ?? []) {
        if (one instanceof Error) subscriber.error(one);
        else subscriber.next(one);
      }
      subscriber.complete();
    });
  };

  it('retry after a wrong time: the clock and the numbers begin anew, the account goes on', async () => {
    const source = frameSource(opening(shots(5, 6, 6, 7), shots(1, 2)), { ...options, policy: { buffer: 9 } });
    const watched = watch(source);
    const { values, completed } = await run(
      source.pipe(
        markDelivered(),
        map(({ label }) => [label.seq, label.timestamp]),
        retry(1),
      ),
    );
    expect(values).toEqual([
      [0, 5],
      [1, 6],
      [0, 1],
      [1, 2],
    ]);
    expect(completed).toBe(true);
    expect(watched.leases()).toBe(1);
    expect(closedAccount(source)).toEqual({ produced: 5, delivered: 4, discarded: 0, failed: 1 });
  });

  it('retry after the source’s own error', async () => {
    const cut = new Error('cut');
    const source = frameSource(opening([...shots(5, 6), cut], [cut], shots(1)), { ...options, policy: { buffer: 9 } });
    const { values, completed } = await run(
      source.pipe(
        markDelivered(),
        map(({ label }) => label.seq),
        retry(2),
      ),
    );
    expect([values, completed]).toEqual([[0, 1, 0], true]);
    expect(closedAccount(source)).toEqual({ produced: 3, delivered: 3, discarded: 0, failed: 0 });
  });

  it('retry that gives up: everything is accounted for', async () => {
    const source = frameSource({ [Symbol.iterator]: () => shots(5, 5)[Symbol.iterator]() }, options);
    const { values, error } = await run(
      source.pipe(
        map(({ label }) => label.seq),
        retry(3),
      ),
    );
    expect(values).toEqual([0, 0, 0, 0]);
    expect(error).toBeInstanceOf(TimestampError);
    expect(closedAccount(source)).toEqual({ produced: 8, delivered: 0, discarded: 4, failed: 4 });
  });

  it('repeat', async () => {
    const source = frameSource(
      { [Symbol.iterator]: () => shots(5, 5, 6)[Symbol.iterator]() },
      { ...options, onError: 'skip' },
    );
    const { values } = await run(
      source.pipe(
        markDelivered(),
        map(({ label }) => label.seq),
        repeat(3),
        toArray(),
      ),
    );
    expect(values).toEqual([[0, 2, 0, 2, 0, 2]]);
    expect(closedAccount(source)).toEqual({ produced: 9, delivered: 6, discarded: 0, failed: 3 });
  });

  it('goes on in another source’s ledger', async () => {
    const first = frameSource(shots(1, 2), options);
    await run(first.pipe(markDelivered()));
    const second = frameSource(shots(7, 7), { ...options, onError: 'skip', ledger: first.ledger });
    await run(second.pipe(markDelivered()));
    expect(second.ledger).toBe(first.ledger);
    expect(closedAccount(second)).toEqual({ produced: 4, delivered: 3, discarded: 0, failed: 1 });
  });

  it('two subscriptions at once keep a clock each', async () => {
    const shared = new Subject<Arrival<unknown>>();
    const album = new Album();
    const source = frameSource(shared, { ...options, policy: { buffer: 9 } });
    const [one, two] = [
      run(source.pipe(map(({ label }) => label.seq))),
      run(source.pipe(map(({ label }) => label.seq))),
    ];
    await Promise.resolve();
    for (const k of [0, 1, 2]) shared.next(album.arrival(k));
    shared.complete();
    expect((await one).values).toEqual([0, 1, 2]);
    expect((await two).values).toEqual([0, 1, 2]);
    expect(closedAccount(source)).toMatchObject({ produced: 6, discarded: 6 });
  });
});

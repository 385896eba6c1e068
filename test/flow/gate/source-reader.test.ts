import { map, Observable, of, Subject, take, type Subscription } from 'rxjs';
import {
  frameSource,
  markDelivered,
  OptionError,
  type FrameSourceOptions,
  type Arrival,
  type GateEvent,
  type Policy,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { closedAccount, idle, run } from '../../support/balance.ts';
import { Album, Camera, Held } from '../../support/by-hand.ts';

const options: FrameSourceOptions = { source: 'clip.mp4' };

describe('a source whose own doing ends the stream', () => {
  /** Subscribes to what is made with a way to unsubscribe, which works from within as well. */
  function subscribed<T>(make: (leave: () => void) => Iterable<Arrival<T>> | AsyncIterable<Arrival<T>>) {
    let subscription: Subscription | undefined;
    const source = frameSource(
      make(() => subscription?.unsubscribe()),
      { ...options, maxInFlight: 1 },
    );
    const seqs: number[] = [];
    subscription = source.subscribe(({ label }) => seqs.push(label.seq));
    return { source, seqs };
  }

  it('a generator gets to its finally, and its last frame is freed', async () => {
    const album = new Album();
    let finished = 0;
    const { source, seqs } = subscribed(function* (leave) {
      try {
        for (let k = 0; ; k++) {
          if (k === 2) leave();
          yield album.arrival(k);
        }
      } finally {
        finished++;
      }
    });
    await idle();
    expect([seqs, finished, album.freed]).toEqual([[0, 1], 1, [0, 1, 2]]);
    expect(closedAccount(source)).toMatchObject({ produced: 2 });
  });

  it('an async generator too', async () => {
    const album = new Album();
    let finished = 0;
    const { source, seqs } = subscribed(async function* (leave) {
      try {
        for (let k = 0; ; k++) {
          await Promise.resolve();
          if (k === 2) leave();
          yield album.arrival(k);
        }
      } finally {
        finished++;
      }
    });
    await idle();
    expect([seqs, finished, album.freed]).toEqual([[0, 1], 1, [0, 1, 2]]);
    expect(closedAccount(source)).toMatchObject({ produced: 2 });
  });

  it.each([
    ['with one more frame: it is given back', { done: false, value: { data: 9, timestamp: 9 } }, ['next', 'return']],
    ['with its end: it is not', { done: true, value: undefined }, ['next']],
    [
      'with a promise of a frame',
      Promise.resolve({ done: false, value: { data: 9, timestamp: 9 } }),
      ['next', 'return'],
    ],
  ])('an iterator that answers %s', async (_, answer, expected) => {
    const calls: string[] = [];
    const { seqs } = subscribed<number>((leave) => ({
      [Symbol.asyncIterator]: () => ({
        next() {
          calls.push('next');
          leave();
          return answer as Promise<IteratorResult<Arrival<number>>>;
        },
        return() {
          calls.push('return');
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    }));
    await idle();
    expect([seqs, calls]).toEqual([[], expected]);
  });

  it('an iterator that throws after it has ended the stream', async () => {
    const calls: string[] = [];
    subscribed<number>((leave) => ({
      [Symbol.iterator]: () => ({
        next() {
          calls.push('next');
          leave();
          throw new RangeError('no');
        },
        return() {
          calls.push('return');
          return { done: true, value: undefined };
        },
      }),
    }));
    await idle();
    expect(calls).toEqual(['next']);
  });
});

describe('leaving within hearing of the gate', () => {
  const types: GateEvent['type'][] = ['arrived', 'admitted', 'dropped', 'refused', 'failed', 'closed'];
  it.each(types)('at a frame that is %s: all are accounted for and freed', async (type) => {
    for (const policy of ['latest', { buffer: 3 }, 'dropNewest'] satisfies Policy[]) {
      const { shots, album, held, source } = await Camera.opened({ policy, onError: 'skip' });
      let left = false;
      source.events.subscribe((event) => {
        if (event.type !== type || left) return;
        left = true;
        held.subscription.unsubscribe();
      });
      for (const k of [0, 1, 2, 3]) shots.next(album.arrival(k));
      shots.next({ data: album.picture(9), timestamp: NaN });
      await held.letGo(2);
      held.subscription.unsubscribe();
      await held.letGo(2);
      const { produced = 0 } = closedAccount(source);
      expect(album.freed.length, `freed under ${JSON.stringify(policy)}`).toBe(produced);
      expect(new Set(album.freed).size).toBe(produced);
      if (policy === 'latest') expect(left).toBe(true);
      expect(shots.observed).toBe(false);
    }
  });

  it('at a frame that arrives from a file', async () => {
    const album = new Album();
    const source = frameSource(
      [0, 1, 2].map((k) => album.arrival(k)),
      { ...options, maxInFlight: 1 },
    );
    const held = new Held(source);
    source.events.subscribe(
      ({ type, label }) => type === 'arrived' && label.seq === 1 && held.subscription.unsubscribe(),
    );
    await idle();
    await held.letGo();
    expect(closedAccount(source)).toMatchObject({ produced: 2, discarded: 2 });
    expect(album.freed).toEqual([0, 1]);
  });
});

describe('frames that cannot be weighed', () => {
  it.each([
    ['a number', 5],
    ['a text', 'frame'],
    ['an object', {}],
    ['nothing', undefined],
    ['an empty buffer', new Uint8Array(0)],
  ])('%s, where bytes are counted, is refused: it would queue without bound', async (_, data) => {
    const arrivals = Array.from({ length: 9 }, (_, timestamp) => ({ data, timestamp }));
    for (const source of [
      frameSource(arrivals, { ...options, policy: { buffer: { bytes: 100 } } }),
      frameSource(new Observable<Arrival<unknown>>((subscriber) => arrivals.forEach((one) => subscriber.next(one))), {
        ...options,
        policy: { buffer: { bytes: 100 } },
      }),
    ]) {
      const { values, error } = await run(source);
      expect(values).toEqual([]);
      expect(error).toBeInstanceOf(OptionError);
      expect(String(error)).toMatch(/clip\.mp4: policy \{ buffer: \{ bytes \} \} needs frames of a known size/);
      expect(closedAccount(source)).toMatchObject({ produced: 0 });
    }
  });

  it('is freed', async () => {
    const freed: string[] = [];
    await run(
      frameSource([{ data: { close: () => freed.push('it') }, timestamp: 0 }], {
        ...options,
        policy: { buffer: { bytes: 1 } },
      }),
    );
    expect(freed).toEqual(['it']);
  });

  it('where frames are counted, nobody weighs them', async () => {
    const { values } = await run(
      frameSource([{ data: 5, timestamp: 0 }], { ...options, policy: { buffer: 1 } }).pipe(map(({ data }) => data)),
    );
    expect(values).toEqual([5]);
  });

  it.each([
    ['a file', (arrivals: Arrival<unknown>[]) => arrivals],
    ['a camera', (arrivals: Arrival<unknown>[]) => of(...arrivals)],
  ])('because they are closed already: the error is on the stream of %s, which is left', async (_, make) => {
    const closedFrame = {
      allocationSize: () => {
        throw new DOMException('closed', 'InvalidStateError');
      },
    };
    const source = frameSource(
      make([
        { data: closedFrame, timestamp: 0 },
        { data: closedFrame, timestamp: 1 },
      ]),
      options,
    );
    const { error } = await run(source.pipe(markDelivered()));
    expect(error).toMatchObject({ name: 'InvalidStateError' });
    expect(closedAccount(source)).toMatchObject({ produced: 0 });
  });
});

it('a Subject that is fed from downstream is no loop', async () => {
  const shots = new Subject<Arrival<number>>();
  const source = frameSource(shots, { ...options, policy: { buffer: 2 } });
  let inside = 0;
  const results = run(
    source.pipe(
      map(({ data, label }) => {
        expect(++inside).toBe(1);
        if (data < 5) shots.next({ data: data + 1, timestamp: label.timestamp + 1 });
        else shots.complete();
        inside--;
        return data;
      }),
      take(9),
    ),
  );
  await Promise.resolve();
  shots.next({ data: 0, timestamp: 0 });
  expect((await results).values).toEqual([0, 1, 2, 3, 4, 5]);
  expect(closedAccount(source)).toMatchObject({ produced: 6 });
});

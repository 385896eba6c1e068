import { map, Observable, of, Subject, throwError } from 'rxjs';
import { frameSource, markDelivered, OptionError, useEngine, type Arrival } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, run } from '../../support/balance.ts';
import { options, picture, pictures, keep } from '../../support/pictures.ts';

beforeAll(() => useEngine('cpu'));

describe('sources that go wrong', () => {
  const boom = new Error('boom');
  const throws = (): never => {
    throw boom;
  };
  const faulty: [string, () => unknown][] = [
    ['next() throws', () => ({ [Symbol.iterator]: () => ({ next: throws }) })],
    ['an async next() throws', () => ({ [Symbol.asyncIterator]: () => ({ next: throws }) })],
    ['next() rejects', () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(boom) }) })],
    ['[Symbol.asyncIterator]() throws', () => ({ [Symbol.asyncIterator]: throws })],
    ['[Symbol.iterator]() throws', () => ({ [Symbol.iterator]: throws })],
    [
      'a generator throws',
      () =>
        (function* (): Generator<never> {
          yield throws();
        })(),
    ],
    ['an Observable errors', () => throwError(() => boom)],
    ['an Observable throws when subscribed to', () => new Observable(throws)],
  ];
  it.each(faulty)('%s: the error is on the stream', async (_, make) => {
    const source = frameSource<number>(make() as Iterable<Arrival<number>>, options);
    const { values, error, completed } = await run(source);
    expect([values, error, completed]).toEqual([[], boom, false]);
    expect(closedAccount(source)).toMatchObject({ produced: 0 });
  });

  it('an error of nothing is an error all the same', async () => {
    for (const make of [
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject() }) }),
      () => throwError(() => undefined),
    ]) {
      const result = await run(frameSource<number>(make() as AsyncIterable<Arrival<number>>, options));
      expect(result).toEqual({ values: [], completed: false, error: undefined });
    }
  });

  it('an error after frames leaves those delivered', async () => {
    const source = frameSource(
      (async function* () {
        yield* pictures(2);
        throws();
      })(),
      options,
    );
    const { values, error } = await run(
      source.pipe(
        markDelivered(),
        map(({ label }) => label.seq),
      ),
    );
    expect([values, error]).toEqual([[0, 1], boom]);
    expect(closedAccount(source)).toEqual({ produced: 2, delivered: 2, discarded: 0, failed: 0 });
  });

  it('answers with a thenable that is no Promise', async () => {
    let k = 0;
    const next = () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- what is tested
      then: (resolve: (result: unknown) => void) =>
        resolve(k < 2 ? { done: false, value: { data: k, timestamp: k++ } } : { done: true }),
    });
    const source = frameSource<number>(
      { [Symbol.asyncIterator]: () => ({ next }) } as unknown as AsyncIterable<Arrival<number>>,
      options,
    );
    const { values, completed } = await run(source.pipe(map(({ data }) => data)));
    expect([values, completed]).toEqual([[0, 1], true]);
  });

  it('answers at once although it is async', async () => {
    let k = 0;
    const next = () => (k < 2 ? { done: false, value: { data: k, timestamp: k++ } } : { done: true });
    const source = frameSource<number>(
      { [Symbol.asyncIterator]: () => ({ next }) } as unknown as AsyncIterable<Arrival<number>>,
      options,
    );
    const { values, completed } = await run(source.pipe(map(({ data }) => data)));
    expect([values, completed]).toEqual([[0, 1], true]);
  });

  it.each([undefined, null, 5, 'frame'])('brings %s instead of a frame', async (wrong) => {
    for (const bad of [[wrong], of(wrong)]) {
      const source = frameSource<number>(bad as Iterable<Arrival<number>>, options);
      const { error } = await run(source);
      expect(error).toBeInstanceOf(OptionError);
      expect((error as Error).message).toMatch(/^test: each frame must come as \{ data, timestamp \}, not /);
      expect(closedAccount(source)).toMatchObject({ produced: 0 });
    }
  });

  it('brings a result that is none', async () => {
    for (const iterable of [
      { [Symbol.iterator]: () => ({ next: () => undefined }) },
      { [Symbol.asyncIterator]: () => ({ next: () => undefined }) },
    ]) {
      const { error } = await run(frameSource<number>(iterable as unknown as Iterable<Arrival<number>>, options));
      expect(error).toBeInstanceOf(TypeError);
    }
  });

  it('brings data that cannot be freed, while nobody takes it', async () => {
    const shots = new Subject<Arrival<{ close(): void }>>();
    const source = frameSource(shots, { ...options, policy: 'dropNewest' });
    const { kept, end } = keep(source);
    await idle();
    shots.next({ data: picture(0), timestamp: 0 });
    shots.next({ data: { close: throws }, timestamp: 1 });
    expect(end).toEqual({ error: boom });
    expect(shots.observed).toBe(false);
    kept[0]?.release();
    expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 1, failed: 0, full: 1 });
  });
});

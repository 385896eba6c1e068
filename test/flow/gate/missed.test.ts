import { Observable, toArray, map } from 'rxjs';
import {
  frameSource,
  markDelivered,
  OptionError,
  toChromeTrace,
  useEngine,
  type Arrival,
  type GateEvent,
} from 'sluice';
import { decisionsOf, inVirtualTime, replay, takes } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { after } from '../../../src/frames/clock.ts';
import { closedAccount, expectLaw, run } from '../../support/balance.ts';

beforeAll(() => useEngine('cpu'));

const film = (...missed: (number | undefined)[]): Arrival<number>[] =>
  missed.map((count, i) => ({ data: i, timestamp: i * 1000, ...(count === undefined ? {} : { missed: count }) }));

describe('frames that a source has missed', () => {
  it('are produced and dropped in the account, and gaps in the numbers', async () => {
    const source = frameSource(film(undefined, 2, 0, 1), { source: 'camera' });
    source.ledger.subscribe(expectLaw);
    const { values } = await run(
      source.pipe(
        markDelivered(),
        map(({ label }) => label.seq),
      ),
    );
    expect(values).toEqual([0, 3, 4, 6]);
    expect(closedAccount(source)).toEqual({ produced: 7, delivered: 4, discarded: 0, failed: 0, missed: 3 });
  });

  it('are told once, before the frame that came after them, with the first one’s number', async () => {
    const source = frameSource(film(3, 0, 2), { source: 'camera' });
    const events: GateEvent[] = [];
    source.events.subscribe((event) => events.push(event));
    await run(source.pipe(markDelivered()));
    const told = events.flatMap((event, i) =>
      event.type === 'missed' ? [[event.label.seq, event.count, event.label.timestamp, events[i + 1]?.type]] : [],
    );
    expect(told).toEqual([
      [0, 3, 0, 'arrived'],
      [5, 2, 2000, 'arrived'],
    ]);
    const instants = toChromeTrace([], events).traceEvents.filter(({ ph }) => ph === 'i');
    expect(instants.map(({ name }) => name)).toEqual(['missed: 3', 'missed: 2']);
  });

  it('may be millions: they cost nothing', async () => {
    const source = frameSource(film(2 ** 40), { source: 'camera' });
    await run(source.pipe(markDelivered()));
    expect(source.ledger.counts).toMatchObject({ produced: 2 ** 40 + 1, dropped: { missed: 2 ** 40 } });
  });

  it.each([-1, 0.5, NaN, Infinity, '2', null, 2 ** 60])(
    'a count of %j is refused, and the frame freed',
    async (missed) => {
      let closed = 0;
      const data = { close: () => void closed++ };
      const source = frameSource([{ data, timestamp: 0, missed: missed as number }], { source: 'camera' });
      const { error } = await run(source.pipe(toArray()));
      expect(error).toBeInstanceOf(OptionError);
      expect((error as Error).message).toMatch(/^camera: missed must be a whole number of frames, not /);
      expect(closed).toBe(1);
      expect(source.ledger.counts.produced).toBe(0);
    },
  );

  it('do not keep a log from being played again', async () => {
    const log: GateEvent[] = [];
    await inVirtualTime(() => {
      const camera = new Observable<Arrival<number>>((subscriber) => {
        film(0, 2, 0, 0, 5, 0, 0, 1, 0).forEach((arrival, i) =>
          subscriber.add(after(i * 33, () => subscriber.next(arrival))),
        );
      });
      const source = frameSource(camera, { source: 'camera' });
      source.events.subscribe((event) => log.push(event));
      source.pipe(takes(100)).subscribe();
    });
    expect(log.some(({ type }) => type === 'missed')).toBe(true);
    const kept = JSON.parse(JSON.stringify(log)) as GateEvent[];
    expect(decisionsOf(await replay(kept, { source: 'camera' }))).toEqual(decisionsOf(log));
  });
});

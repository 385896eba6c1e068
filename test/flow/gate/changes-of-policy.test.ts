import { Observable, Subject } from 'rxjs';
import {
  frameSource,
  markDelivered,
  useEngine,
  type FrameSourceChanges,
  type Arrival,
  type GateEvent,
  type Policy,
} from 'sluice';
import { fakeFile, inVirtualTime, takes } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, watch } from '../../support/balance.ts';
import { Album, Camera, dropsOf, Held } from '../../support/by-hand.ts';

beforeAll(() => useEngine('cpu'));

describe('another policy for a camera', () => {
  const turns: [string, Policy, Policy, string[], number[]][] = [
    ['buffer to latest drops the older ones', { buffer: 4 }, 'latest', ['1 replaced', '2 replaced', '3 replaced'], [4]],
    [
      'buffer to dropNewest drops all that wait',
      { buffer: 4 },
      'dropNewest',
      ['4 full', '3 full', '2 full', '1 full'],
      [],
    ],
    ['a smaller buffer drops the newest', { buffer: 4 }, { buffer: 2 }, ['4 full', '3 full'], [1, 2]],
    ['fewer bytes drop the newest', { buffer: 4 }, { buffer: { bytes: 250 } }, ['4 full', '3 full'], [1, 2]],
    ['bytes to frames', { buffer: { bytes: 400 } }, { buffer: 1 }, ['4 full', '3 full', '2 full'], [1]],
    ['a larger buffer drops nothing', { buffer: 4 }, { buffer: 9 }, [], [1, 2, 3, 4]],
    ['the same again drops nothing', { buffer: 4 }, { buffer: 4 }, [], [1, 2, 3, 4]],
    ['latest to dropNewest', 'latest', 'dropNewest', ['1 replaced', '2 replaced', '3 replaced', '4 full'], []],
    ['latest to buffer', 'latest', { buffer: 2 }, ['1 replaced', '2 replaced', '3 replaced'], [4]],
    ['dropNewest to latest', 'dropNewest', 'latest', ['1 full', '2 full', '3 full', '4 full'], []],
  ];
  it.each(turns)('%s', async (_, from, to, drops, waiting) => {
    const { source, changes, held, album, ...camera } = await Camera.opened({ policy: from });
    const watched = watch(source);
    const shoot = (...ks: number[]) => ks.forEach((k) => camera.shots.next(album.arrival(k)));
    shoot(0, 1, 2, 3, 4);
    changes.next({ policy: to });
    expect(dropsOf(camera.events)).toEqual(drops);
    expect(album.freed).toEqual(drops.map((drop) => Number.parseInt(drop, 10)));
    expect(source.ledger.counts.waiting).toBe(waiting.length);
    await held.letGo(1 + waiting.length);
    expect(held.seqs).toEqual([0, ...waiting]);
    expect(watched.leases()).toBe(1);
    closedAccount(source);
  });

  it('goes for the frames that come from then on', async () => {
    const camera = await Camera.opened({ policy: 'dropNewest' });
    camera.shoot(0, 1);
    camera.changes.next({ policy: { buffer: 2 } });
    camera.shoot(2, 3, 4);
    camera.changes.next({ policy: 'latest' });
    camera.shoot(5);
    expect(camera.drops).toEqual(['1 full', '4 full', '2 replaced', '3 replaced']);
    await camera.held.letGo(2);
    expect(camera.held.seqs).toEqual([0, 5]);
    expect(closedAccount(camera.source)).toEqual({
      produced: 6,
      delivered: 0,
      discarded: 2,
      failed: 0,
      replaced: 2,
      full: 2,
    });
  });
});

describe('another policy for a file', () => {
  /** A frame every 10 ms when asked, stages of 35 ms, one at a time; changes at their times. */
  function reading(
    changes: readonly (readonly [at: number, change: FrameSourceChanges])[],
    options: FrameSourceChanges,
  ) {
    return inVirtualTime((time) => {
      async function* clip(): AsyncGenerator<Arrival<number>> {
        for (const one of fakeFile({ fps: 100, seconds: 0.2 })) {
          await new Promise<void>((resolve) => time.after(10, resolve));
          yield one;
        }
      }
      const changing = new Observable<FrameSourceChanges>((subscriber) => {
        for (const [at, change] of changes) time.after(at, () => subscriber.next(change));
      });
      const source = frameSource(clip(), { source: 'clip.mp4', maxInFlight: 1, ...options, changes: changing });
      const events: GateEvent[] = [];
      const results: number[] = [];
      const watched = watch(source);
      source.events.subscribe((event) => events.push(event));
      source.pipe(takes(35), markDelivered()).subscribe(({ label }) => results.push(label.seq));
      return { source, events, results, watched };
    });
  }
  const all = Array.from({ length: 20 }, (_, k) => k);

  it('wait loses nothing', async () => {
    const { source, results, watched } = await reading([], { policy: 'wait' });
    expect(results).toEqual(all);
    expect(watched.leases()).toBe(1);
    expect(closedAccount(source)).toEqual({ produced: 20, delivered: 20, discarded: 0, failed: 0 });
  });

  it('wait to latest reads on and keeps the newest', async () => {
    const { source, events, results } = await reading([[100, { policy: 'latest' }]], {});
    // Two were done by 90 ms; from 100 ms on one comes every 10 ms.
    expect(results.slice(0, 3)).toEqual([0, 1, 2]);
    expect(dropsOf(events).length).toBeGreaterThan(5);
    expect(dropsOf(events).every((drop) => drop.endsWith('replaced'))).toBe(true);
    expect(results.at(-1)).toBe(19);
    expect(closedAccount(source)).toMatchObject({ produced: 20, delivered: results.length });
  });

  it('latest to wait loses nothing from then on', async () => {
    const { source, events, results } = await reading([[100, { policy: 'wait' }]], { policy: 'latest' });
    const droppedAt = events.filter(({ type }) => type === 'dropped').map(({ at }) => at);
    expect(droppedAt.length).toBeGreaterThan(2);
    expect(Math.max(...droppedAt)).toBeLessThanOrEqual(100);
    const last = Math.max(...dropsOf(events).map((drop) => Number.parseInt(drop, 10)));
    expect(results.filter((seq) => seq > last)).toEqual(all.slice(last + 1));
    closedAccount(source);
  });

  it('wait to latest and back', async () => {
    const { source, events, results } = await reading(
      [
        [100, { policy: 'latest' }],
        [150, { policy: 'wait' }],
      ],
      {},
    );
    const droppedAt = events.filter(({ type }) => type === 'dropped').map(({ at }) => at);
    expect(Math.min(...droppedAt)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...droppedAt)).toBeLessThanOrEqual(150);
    expect(results.length + droppedAt.length).toBe(20);
    closedAccount(source);
  });

  it('a frame that was asked for under the old policy waits for its turn', async () => {
    await inVirtualTime(async (time) => {
      const changes = new Subject<FrameSourceChanges>();
      const album = new Album();
      async function* clip() {
        for (let k = 0; k < 4; k++) {
          await new Promise<void>((resolve) => time.after(10, resolve));
          yield album.arrival(k);
        }
      }
      const source = frameSource(clip(), { source: 'clip.mp4', policy: 'latest', maxInFlight: 1, changes });
      const held = new Held(source);
      time.after(25, () => changes.next({ policy: 'wait' }));
      // One is let in, one waits, one was asked for: the fourth is not.
      time.after(100, () => expect(source.ledger.counts).toMatchObject({ produced: 3, waiting: 2 }));
      for (const at of [200, 210, 220, 240]) time.after(at, () => held.frames.find(({ live }) => live)?.release());
      await time.run();
      expect(held.seqs).toEqual([0, 1, 2, 3]);
      expect(closedAccount(source)).toEqual({ produced: 4, delivered: 0, discarded: 4, failed: 0 });
    });
  });

  it('buffer to wait: what waits goes through', async () => {
    const { source, results, events } = await reading([[120, { policy: 'wait' }]], { policy: { buffer: 5 } });
    expect(results).toEqual(all);
    expect(dropsOf(events)).toEqual([]);
    // By 120 ms the buffer had read ahead; afterwards nothing is asked for before there is room.
    const arrivedAt = events.filter(({ type }) => type === 'arrived').map(({ at }) => at);
    expect(arrivedAt.filter((at) => at <= 130).length).toBeGreaterThan(5);
    closedAccount(source);
  });

  it('a smaller buffer loses nothing', async () => {
    const { source, results } = await reading([[120, { policy: { buffer: 1 } }]], { policy: { buffer: 5 } });
    expect(results).toEqual(all);
    closedAccount(source);
  });

  it('buffer to dropNewest', async () => {
    const { source, events } = await reading([[120, { policy: 'dropNewest' }]], { policy: { buffer: 5 } });
    expect(dropsOf(events).slice(0, 4)).toEqual(['7 full', '6 full', '5 full', '4 full']);
    closedAccount(source);
  });
});

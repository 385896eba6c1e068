import { concat, map, NEVER, Observable, of, startWith, Subject, tap, throwError, timer } from 'rxjs';
import {
  frameSource,
  markDelivered,
  OptionError,
  StageError,
  TimestampError,
  useEngine,
  type FrameSourceChanges,
  type Arrival,
  type GateEvent,
} from 'sluice';
import { fakeCamera, inVirtualTime, takes, timeline } from 'sluice/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { Album, Camera, dropsOf, Held, type Picture } from '../../support/by-hand.ts';
import { double, failing, frames, valueOf } from '../../support/frames.ts';

beforeAll(() => useEngine('cpu'));

describe('maxInFlight', () => {
  it('up lets more in at once', async () => {
    const camera = await Camera.opened({ policy: { buffer: 9 } });
    camera.shoot(0, 1, 2, 3, 4);
    expect(camera.held.seqs).toEqual([0]);
    camera.changes.next({ maxInFlight: 3 });
    expect(camera.held.seqs).toEqual([0, 1, 2]);
    camera.changes.next({ maxInFlight: 9 });
    expect(camera.held.seqs).toEqual([0, 1, 2, 3, 4]);
    await camera.held.letGo(5);
    closedAccount(camera.source);
  });

  it('up asks a file for more at once', async () => {
    const changes = new Subject<FrameSourceChanges>();
    const source = frames(9, { maxInFlight: 1, changes });
    const held = new Held(source);
    await idle();
    expect(source.ledger.counts.produced).toBe(1);
    changes.next({ maxInFlight: 4 });
    expect(held.seqs).toEqual([0, 1, 2, 3]);
    await held.letGo(9);
    closedAccount(source);
  });

  it('down takes no lease back, and lets nobody in before enough are', async () => {
    const camera = await Camera.opened({ maxInFlight: 3 });
    camera.shoot(0, 1, 2, 3);
    camera.changes.next({ maxInFlight: 1 });
    expect(camera.held.frames.map(({ live }) => live)).toEqual([true, true, true]);
    expect(camera.held.frames.map(({ data }) => data.k)).toEqual([0, 1, 2]);
    await camera.held.letGo(2);
    expect(camera.held.seqs).toEqual([0, 1, 2]);
    await camera.held.letGo(1);
    expect(camera.held.seqs).toEqual([0, 1, 2, 3]);
    await camera.held.letGo(1);
    expect(closedAccount(camera.source)).toEqual({ produced: 4, delivered: 0, discarded: 4, failed: 0 });
  });

  it('up and less room in one change: what finds a lease is not dropped', async () => {
    const camera = await Camera.opened({ policy: { buffer: 4 } });
    camera.shoot(0, 1, 2, 3);
    camera.changes.next({ maxInFlight: 3, policy: 'dropNewest' });
    expect(camera.held.seqs).toEqual([0, 1, 2]);
    expect(camera.drops).toEqual(['3 full']);
    await camera.held.letGo(3);
    closedAccount(camera.source);
  });

  it.each([
    ['keeps as many as have leases, and one more', 'latest', [0, 2, 3], ['1 replaced']],
    ['keeps as many as have leases', 'dropNewest', [0, 1], ['2 full', '3 full']],
  ] as const)('up in the middle of a turn: %s', async (_, policy, seqs, drops) => {
    const [album, shots, changes] = [new Album(), new Subject<Arrival<Picture>>(), new Subject<FrameSourceChanges>()];
    const source = frameSource(shots, { source: 'camera', changes, policy: 'dropNewest' });
    const events: GateEvent[] = [];
    source.events.subscribe((event) => events.push(event));
    const held = new Held(
      source.pipe(
        tap(({ label }) => {
          if (label.seq !== 0) return;
          changes.next({ maxInFlight: 2, policy });
          for (const k of [1, 2, 3]) shots.next(album.arrival(k));
        }),
      ),
    );
    await idle();
    shots.next(album.arrival(0));
    expect(held.seqs).toEqual(seqs.slice(0, 2));
    await held.letGo(3);
    expect(held.seqs).toEqual(seqs);
    expect(dropsOf(events)).toEqual(drops);
    closedAccount(source);
  });
});

describe('maxAge', () => {
  /** Three frames wait for 100 ms before the first is let go; the change comes in between. */
  function waiting(before: FrameSourceChanges, change: FrameSourceChanges) {
    return inVirtualTime((time) => {
      const changes = timer(50, time.scheduler).pipe(map(() => change));
      const source = frameSource(fakeCamera({ fps: 100, seconds: 0.03 }), {
        source: 'camera',
        policy: { buffer: 5 },
        ...before,
        changes,
      });
      const results: number[] = [];
      source.pipe(takes(100), markDelivered()).subscribe(({ label }) => results.push(label.seq));
      return { source, results };
    });
  }

  it('less drops what is too old by then', async () => {
    const { source, results } = await waiting({}, { maxAge: 85 });
    // They came at 10 and 20 ms; the gate comes free at 100.
    expect(results).toEqual([0, 2]);
    expect(closedAccount(source)).toMatchObject({ produced: 3, delivered: 2, stale: 1 });
  });

  it('more keeps what would have been too old', async () => {
    expect((await waiting({ maxAge: 85 }, { maxAge: 1000 })).results).toEqual([0, 1, 2]);
    expect((await waiting({ maxAge: 85 }, { maxAge: Infinity })).results).toEqual([0, 1, 2]);
  });
});

describe('onError', () => {
  it('stop to skip: failures from then on lose their frame only', async () => {
    const changes = new Subject<FrameSourceChanges>();
    await leakFree(async () => {
      const source = frames(6, { changes });
      const stream = source.pipe(
        tap(({ label }) => label.seq === 1 && changes.next({ onError: 'skip' })),
        failing(2, 4),
        markDelivered(),
        map(valueOf),
      );
      const { values, completed } = await run(stream);
      expect([values, completed]).toEqual([[0, 1, 3, 5], true]);
      expect(closedAccount(source)).toEqual({ produced: 6, delivered: 4, discarded: 0, failed: 2 });
    });
  });

  it('skip to stop: the next failure ends the stream', async () => {
    const changes = new Subject<FrameSourceChanges>();
    await leakFree(async () => {
      const source = frames(6, { changes, onError: 'skip' });
      const stream = source.pipe(
        tap(({ label }) => label.seq === 3 && changes.next({ onError: 'stop' })),
        failing(1, 4),
        markDelivered(),
        map(valueOf),
      );
      const { values, error } = await run(stream);
      expect(values).toEqual([0, 2, 3]);
      expect(error).toBeInstanceOf(StageError);
      expect(closedAccount(source)).toEqual({ produced: 5, delivered: 3, discarded: 0, failed: 2 });
    });
  });

  it('goes for timestamps too', async () => {
    const { shots, changes, held, album, source } = await Camera.opened({ onError: 'skip' });
    shots.next({ data: album.picture(0), timestamp: NaN });
    changes.next({ onError: 'stop' });
    expect(held.end).toEqual({});
    shots.next({ data: album.picture(1), timestamp: NaN });
    expect(held.end.error).toBeInstanceOf(TimestampError);
    expect(closedAccount(source)).toMatchObject({ produced: 2, failed: 2 });
  });
});

describe('profile', () => {
  it('goes for the frames that are let in from then on', async () => {
    const changes = new Subject<FrameSourceChanges>();
    const source = frames(8, { changes });
    const stream = source.pipe(
      tap(({ label }) => {
        // From frame 3 on one in two, from frame 6 on none.
        if (label.seq === 2) changes.next({ profile: { every: 2 } });
        if (label.seq === 5) changes.next({ profile: { every: Infinity } });
      }),
      double(),
      map(({ timings }) => timings.length),
    );
    const { values } = await run(stream);
    expect(values).toEqual([1, 1, 1, 0, 1, 0, 0, 0]);
  });
});

describe('a change that is wrong', () => {
  const wrong: [string, unknown, RegExp][] = [
    ['an unknown policy', { policy: 'newest' }, /^camera: policy must be .*, not "newest"$/],
    [
      'wait on a camera',
      { policy: 'wait' },
      /^camera: policy 'wait' drops nothing, but an Observable cannot be made to wait/,
    ],
    ['no lease at all', { maxInFlight: 0 }, /^camera: maxInFlight must be a whole number of at least 1, not 0$/],
    ['maxAge 0', { maxAge: 0 }, /^camera: maxAge must be a number of ms over 0, not 0$/],
    ['onError', { onError: 'ignore' }, /^camera: onError must be 'stop' or 'skip', not "ignore"$/],
    ['leaseTimeout', { leaseTimeout: NaN }, /^camera: leaseTimeout must be a number of ms over 0, not NaN$/],
    ['profile', { profile: { every: 0 } }, /^camera: profile.every must be a whole number of at least 1, not 0$/],
    [
      'profile',
      { profile: { every: 1, deviceEvery: 0 } },
      /^camera: profile.deviceEvery must be a whole number of at least 1, not 0$/,
    ],
    [
      'profile',
      { profile: { every: 1, deviceEvery: 'all' } },
      /^camera: profile.deviceEvery must be a whole number of at least 1, not "all"$/,
    ],
    ['a good and a wrong part', { maxInFlight: 2, maxAge: -1 }, /maxAge must be/],
    ['null', null, /^a change of camera: its options must be an object with any of policy, maxInFlight, .*, not null$/],
    ['a list', [{ maxInFlight: 2 }], /^a change of camera: its options must be an object .*, not \[an object\]$/],
    [
      'a misspelt option',
      { maxInflight: 2 },
      /^a change of camera has no option "maxInflight": did you mean maxInFlight\?/,
    ],
    ['a number', 5, /^a change of camera: its options must be an object .*, not 5$/],
    ['a policy alone', 'latest', /^a change of camera: its options must be an object .*, not "latest"$/],
  ];
  it.each(wrong)('%s: an OptionError on the stream, behind what waits', async (_, change, message) => {
    const { shots, changes, held, album, source } = await Camera.opened({ policy: { buffer: 3 } });
    for (const k of [0, 1]) shots.next(album.arrival(k));
    changes.next(change as FrameSourceChanges);
    expect(shots.observed).toBe(false);
    expect(held.end).toEqual({});
    await held.letGo();
    expect(held.seqs).toEqual([0, 1]);
    expect(held.end.error).toBeInstanceOf(OptionError);
    expect((held.end.error as Error).message).toMatch(message);
    expect(changes.observed).toBe(false);
    await held.letGo();
    expect(album.freed).toEqual([0, 1]);
    expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 2, failed: 0 });
  });

  it('changes nothing of what it says rightly', async () => {
    const { shots, changes, held, album } = await Camera.opened({ policy: { buffer: 3 } });
    for (const k of [0, 1, 2]) shots.next(album.arrival(k));
    changes.next({ maxInFlight: 3, maxAge: -1 });
    expect(held.seqs).toEqual([0]);
    await held.letGo(3);
    expect(held.seqs).toEqual([0, 1, 2]);
  });

  it('leaves a file', async () => {
    let finished = false;
    const changes = new Subject<FrameSourceChanges>();
    const endless = (function* () {
      try {
        for (let k = 0; ; k++) yield { data: k, timestamp: k };
      } finally {
        finished = true;
      }
    })();
    const held = new Held(frameSource(endless, { source: 'clip.mp4', changes }));
    await idle();
    changes.next({ maxInFlight: 1.5 });
    expect(held.end.error).toBeInstanceOf(OptionError);
    expect(finished).toBe(true);
    await held.letGo(2);
  });

  it.each([
    ['a wrong change', of({ maxInFlight: 0 }), OptionError],
    ['an error', throwError(() => new RangeError('no')), RangeError],
  ])('%s that comes at once: the source is not even opened', async (_, changes, kind) => {
    const open = vi.fn(() => [{ data: 0, timestamp: 0 }][Symbol.iterator]());
    const subscribe = vi.fn();
    const file = frameSource({ [Symbol.iterator]: open }, { source: 'clip.mp4', changes });
    const camera = frameSource(new Observable<Arrival<number>>(subscribe), { source: 'camera', changes });
    for (const source of [file, camera]) {
      const { values, error } = await run(source);
      expect(values).toEqual([]);
      expect(error).toBeInstanceOf(kind);
      closedAccount(source);
    }
    expect(open).not.toHaveBeenCalled();
    expect(subscribe).not.toHaveBeenCalled();
  });
});

describe('the stream of changes', () => {
  it('that comes at once goes for the first frame', async () => {
    const camera = await Camera.opened({
      changes: concat(of({ maxInFlight: 2 }, { policy: 'dropNewest' } as const), NEVER),
    });
    camera.shoot(0, 1, 2);
    expect(camera.held.seqs).toEqual([0, 1]);
    expect(camera.drops).toEqual(['2 full']);
    await camera.held.letGo(2);
    closedAccount(camera.source);
  });

  it('ends, and the source goes on', async () => {
    const { shots, changes, held, album, source } = await Camera.opened();
    changes.next({ maxInFlight: 2 });
    changes.complete();
    for (const k of [0, 1]) shots.next(album.arrival(k));
    shots.complete();
    expect(held.seqs).toEqual([0, 1]);
    expect(held.end).toEqual({ completed: true });
    await held.letGo(2);
    closedAccount(source);
  });

  it('fails, and so does the stream, behind what waits', async () => {
    const { shots, changes, held, album, source } = await Camera.opened();
    for (const k of [0, 1]) shots.next(album.arrival(k));
    changes.error('no more');
    expect(shots.observed).toBe(false);
    expect(held.end).toEqual({});
    await held.letGo();
    expect(held.end).toEqual({ error: 'no more' });
    await held.letGo();
    expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 2, failed: 0 });
  });

  it('says nothing: nothing changes', async () => {
    const camera = await Camera.opened({ policy: { buffer: 2 }, maxInFlight: 2 });
    const nothing = { policy: undefined, maxInFlight: undefined, maxAge: undefined };
    for (const change of [{}, nothing]) camera.changes.next(change);
    camera.shoot(0, 1, 2, 3, 4);
    expect(camera.held.seqs).toEqual([0, 1]);
    expect(camera.drops).toEqual(['4 full']);
    await camera.held.letGo(4);
  });

  it.each([
    ['unsubscribing', (held: Held<unknown>) => held.subscription.unsubscribe()],
    ['the end', (_: unknown, shots: Subject<Arrival<Picture>>) => shots.complete()],
    ['an error', (_: unknown, shots: Subject<Arrival<Picture>>) => shots.error('cut')],
  ])('is left with %s, and what it says then is ignored', async (_, leave) => {
    const { shots, changes, held, album, source } = await Camera.opened();
    shots.next(album.arrival(0));
    expect(changes.observed).toBe(true);
    leave(held, shots);
    expect(changes.observed).toBe(false);
    const end = { ...held.end };
    changes.next({ maxInFlight: 0 });
    changes.error('late');
    expect(held.end).toEqual(end);
    await held.letGo();
    closedAccount(source);
  });

  it('is subscribed to by each subscription, which begins with the options', async () => {
    const changes = new Subject<FrameSourceChanges>();
    const source = frames(9, { maxInFlight: 1, changes });
    const first = new Held(source);
    await idle();
    changes.next({ maxInFlight: 3 });
    const second = new Held(source);
    await idle();
    expect([first.seqs, second.seqs]).toEqual([[0, 1, 2], [0]]);
    for (const held of [first, second]) held.subscription.unsubscribe();
    await Promise.all([first.letGo(3), second.letGo(1)]);
    closedAccount(source);
  });

  it('makes what a source lets in unknown beforehand', () => {
    expect(frameSource([], { source: 'clip.mp4', maxInFlight: 3 }).maxInFlight).toBe(3);
    expect(frameSource([], { source: 'clip.mp4', maxInFlight: 3, changes: NEVER }).maxInFlight).toBeUndefined();
  });

  it('on a timetable, in virtual time', async () => {
    const seen: string[][] = [];
    const source = await inVirtualTime((time) => {
      const changes = timer(95, 100, time.scheduler).pipe(
        map((n): FrameSourceChanges => ({ maxInFlight: n + 2 })),
        startWith({}),
      );
      const camera = frameSource(fakeCamera({ fps: 100, seconds: 0.2 }), {
        source: 'camera',
        policy: 'dropNewest',
        changes,
      });
      camera
        .pipe(
          takes(30),
          timeline(({ label }) => label.seq),
        )
        .subscribe((lines) => seen.push(lines));
      return camera;
    });
    // One at a time, two from 95 ms on: the stage does them one by one, so that one waits for it.
    expect(seen).toEqual([['30: 0', '60: 3', '90: 6', '120: 9', '150: 10', '180: 12', '210: 15', '240: 18', '240: |']]);
    expect(closedAccount(source)).toMatchObject({ produced: 20, discarded: 8, full: 12 });
  });
});

import * as fc from 'fast-check';
import { lastValueFrom, Observable, take, tap } from 'rxjs';
import {
  frameSource,
  OptionError,
  type FrameSourceChanges,
  type FrameSourceOptions,
  type Arrivals,
  type GateEvent,
} from 'sluice';
import { decisionsOf, fakeCamera, fakeFile, inVirtualTime, replay, takes } from 'sluice/testing';
import { describe, expect, it } from 'vitest';
import { after } from '../../src/frames/clock.ts';
import { play } from '../flow/gate/schedules/play.ts';
import { schedules, type Schedule } from '../flow/gate/schedules/schedule.ts';

// As in test/flow/schedules.test.ts.
const seed = Number(process.env['FUZZ_SEED'] || 20_260_102);
const path = process.env['FUZZ_PATH'] ?? '';

const json = (log: readonly GateEvent[]): GateEvent[] => JSON.parse(JSON.stringify(log)) as GateEvent[];

/** A run through a stage of so many ms, and its log. */
async function logOf(
  arrivals: Arrivals<number>,
  ms: number,
  options: Partial<FrameSourceOptions> = {},
): Promise<GateEvent[]> {
  const log: GateEvent[] = [];
  await inVirtualTime(() => {
    const source = frameSource(arrivals, { source: 'test', ...options });
    source.events.subscribe((event) => log.push(event));
    source.pipe(takes(ms)).subscribe({ error: () => undefined });
  });
  return log;
}

/** The changes of a schedule at times where nothing else happens: what happens at the same time has no order. */
function changesOf({ changes }: Schedule): Observable<FrameSourceChanges> {
  return new Observable((subscriber) => {
    for (const { at, change } of changes) {
      if (at === 0) subscriber.next(change);
      else subscriber.add(after(at, () => subscriber.next(change)));
    }
  });
}

describe('under the options of the run, the decisions of the run', () => {
  it.each(['sync', 'async', 'sampled'] as const)('for whatever comes (%s)', async (kind) => {
    let dropped = 0;
    const runs = schedules(kind).map((schedule): Schedule => ({
      ...schedule,
      // Nothing comes late in a replay, where nobody is busy.
      changes: schedule.changes
        .filter(({ at }) => at === 0 || schedule.downstream !== 'busy')
        .filter(({ at }, i, all) => all.findIndex((other) => other.at === at) === i)
        .map(({ at, change }) => ({ at: at === 0 ? 0 : at + 0.5, change })),
      // One log is of one subscription; who leaves in the middle of an event, or feeds a source from its own stream, does
      // within a turn what a replay can only do after it.
      again: undefined,
      nudge: undefined,
      leave: schedule.leave && 'event' in schedule.leave ? undefined : schedule.leave,
    }));
    await fc.assert(
      fc.asyncProperty(runs, async (schedule) => {
        const events: GateEvent[] = [];
        await play(schedule, { events });
        const options = { source: 'test', ...schedule.admission, changes: changesOf(schedule) };
        const again = await replay(json(events), options);
        // Frame by frame: what one that reads at once decides all in one moment may come in another order.
        const byFrame = (log: GateEvent[]) =>
          log
            .filter(({ type }) => type === 'dropped' || type === 'admitted')
            .map((event) => ({
              seq: event.label.seq,
              at: event.at,
              what: event.type === 'dropped' ? event.cause : 'admitted',
            }))
            .toSorted((a, b) => a.seq - b.seq);
        expect(byFrame(again)).toEqual(byFrame(events));
        dropped += events.filter(({ type }) => type === 'dropped').length;
      }),
      { seed, path, numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) },
    );
    expect(dropped).toBeGreaterThan(20);
  });

  it.each([
    ['a camera', () => fakeCamera({ fps: 30, seconds: 5 }), {}],
    ['a camera with a buffer', () => fakeCamera({ fps: 30, seconds: 5 }), { policy: { buffer: 3 } }],
    [
      'a camera with a staleness budget',
      () => fakeCamera({ fps: 30, seconds: 5 }),
      { policy: { buffer: 9 }, maxAge: 150 },
    ],
    ['a file', () => fakeFile({ fps: 30, seconds: 5 }), {}],
    ['a file with a buffer', () => fakeFile({ fps: 30, seconds: 5 }), { policy: { buffer: 3 } }],
    ['a file that is read as a camera', () => fakeFile({ fps: 30, seconds: 5 }), { policy: 'latest' }],
  ] as const)('for %s', async (_, arrivals, options) => {
    const log = await logOf(arrivals(), 70, options);
    const again = await replay(json(log), { source: 'test', ...options });
    expect(decisionsOf(again)).toEqual(decisionsOf(log));
    expect(decisionsOf(log).length).toBe(150);
  });

  it('for an empty run', async () => {
    expect(await replay([], { source: 'test' })).toEqual([]);
  });

  it('for a run on the real clock', async () => {
    const log: GateEvent[] = [];
    const source = frameSource(fakeCamera({ fps: 500, seconds: 1 }).pipe(take(40)), { source: 'test' });
    source.events.subscribe((event) => log.push(event));
    await new Promise<void>((resolve) => source.pipe(takes(7)).subscribe({ complete: resolve }));
    expect(decisionsOf(await replay(json(log), { source: 'test' }))).toEqual(decisionsOf(log));
    expect(decisionsOf(log).some((decision) => decision.endsWith('replaced'))).toBe(true);
  });

  it.each(['latest', 'dropNewest'] as const)(
    'for a run whose stage kept the thread busy, while others came: %o',
    async (policy) => {
      const log: GateEvent[] = [];
      const bursts = Array.from({ length: 20 }, (_, n) => ({ data: n, timestamp: n }));
      const camera = new Observable<(typeof bursts)[number]>((subscriber) => {
        // Five at a time: four of them come while the first is worked on.
        const give = () => {
          for (const frame of bursts.splice(0, 5)) subscriber.next(frame);
          if (bursts.length === 0) subscriber.complete();
        };
        const timer = setInterval(give, 100);
        return () => clearInterval(timer);
      });
      const source = frameSource(camera, { source: 'test', policy });
      source.events.subscribe((event) => log.push(event));
      const hold = tap(() => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20));
      await lastValueFrom(source.pipe(hold));
      expect(decisionsOf(await replay(json(log), { source: 'test', policy }))).toEqual(decisionsOf(log));
      expect(decisionsOf(log).some((decision) => decision.includes('dropped'))).toBe(true);
    },
  );

  it('when it ended with an error, which nobody need handle', async () => {
    const shots = [0, 1, NaN, 3].map((timestamp, data) => ({ data, timestamp }));
    const log = await logOf(shots, 10);
    const again = await replay(json(log), { source: 'test' });
    expect(decisionsOf(again)).toEqual(['0 admitted', '1 admitted']);
    expect(again.filter(({ type }) => type === 'failed')).toMatchObject([
      { label: { seq: 2 }, error: { fault: 'not-finite' } },
    ]);
  });

  it('for a branch, whose frames keep their numbers', async () => {
    const log = (await logOf(fakeCamera({ fps: 30, seconds: 2 }), 100)).map((event) => ({
      ...event,
      label: { ...event.label, seq: event.label.seq * 3 + 1 },
    }));
    expect(decisionsOf(await replay(log, { source: 'test' }))).toEqual(decisionsOf(log));
  });

  it('the clock is put back, and the log is as it was', async () => {
    const log = await logOf(fakeCamera({ fps: 30, seconds: 1 }), 100);
    const before = JSON.stringify(log);
    await replay(log, { source: 'test' });
    expect(JSON.stringify(log)).toBe(before);
    let late = false;
    after(1, () => (late = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(late).toBe(true);
  });
});

describe('under other options, what would have become of the same frames', () => {
  const camera = () => logOf(fakeCamera({ fps: 30, seconds: 4 }), 100);
  const count = (decisions: readonly string[], what: string) =>
    decisions.filter((decision) => decision.endsWith(what)).length;

  it('a camera that may not replace', async () => {
    const decisions = decisionsOf(await replay(await camera(), { source: 'test', policy: 'dropNewest' }));
    expect(count(decisions, 'replaced')).toBe(0);
    expect(decisions.slice(0, 5)).toEqual([
      '0 admitted',
      '1 dropped: full',
      '2 dropped: full',
      '3 admitted',
      '4 dropped: full',
    ]);
    expect(decisions.length).toBe(120);
  });

  it('more leases let more in', async () => {
    const log = await camera();
    const admitted = await Promise.all(
      [1, 2, 4, 120].map(async (maxInFlight) =>
        count(decisionsOf(await replay(log, { source: 'test', maxInFlight })), 'admitted'),
      ),
    );
    expect(admitted).toEqual(admitted.toSorted((a, b) => a - b));
    expect(admitted[0]).toBe(41);
    expect(admitted[3]).toBe(120);
  });

  it('a buffer, and a staleness budget', async () => {
    const log = await camera();
    const buffered = decisionsOf(await replay(log, { source: 'test', policy: { buffer: 3 } }));
    expect(count(buffered, 'full')).toBe(120 - count(buffered, 'admitted'));
    const fresh = decisionsOf(await replay(log, { source: 'test', policy: { buffer: 120 }, maxAge: 50 }));
    expect(count(fresh, 'stale')).toBe(120 - count(fresh, 'admitted'));
    expect(count(fresh, 'stale')).toBeGreaterThan(60);
  });

  it('a file that was read with fewer leases comes no earlier than it did', async () => {
    const log = await logOf(fakeFile({ fps: 30, seconds: 1 }), 50, { maxInFlight: 1 });
    const again = await replay(log, { source: 'test', maxInFlight: 30 });
    expect(decisionsOf(again)).toEqual(decisionsOf(log));
    expect(again.filter(({ type }) => type === 'arrived').map(({ at }) => at)).toEqual(
      log.filter(({ type }) => type === 'arrived').map(({ at }) => at),
    );
  });

  it('a file with one lease where there were two comes later, and loses nothing', async () => {
    const log = await logOf(fakeFile({ fps: 30, seconds: 1 }), 50);
    const again = await replay(log, { source: 'test', maxInFlight: 1 });
    expect(decisionsOf(again)).toEqual(Array.from({ length: 30 }, (_, k) => `${k} admitted`));
    expect(again.at(-1)?.at).toBeGreaterThan(log.at(-1)?.at ?? Infinity);
  });

  it('a stall is told, and nothing goes unhandled', async () => {
    const again = await replay(await camera(), { source: 'test', leaseTimeout: 50 });
    expect(decisionsOf(again)).toEqual(['0 admitted']);
    expect(again.find(({ type }) => type === 'refused')).toMatchObject({
      at: 50,
      label: { seq: 1 },
      outcome: 'discarded',
    });
    expect(again.at(-1)).toMatchObject({ type: 'closed', label: { seq: 0 } });
  });

  it('wait for what came by itself is refused, as frameSource does', async () => {
    await expect(replay(await camera(), { source: 'test', policy: 'wait' })).rejects.toThrow(
      /policy 'wait' drops nothing/,
    );
  });
});

describe('a log that is none', () => {
  const label = { source: 'test', seq: 0, timestamp: 0 };
  const arrived = { type: 'arrived', bytes: 0, pulled: false, label, at: 0 };
  const wrong: [string, unknown, RegExp][] = [
    ['nothing', undefined, /it is undefined$/],
    ['null', null, /it is null$/],
    ['text that was not parsed', '[]', /it is "\[\]"$/],
    ['an object', { events: [] }, /it is an object$/],
    ['numbers', [1], /entry 0 is 1$/],
    ['null in it', [arrived, null], /entry 1 is null$/],
    ['no type', [{ label, at: 0 }], /entry 0 is \{"label"/],
    ['another type', [{ ...arrived, type: 'came' }], /entry 0 is \{"type":"came"/],
    ['a type of Object.prototype', [{ ...arrived, type: 'toString' }], /entry 0 is /],
    ['no time', [{ type: 'arrived', bytes: 0, label }], /entry 0 is /],
    ['a time that JSON lost', [{ ...arrived, at: null }], /entry 0 is /],
    ['no label', [{ type: 'arrived', bytes: 0, at: 0 }], /entry 0 is /],
    ['a label without a source', [{ ...arrived, label: { seq: 0, timestamp: 0 } }], /entry 0 is /],
    ['a label without a number', [{ ...arrived, label: { source: 'test', timestamp: 0 } }], /entry 0 is /],
    ['a label without a time', [{ ...arrived, label: { source: 'test', seq: 0 } }], /entry 0 is /],
    ['no bytes', [{ type: 'arrived', label, at: 0 }], /entry 0 is /],
    ['pulled a text', [{ ...arrived, pulled: 'yes' }], /entry 0 is /],
    ['no cause', [arrived, { type: 'dropped', label, at: 0 }], /entry 1 is /],
    ['another outcome', [arrived, { type: 'closed', outcome: 'gone', label, at: 0 }], /entry 1 is /],
    ['a refusal without one', [arrived, { type: 'refused', label, at: 0 }], /entry 1 is /],
    [
      'times that go back',
      [
        { ...arrived, at: 5 },
        { type: 'admitted', label, at: 4 },
      ],
      /entry 1 happened before entry 0$/,
    ],
    [
      'a beginning that is missing',
      [{ type: 'admitted', label, at: 0 }],
      /entry 0 is of frame 0, which never arrived$/,
    ],
    [
      'two subscriptions',
      [arrived, { ...arrived, at: 9 }],
      /frame 0 arrives again in entry 1: one replay plays one subscription$/,
    ],
  ];
  it.each(wrong)('%s', async (_, log, message) => {
    const played = replay(log as GateEvent[], { source: 'test' });
    await expect(played).rejects.toBeInstanceOf(OptionError);
    await expect(played).rejects.toThrow(/^replay: the log must be the events of source.events, but /);
    await expect(played).rejects.toThrow(message);
  });

  it('wrong options are what frameSource says of them', async () => {
    await expect(replay([], { source: '' })).rejects.toBeInstanceOf(OptionError);
    await expect(replay([], { source: 'test', maxInFlight: 0 })).rejects.toThrow(/maxInFlight must be/);
  });
});

it('decisionsOf tells who was let in and who was dropped, and nothing else', async () => {
  const log = await logOf(
    [5, 6, 6, 7].map((timestamp, data) => ({ data, timestamp })),
    10,
    { onError: 'skip', maxInFlight: 1, policy: 'dropNewest' },
  );
  expect(decisionsOf(log)).toEqual(['0 admitted', '1 dropped: full', '3 dropped: full']);
});

import { concatMap, filter, map, NEVER, Observable, tap, timer } from 'rxjs';
import {
  frameSource,
  markDelivered,
  inOrder,
  StallError,
  useEngine,
  type FrameSourceChanges,
  type FrameSourceOptions,
  type Arrivals,
  type Frame,
} from 'sluice';
import { fakeCamera, fakeFile, inVirtualTime, takes, type VirtualTime } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, expectLaw } from '../../support/balance.ts';
import { double, frames } from '../../support/frames.ts';

beforeAll(() => useEngine('cpu'));

const options: FrameSourceOptions = { source: 'clip.mp4' };
const clip = () => fakeFile({ fps: 25, seconds: 0.4 });

/** Keeps the frames of these numbers for ever, or for so many ms, and lets the others pass. */
function keeping<T>(time: VirtualTime, holder: string | undefined, ms: (seq: number) => number) {
  return tap((frame: Frame<T>) => {
    const wait = ms(frame.label.seq);
    if (wait <= 0) return;
    frame.retain(holder);
    held.push(frame);
    time.after(wait, () => frame.release());
  });
}

/** What the tests keep for ever, to be let go at last. */
const held: Frame<unknown>[] = [];
function letGo(): void {
  for (const frame of held.splice(0)) if (frame.live) frame.release();
}

/** Runs a source against a stage that keeps frames; how and when it ended, and whether a timer was left then. */
async function stall<T>(
  arrivals: Arrivals<T>,
  ms: (seq: number) => number,
  given: Partial<FrameSourceOptions> & { timetable?: readonly (readonly [number, FrameSourceChanges])[] } = {},
  { holder, until = 1e7, leaveAt = Infinity }: { holder?: string; until?: number; leaveAt?: number } = {},
) {
  const { timetable, ...more } = given;
  return inVirtualTime(
    async (time) => {
      const changes = new Observable<FrameSourceChanges>((subscriber) => {
        for (const [at, change] of timetable ?? []) subscriber.add(time.after(at, () => subscriber.next(change)));
      });
      const source = frameSource(arrivals, { ...options, changes, ...more });
      const end: { at?: number; error?: unknown; completed?: true } = {};
      const seqs: number[] = [];
      const subscription = source.pipe(keeping(time, holder, ms)).subscribe({
        next: ({ label }) => void seqs.push(label.seq),
        error: (error: unknown) => Object.assign(end, { at: time.now(), error }),
        complete: () => Object.assign(end, { at: time.now(), completed: true }),
      });
      time.after(leaveAt, () => subscription.unsubscribe());
      await time.run(until);
      const { pending } = time;
      const counts = source.ledger.counts;
      expectLaw(counts);
      subscription.unsubscribe();
      letGo();
      return { source, end, seqs, pending, counts, lastedMs: time.now() };
    },
    { until },
  );
}

const forEver = () => Infinity;
const first = (seq: number) => (seq === 0 ? Infinity : 0);

describe('a frame that is never let go', () => {
  it('is named after a minute, with who keeps it', async () => {
    const { source, end, seqs, pending } = await stall(clip(), forEver, {}, { holder: 'my delay' });
    expect(end.at).toBe(60_000);
    expect(end.error).toBeInstanceOf(StallError);
    expect(end.error).toMatchObject({
      code: 'stall',
      stage: 'my delay',
      frame: { source: 'clip.mp4', seq: 0, timestamp: 0 },
    });
    expect((end.error as Error).message).toBe(
      'no frame was released for 60000 ms: frame clip.mp4 #0 at 0.000 s is held by my delay, and all 2 leases are taken. ' +
        'Call release() for every retain(), or raise maxInFlight or leaseTimeout.',
    );
    expect(seqs).toEqual([0, 1]);
    expect(pending).toBe(0);
    expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 2, failed: 0 });
  });

  it('by somebody who gave no name', async () => {
    const { end } = await stall(clip(), forEver);
    expect(String(end.error)).toContain('#0 at 0.000 s is held by an operator that called frame.retain(), and all');
  });

  it('is the one that was let in first, when others came and went meanwhile', async () => {
    const keepsThirdAndTenth = (seq: number) => (seq === 3 || seq === 7 ? Infinity : 0);
    const { end, seqs } = await stall(clip(), keepsThirdAndTenth, { leaseTimeout: 500 }, { holder: 'a map' });
    expect(seqs).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(end.error).toMatchObject({ frame: { seq: 3 }, stage: 'a map' });
  });

  it('holds nobody up while a lease is free', async () => {
    const { end, seqs } = await stall(clip(), first, { leaseTimeout: 500 });
    expect(end).toEqual({ at: 0, completed: true });
    expect(seqs.length).toBe(10);
  });

  it('the stage it had come to is named too', async () => {
    const error = await inVirtualTime((time) => {
      const source = frames(3, { maxInFlight: 1, leaseTimeout: 100 });
      let told: unknown;
      source
        .pipe(double('first'), double('second'), keeping(time, 'batch', forEver))
        .subscribe({ error: (error: unknown) => (told = error) });
      return time.run().then(() => told);
    });
    letGo();
    expect(error).toBeInstanceOf(StallError);
    expect(error).toMatchObject({ stage: 'second', frame: { source: 'test', seq: 0 } });
    expect((error as Error).message).toContain(
      'frame test #0 at 0.000 s is held by batch, after stage second, and all 1 leases',
    );
  });

  it('by an operator of ours, which is named', async () => {
    const end: { error?: unknown } = {};
    const source = await inVirtualTime(() => {
      const file = frameSource(clip(), { ...options, leaseTimeout: 200 });
      file
        .pipe(inOrder(1, () => new Promise(() => undefined), { name: 'upload' }))
        .subscribe({ error: (error: unknown) => (end.error = error) });
      return file;
    });
    expect(end.error).toMatchObject({ code: 'stall', stage: 'upload', frame: { seq: 0 } });
    expect(closedAccount(source)).toMatchObject({ produced: 2, discarded: 2 });
  });

  it('while others wait: they are discarded, and freed', async () => {
    const freed: number[] = [];
    const camera = fakeCamera({ fps: 100, seconds: 60, data: (n) => ({ close: () => void freed.push(n) }) });
    const { source, end, counts, pending } = await stall(camera, forEver, {
      source: 'camera',
      policy: { buffer: 3 },
      leaseTimeout: 200,
    });
    expect(end.at).toBe(200);
    expect(end.error).toMatchObject({ code: 'stall', frame: { source: 'camera', seq: 0 } });
    expect(counts).toMatchObject({ waiting: 0, inFlight: 1 });
    expect(pending).toBe(0);
    const account = closedAccount(source);
    expect(account).toMatchObject({ delivered: 0, discarded: 4, failed: 0 });
    expect(freed.length).toBe(account['produced']);
  });

  it('of a source that is over, while others wait', async () => {
    const file = fakeFile({ fps: 25, seconds: 0.12 });
    const { end, seqs, counts } = await stall(file, forEver, {
      maxInFlight: 1,
      policy: { buffer: 9 },
      leaseTimeout: 70,
    });
    expect([seqs, counts.produced]).toEqual([[0], 3]);
    expect(end).toMatchObject({ at: 70, error: { code: 'stall' } });
  });
});

describe('no stall', () => {
  it('with leaseTimeout: Infinity', async () => {
    const { end, pending, seqs } = await stall(clip(), forEver, { leaseTimeout: Infinity });
    expect([end, pending, seqs]).toEqual([{}, 0, [0, 1]]);
  });

  it('while frames move, however slowly', async () => {
    const { end, seqs, lastedMs, source } = await stall(clip(), () => 59_999, { maxInFlight: 1 });
    expect(seqs.length).toBe(10);
    expect(end.completed).toBe(true);
    expect(lastedMs).toBeGreaterThan(9 * 59_999);
    expect(closedAccount(source)).toMatchObject({ produced: 10, discarded: 10 });
  });

  it.each([1, 2, 4])('while one of %i comes free in time', async (maxInFlight) => {
    // The first ones are kept for long, the last lease goes round.
    const { end, seqs } = await stall(clip(), (seq) => (seq < maxInFlight - 1 ? 900 : 90), {
      maxInFlight,
      leaseTimeout: 100,
    });
    expect(seqs.length).toBe(10);
    expect(end.completed).toBe(true);
  });

  it('a moment before its time, but one a moment after', async () => {
    const late = await stall(clip(), () => 100.001, { maxInFlight: 1, leaseTimeout: 100 });
    expect(late.end).toMatchObject({ at: 100, error: { code: 'stall' } });
    const inTime = await stall(clip(), () => 99.999, { maxInFlight: 1, leaseTimeout: 100 });
    expect(inTime.end.completed).toBe(true);
  });

  it('while nothing comes', async () => {
    const silent = await stall(NEVER, forEver, { source: 'camera', leaseTimeout: 100 });
    expect([silent.end, silent.pending]).toEqual([{}, 0]);
    const rare = timer(0).pipe(concatMap(() => NEVER));
    expect((await stall(rare, forEver, { source: 'camera', leaseTimeout: 100 })).end).toEqual({});
  });

  it('while a file takes its time', async () => {
    const slow = await inVirtualTime(async (time) => {
      async function* file() {
        for (const one of fakeFile({ fps: 1, seconds: 3 })) {
          await new Promise<void>((resolve) => time.after(500_000, resolve));
          yield one;
        }
      }
      const source = frameSource(file(), options);
      let [seen, completed] = [0, false];
      source.pipe(markDelivered()).subscribe({ next: () => seen++, complete: () => (completed = true) });
      await time.run();
      return { seen, completed, at: time.now() };
    });
    expect(slow).toEqual({ seen: 3, completed: true, at: 1_500_000 });
  });

  it('when nothing was in the way for long, but the gate was full again and again', async () => {
    // Full for 60 ms of every 100.
    const camera = fakeCamera({ fps: 10, seconds: 3 });
    const { end, seqs } = await stall(camera, () => 60, { source: 'camera', leaseTimeout: 65 });
    expect([end.completed, seqs.length]).toEqual([true, 30]);
  });

  it('after unsubscribing, after the end, after an error: its timer is called off', async () => {
    const left = await stall(clip(), forEver, {}, { leaveAt: 1000, until: 2000 });
    expect([left.end, left.pending]).toEqual([{}, 0]);
    const done = await stall(
      [{ data: 1, timestamp: 0 }],
      forEver,
      { maxInFlight: 1, policy: { buffer: 1 } },
      { until: 2000 },
    );
    expect([done.end, done.pending]).toEqual([{ at: 0, completed: true }, 0]);
    const failed = await stall(
      [
        { data: 1, timestamp: 0 },
        { data: 1, timestamp: NaN },
      ],
      (seq) => (seq === 0 ? 20 : 0),
      { maxInFlight: 1, policy: { buffer: 1 } },
      { until: 2000 },
    );
    expect([failed.end, failed.pending]).toMatchObject([{ at: 0, error: { code: 'timestamp' } }, 0]);
  });

  it('sets one timer for all the frames of a minute', async () => {
    await inVirtualTime(async (time) => {
      const camera = frameSource(fakeCamera({ fps: 100, seconds: 60 }), { source: 'camera' });
      let most = 0;
      camera
        .pipe(
          takes(5),
          filter(() => (most = Math.max(most, time.pending)) > 0),
        )
        .subscribe();
      await time.run();
      // The camera's next frame, and the watch; the stage's own has just run.
      expect(most).toBe(2);
    });
  });
});

describe('another leaseTimeout', () => {
  it('less goes for what is stuck already, from then on', async () => {
    const { end } = await stall(clip(), forEver, { timetable: [[1000, { leaseTimeout: 300 }]] });
    expect(end).toMatchObject({ at: 1300, error: { code: 'stall' } });
    expect(String(end.error)).toContain('for 300 ms');
  });

  it('more gives it that much from then on', async () => {
    const { end } = await stall(clip(), forEver, { leaseTimeout: 100, timetable: [[90, { leaseTimeout: 5000 }]] });
    expect(end).toMatchObject({ at: 5090, error: { code: 'stall' } });
  });

  it('Infinity gives it for ever, without a timer', async () => {
    const { end, pending } = await stall(clip(), forEver, {
      leaseTimeout: 100,
      timetable: [[50, { leaseTimeout: Infinity }]],
    });
    expect([end, pending]).toEqual([{}, 0]);
  });

  it('from Infinity', async () => {
    const { end } = await stall(clip(), forEver, { leaseTimeout: Infinity, timetable: [[5000, { leaseTimeout: 40 }]] });
    expect(end).toMatchObject({ at: 5040, error: { code: 'stall' } });
  });

  it('fewer leases: the time counts from then on', async () => {
    const { end } = await stall(fakeCamera({ fps: 1, seconds: 900 }), first, {
      source: 'camera',
      maxInFlight: 2,
      leaseTimeout: 5000,
      timetable: [[4900, { maxInFlight: 1 }]],
    });
    expect(end).toMatchObject({ at: 9900, error: { code: 'stall', frame: { seq: 0 } } });
  });

  it('more leases end it', async () => {
    const { end, seqs } = await stall(clip(), (seq) => (seq < 2 ? Infinity : 0), {
      leaseTimeout: 100,
      timetable: [[90, { maxInFlight: 3 }]],
    });
    expect(end).toEqual({ at: 90, completed: true });
    expect(seqs.length).toBe(10);
  });

  it('longer than a timer can count is not at once', async () => {
    const { end } = await stall(clip(), forEver, { leaseTimeout: 2 ** 33 }, { until: 2 ** 34 });
    expect(end).toMatchObject({ at: 2 ** 33, error: { code: 'stall' } });
  });

  it('longer than a real timer can count is not at once', async () => {
    const end: { error?: unknown } = {};
    const subscription = frameSource(clip(), { ...options, leaseTimeout: 2 ** 33 })
      .pipe(inOrder(1, () => new Promise(() => undefined)))
      .subscribe({ error: (error: unknown) => (end.error = error) });
    await new Promise((resolve) => setTimeout(resolve, 30));
    subscription.unsubscribe();
    expect(end).toEqual({});
  });
});

it('every stall is of its own subscription', async () => {
  await inVirtualTime(async (time) => {
    const source = frameSource(
      { [Symbol.iterator]: () => clip()[Symbol.iterator]() },
      { ...options, leaseTimeout: 100 },
    );
    const ends: unknown[] = [];
    const stuck = source.pipe(keeping(time, 'one', forEver)).subscribe({ error: (error: unknown) => ends.push(error) });
    source.pipe(map(({ label }) => label.seq)).subscribe({ complete: () => ends.push('done') });
    await time.run();
    expect(ends).toEqual(['done', expect.any(StallError)]);
    stuck.unsubscribe();
    letGo();
    closedAccount(source);
  });
});

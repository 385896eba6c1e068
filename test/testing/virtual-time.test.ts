import * as fc from 'fast-check';
import {
  auditTime,
  bufferTime,
  concatMap,
  debounceTime,
  delay,
  from,
  interval,
  map,
  merge,
  of,
  sampleTime,
  take,
  throttleTime,
  timeout,
  timer,
  toArray,
  type Observable,
  type SchedulerLike,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { inVirtualTime, VirtualTime } from 'sluice/testing';
import { now } from '../../src/frames/clock.ts';

/** `now()` is what `performance.now()` is. */
function expectRealClock(): void {
  const before = performance.now();
  const said = now();
  expect(said).toBeGreaterThanOrEqual(before);
  expect(said).toBeLessThanOrEqual(performance.now());
}

describe('VirtualTime', () => {
  it('runs timers in the order of their times, and those of one time in the order they were made', async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    for (const [name, ms] of [
      ['c', 20],
      ['a', 10],
      ['b', 10],
    ] as const)
      time.after(ms, () => seen.push(`${name}@${time.now()}`));
    await time.run();
    expect(seen).toEqual(['a@10', 'b@10', 'c@20']);
  });

  it('puts an explicit order, 0 where there is none, before the order of making', async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    time.at(5, () => seen.push('order 2'), 2);
    time.at(5, () => seen.push('order 1'), 1);
    time.at(5, () => seen.push('none'));
    time.at(5, () => seen.push('order -1'), -1);
    time.at(5, () => seen.push('order 1 again'), 1);
    await time.run();
    expect(seen).toEqual(['order -1', 'none', 'order 1', 'order 1 again', 'order 2']);
  });

  it('runs what promises do between two timers before the second', async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    time.after(1, () => {
      void (async () => {
        for (let i = 0; i < 20; i++) await Promise.resolve();
        seen.push(`promise@${time.now()}`);
        time.after(1, () => seen.push(`nested@${time.now()}`));
      })();
    });
    time.after(3, () => seen.push(`timer@${time.now()}`));
    await time.run();
    expect(seen).toEqual(['promise@1', 'nested@2', 'timer@3']);
  });

  it('calls a timer off, also from within another, and takes calling off twice', async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    const off = time.after(10, () => seen.push('never'));
    time.after(5, () => {
      off();
      off();
    });
    await time.run();
    expect(seen).toEqual([]);
    expect(time.now()).toBe(5);
  });

  it('runs up to a time and stands there', async () => {
    const time = new VirtualTime();
    const seen: number[] = [];
    for (const ms of [10, 20, 30]) time.after(ms, () => seen.push(ms));
    await time.run(20);
    expect([seen, time.now()]).toEqual([[10, 20], 20]);
    await time.run(25);
    expect([seen, time.now()]).toEqual([[10, 20], 25]);
    await time.run();
    expect([seen, time.now()]).toEqual([[10, 20, 30], 30]);
  });

  it('lets what was due during a skip come late, never in the past', async () => {
    const time = new VirtualTime();
    const seen: number[] = [];
    time.after(5, () => seen.push(time.now()));
    time.skip(100);
    await time.run();
    expect(seen).toEqual([100]);
  });

  it('gives a timer with a negative delay its turn at once', async () => {
    const time = new VirtualTime();
    time.skip(7);
    let at = NaN;
    time.after(-5, () => (at = time.now()));
    await time.run();
    expect(at).toBe(7);
  });

  it.each<[string, (scheduler: SchedulerLike) => ReturnType<typeof interval>]>([
    ['interval', (scheduler) => interval(10, scheduler).pipe(take(4))],
    ['timer', (scheduler) => timer(25, 10, scheduler).pipe(take(3))],
    ['delay', (scheduler) => of(1, 2).pipe(delay(15, scheduler))],
    ['debounceTime', (scheduler) => interval(10, scheduler).pipe(take(3), debounceTime(20, scheduler))],
    ['concatMap of timers', (s) => from([30, 10]).pipe(concatMap((ms) => timer(ms, s).pipe(map(() => ms))))],
  ])('drives RxJS as its own virtual scheduler does: %s', async (_, make) => {
    const stamp = (scheduler: SchedulerLike, into: string[]) => ({
      next: (value: number) => into.push(`${value}@${scheduler.now()}`),
      complete: () => into.push(`|@${scheduler.now()}`),
    });
    const time = new VirtualTime();
    const ours: string[] = [];
    make(time.scheduler).subscribe(stamp(time.scheduler, ours));
    await time.run();
    const theirs: string[] = [];
    const scheduler = new TestScheduler(() => undefined);
    scheduler.maxFrames = Infinity;
    make(scheduler).subscribe(stamp(scheduler, theirs));
    scheduler.flush();
    expect(ours).toEqual(theirs);
    expect(ours.length).toBeGreaterThan(1);
  });

  it('drives whatever RxJS does with time as its own virtual scheduler does', async () => {
    type Timed = (scheduler: SchedulerLike) => Observable<unknown>;
    const ms = fc.integer({ min: 0, max: 40 });
    const sources: fc.Arbitrary<Timed> = fc.oneof(
      fc.tuple(ms, fc.nat(8)).map(
        ([period, n]): Timed =>
          (s) =>
            interval(period, s).pipe(take(n)),
      ),
      fc.tuple(ms, ms, fc.nat(8)).map(
        ([due, period, n]): Timed =>
          (s) =>
            timer(due, period, s).pipe(take(n)),
      ),
      fc.array(ms, { maxLength: 8 }).map(
        (gaps): Timed =>
          (s) =>
            from(gaps).pipe(concatMap((gap) => timer(gap, s).pipe(map(() => gap)))),
      ),
    );
    const operators = fc.constantFrom<
      ((ms: number, s: SchedulerLike) => (stream: Observable<unknown>) => Observable<unknown>)[]
    >(
      (time, s) => delay(time, s),
      (time, s) => debounceTime(time, s),
      (time, s) => throttleTime(time, s, { leading: true, trailing: true }),
      (time, s) => auditTime(time, s),
      (time, s) => sampleTime(time + 1, s),
      (time, s) => timeout({ each: time + 1, scheduler: s }),
      (time, s) => (stream) => stream.pipe(bufferTime(time + 1, s), map(String)),
    );
    const streams = fc.tuple(sources, fc.array(fc.tuple(operators, ms), { maxLength: 3 }), sources).map(
      ([first, then, other]): Timed =>
        (s) =>
          merge(
            then.reduce((stream, [operator, time]) => operator(time, s)(stream), first(s)),
            other(s),
          ),
    );
    const noted = (make: Timed, s: SchedulerLike) => {
      const into: string[] = [];
      const subscription = make(s).subscribe({
        next: (value) => into.push(`${String(value)}@${s.now()}`),
        error: (error: Error) => into.push(`${error.name}@${s.now()}`),
        complete: () => into.push(`|@${s.now()}`),
      });
      s.schedule(() => subscription.unsubscribe(), 200);
      return into;
    };
    await fc.assert(
      fc.asyncProperty(streams, async (make) => {
        const time = new VirtualTime();
        const ours = noted(make, time.scheduler);
        await time.run();
        const scheduler = new TestScheduler(() => undefined);
        scheduler.maxFrames = Infinity;
        const theirs = noted(make, scheduler);
        scheduler.flush();
        expect(ours).toEqual(theirs);
        expect(time.pending).toBe(0);
      }),
      { numRuns: 500, seed: Number(process.env['FUZZ_SEED'] || 20_260_103) },
    );
  });

  it('tells how many timers are set', async () => {
    const time = new VirtualTime();
    const off = time.after(10, () => undefined);
    time.after(20, () => undefined);
    expect(time.pending).toBe(2);
    off();
    expect(time.pending).toBe(1);
    off();
    expect(time.pending).toBe(1);
    await time.run();
    expect(time.pending).toBe(0);
  });

  it('never comes to Infinity, and takes no time for what is no number', async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    time.after(Infinity, () => seen.push('never'))();
    time.after(Infinity, () => seen.push('never'));
    time.after(5, () => seen.push(`5@${time.now()}`));
    time.after(NaN, () => seen.push(`NaN@${time.now()}`));
    expect(time.pending).toBe(2);
    await time.run();
    expect(seen).toEqual(['NaN@0', '5@5']);
    expect(time.now()).toBe(5);
  });

  it('takes ten thousand timers in any order', async () => {
    const time = new VirtualTime();
    const seen: number[] = [];
    const times = Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_007);
    for (const at of times) time.at(at, () => seen.push(at));
    await time.run();
    expect(seen).toEqual(times.toSorted((a, b) => a - b));
  });

  it('a timer that throws fails the run', async () => {
    const time = new VirtualTime();
    time.after(5, () => {
      throw new RangeError('no');
    });
    await expect(time.run()).rejects.toThrow('no');
  });

  it('work of RxJS that was called off is not set again', async () => {
    const time = new VirtualTime();
    let ran = 0;
    const work = time.scheduler.schedule(function () {
      ran++;
      this.unsubscribe();
      this.schedule(undefined, 5);
    }, 5);
    await time.run();
    expect([ran, work.closed, time.now()]).toEqual([1, true, 5]);
  });

  it('stops an interval that is unsubscribed', async () => {
    const time = new VirtualTime();
    const seen: number[] = [];
    const subscription = interval(10, time.scheduler).subscribe((n) => seen.push(n));
    time.after(35, () => subscription.unsubscribe());
    await time.run();
    expect([seen, time.now()]).toEqual([[0, 1, 2], 35]);
  });
});

describe('inVirtualTime', () => {
  it("puts sluice's clock in place and the real one back", async () => {
    const before = now();
    const inside = await inVirtualTime((time) => {
      time.skip(1e9);
      return now();
    });
    expect(inside).toBe(1e9);
    expect(now() - before).toBeLessThan(1e6);
    expect(now()).toBeGreaterThanOrEqual(before);
  });

  it('puts the real clock back when the body throws or rejects', async () => {
    await expect(
      inVirtualTime(() => {
        throw new RangeError('no');
      }),
    ).rejects.toThrow('no');
    await expect(inVirtualTime(() => Promise.reject(new RangeError('later')))).rejects.toThrow('later');
    expectRealClock();
  });

  it('gives what an asynchronous body gives, with the time it waited for', async () => {
    const result = inVirtualTime(async (time) => {
      const ticks = interval(50, time.scheduler).pipe(take(3), toArray());
      const values = await new Promise((resolve) => ticks.subscribe(resolve));
      return [values, time.now()];
    });
    expect(await result).toEqual([[0, 1, 2], 150]);
  });

  it('stops at until, and leaves what is later undone', async () => {
    const seen: number[] = [];
    await inVirtualTime((time) => void interval(10, time.scheduler).subscribe((n) => seen.push(n)), { until: 55 });
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it('a body that rejects while time runs is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const failed = inVirtualTime(async (time) => {
        time.after(1000, () => undefined);
        for (let i = 1; i < 50; i++) time.after(i, () => undefined);
        await Promise.resolve();
        throw new RangeError('early');
      });
      await expect(failed).rejects.toThrow('early');
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('a body that waits for something real goes on in virtual time afterwards', async () => {
    const seen = await inVirtualTime(async (time) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      time.after(60_000, () => undefined);
      await new Promise<void>((resolve) => time.after(30_000, resolve));
      return time.now();
    });
    expect(seen).toBe(30_000);
  });

  it('runs also what the body sets off at last', async () => {
    let at = NaN;
    await inVirtualTime(async (time) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      time.after(70, () => (at = time.now()));
    });
    expect(at).toBe(70);
  });

  it('the body may run it step by step', async () => {
    const seen: number[] = [];
    const steps = await inVirtualTime(async (time) => {
      interval(10, time.scheduler)
        .pipe(take(10))
        .subscribe((n) => seen.push(n));
      await time.run(35);
      const first = [seen.length, time.now()];
      await time.run(60);
      return [first, [seen.length, time.now()]];
    });
    expect(steps).toEqual([
      [3, 35],
      [6, 60],
    ]);
    expect(seen.length).toBe(10);
  });

  it('one within another has a time of its own, and gives the outer one back', async () => {
    await inVirtualTime(async (outer) => {
      outer.skip(500);
      const inner = await inVirtualTime((time) => {
        time.skip(3);
        return now();
      });
      expect(inner).toBe(3);
      expect(now()).toBe(500);
    });
    expectRealClock();
  });
});

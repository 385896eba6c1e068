import { concat, NEVER, Observable, of, Subject, timer } from 'rxjs';
import { frameSource, markDelivered, type Arrival, type Arrivals, type FrameSourceOptions } from 'sluice';
import { fakeCamera, fakeFile, inVirtualTime, takes } from 'sluice/testing';
import { describe, expect, it } from 'vitest';
import { expectLaw } from '../../support/balance.ts';

interface Outcome {
  readonly seqs: readonly number[];
  readonly error: { readonly code?: string; readonly message?: string } | undefined;
  readonly endedAt: number;
  readonly pending: number;
}

/** How a source goes on, and ends, with a stage that takes so long. */
async function run(
  arrivals: Arrivals<number>,
  options: Partial<FrameSourceOptions>,
  { ms = 0, until = 60_000 } = {},
): Promise<Outcome> {
  return inVirtualTime(
    async (time) => {
      const source = frameSource(arrivals, { source: 'live', ...options });
      const seqs: number[] = [];
      let [error, endedAt]: [Outcome['error'], number] = [undefined, NaN];
      const subscription = source.pipe(takes(ms), markDelivered()).subscribe({
        next: ({ label }) => seqs.push(label.seq),
        error: (thrown: Outcome['error']) => ([error, endedAt] = [thrown, time.now()]),
        complete: () => (endedAt = time.now()),
      });
      await time.run(until);
      subscription.unsubscribe();
      expectLaw(source.ledger.counts);
      return { seqs, error, endedAt, pending: time.pending };
    },
    { until },
  );
}

const seconds = (n: number) => fakeCamera({ fps: 10, seconds: n });

describe('frameTimeout', () => {
  it('ends a source that never gives a frame', async () => {
    const { error, endedAt, pending } = await run(NEVER, { frameTimeout: 500 });
    expect(error).toMatchObject({
      name: 'SourceError',
      code: 'frame-timeout',
      message: 'live: no frame came for 500 ms (frameTimeout)',
    });
    expect([endedAt, pending]).toEqual([500, 0]);
  });

  it('ends a source that falls silent, after the frames that came', async () => {
    const silent = new Observable<Arrival<number>>((subscriber) =>
      seconds(1).subscribe({ next: (frame) => subscriber.next(frame) }),
    );
    const { seqs, error, endedAt } = await run(silent, { frameTimeout: 2000 });
    expect(seqs).toHaveLength(10);
    expect([error?.code, Math.round(endedAt)]).toEqual(['frame-timeout', 2900]);
  });

  it('lets a source live that is just quick enough', async () => {
    const { seqs, error } = await run(seconds(2), { frameTimeout: 101 });
    expect([seqs.length, error]).toEqual([20, undefined]);
  });

  it('ends an iterable that does not answer', async () => {
    const stuck: AsyncIterable<Arrival<number>> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    };
    const { error, endedAt, pending } = await run(stuck, { frameTimeout: 700 });
    expect([error?.code, endedAt, pending]).toEqual(['frame-timeout', 700, 0]);
  });

  it('does not count while an iterable is not asked', async () => {
    const { seqs, error } = await run(fakeFile({ fps: 10, seconds: 1 }), { frameTimeout: 50 }, { ms: 1000 });
    expect([seqs.length, error]).toEqual([10, undefined]);
  });

  it('is off by default, and with Infinity', async () => {
    for (const options of [{}, { frameTimeout: Infinity }]) {
      const { error, endedAt, pending } = await run(NEVER, options);
      expect([error, endedAt, pending]).toEqual([undefined, NaN, 0]);
    }
  });

  it('can be changed while the source runs', async () => {
    const later = await inVirtualTime(async (time) => {
      const changes = timer(1000, time.scheduler).pipe();
      const subject = new Subject<{ frameTimeout: number }>();
      changes.subscribe(() => subject.next({ frameTimeout: 300 }));
      let endedAt = NaN;
      frameSource<number>(NEVER, { source: 'live', changes: subject }).subscribe({
        error: () => (endedAt = time.now()),
      });
      await time.run(10_000);
      return endedAt;
    });
    expect(later).toBe(1300);
  });

  it('leaves no timer when the subscription ends, or the source', async () => {
    expect((await run(NEVER, { frameTimeout: 100_000 })).pending).toBe(0);
    expect((await run(concat(of({ data: 1, timestamp: 0 })), { frameTimeout: 100_000 })).pending).toBe(0);
  });

  it.each([0, -1, NaN, '5' as unknown as number])('must be a number over 0, not %o', (frameTimeout) => {
    expect(() => frameSource([], { source: 'live', frameTimeout })).toThrow('frameTimeout must be a number of ms');
  });
});

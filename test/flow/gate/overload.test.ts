import { mergeMap, Observable } from 'rxjs';
import { frameSource, markDelivered, type FrameSourceOptions, type Arrivals } from 'sluice';
import { fakeCamera, fakeFile, inVirtualTime, takes } from 'sluice/testing';
import { describe, expect, it } from 'vitest';
import { after } from '../../../src/frames/clock.ts';
import { closedAccount, watch } from '../../support/balance.ts';

// The figures that sluice promises: 30 frames a second against a stage that does ten, for a minute.
const SERVICE = 100;
const FILM = { fps: 30, seconds: 60 };

/** A minute of frames through one stage, in virtual time: what came out, and how late (ms). */
async function minute(arrivals: Arrivals<number>, options: Partial<FrameSourceOptions> = {}) {
  return inVirtualTime(async (time) => {
    const source = frameSource(arrivals, { source: 'film', ...options });
    const watched = watch(source);
    const cameAt: number[] = [];
    source.events.subscribe((event) => event.type === 'arrived' && (cameAt[event.label.seq] = event.at));
    const seqs: number[] = [];
    const latencies: number[] = [];
    source.pipe(takes(SERVICE), markDelivered()).subscribe(({ label }) => {
      seqs.push(label.seq);
      latencies.push(time.now() - (cameAt[label.seq] ?? NaN));
    });
    await time.run();
    return { seqs, latencies, leases: watched.leases(), account: closedAccount(source), lastedMs: time.now() };
  });
}

/** The latency that so many per cent of the frames don't exceed. */
function percentile(percent: number, latencies: readonly number[]): number {
  const sorted = latencies.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? NaN;
}

describe('30 frames/s against a stage of 100 ms, for a minute', () => {
  it('latest, which a camera has by default: the stage never idles, and nothing is older than two of its turns', async () => {
    for (const options of [{}, { policy: 'latest' } as const]) {
      const { seqs, latencies, leases, account } = await minute(fakeCamera(FILM), options);
      expect(seqs.length).toBeGreaterThanOrEqual(598);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      expect(percentile(99, latencies)).toBeLessThanOrEqual(2 * SERVICE);
      expect(Math.max(...latencies)).toBeLessThanOrEqual(2 * SERVICE);
      expect(leases).toBe(1);
      expect(account).toEqual({
        produced: 1800,
        delivered: seqs.length,
        discarded: 0,
        failed: 0,
        replaced: 1800 - seqs.length,
      });
    }
  });

  it('dropNewest: no frame waits, and the stage does', async () => {
    const { seqs, latencies } = await minute(fakeCamera(FILM), { policy: 'dropNewest' });
    expect(Math.max(...latencies)).toBeCloseTo(SERVICE);
    expect(seqs.length).toBeGreaterThanOrEqual(449);
  });

  it('buffer: as late as the buffer is long, and no later', async () => {
    const { seqs, latencies, account } = await minute(fakeCamera(FILM), { policy: { buffer: 5 } });
    expect(seqs.length).toBeGreaterThanOrEqual(598);
    expect(Math.max(...latencies)).toBeLessThanOrEqual(6 * SERVICE + 0.001);
    expect(percentile(50, latencies)).toBeGreaterThan(4 * SERVICE);
    expect(account['full']).toBe(1800 - seqs.length);
  });

  it('buffer with maxAge: no later than that', async () => {
    const { latencies, account } = await minute(fakeCamera(FILM), { policy: { buffer: 30 }, maxAge: 250 });
    expect(Math.max(...latencies)).toBeLessThanOrEqual(250 + SERVICE);
    expect(account['stale']).toBeGreaterThan(0);
  });

  it.each([undefined, { policy: 'wait' }, { policy: { buffer: 4 } }] as const)(
    'a file, %o: every frame, in order',
    async (options) => {
      const { seqs, leases, account, lastedMs } = await minute(fakeFile(FILM), options);
      expect(seqs).toEqual(Array.from({ length: 1800 }, (_, n) => n));
      expect(leases).toBe(2);
      expect(account).toEqual({ produced: 1800, delivered: 1800, discarded: 0, failed: 0 });
      expect(lastedMs).toBeCloseTo(1800 * SERVICE);
    },
  );

  it('a plain mergeMap, with nothing to hold it back: later and later', async () => {
    const latencies = await inVirtualTime(async (time) => {
      const seen: number[] = [];
      let freeAt = 0;
      // One device, which does one frame at a time: what mergeMap starts meanwhile queues before it.
      const device = (n: number) =>
        new Observable<number>((subscriber) => {
          freeAt = Math.max(freeAt, time.now()) + SERVICE;
          subscriber.add(
            after(freeAt - time.now(), () => {
              subscriber.next(n);
              subscriber.complete();
            }),
          );
        });
      fakeCamera(FILM)
        .pipe(mergeMap(({ data }) => device(data)))
        .subscribe((n) => seen.push(time.now() - (n * 1000) / FILM.fps));
      await time.run();
      return seen;
    });
    expect(latencies.length).toBe(1800);
    expect(latencies.at(-1)).toBeGreaterThan(30_000);
    expect(percentile(99, latencies)).toBeGreaterThan(30_000);
    // Each is later than the one before: there is no bound.
    expect(latencies.every((latency, i) => i === 0 || latency > (latencies[i - 1] ?? 0))).toBe(true);
  });

  it('and so does a gate so wide that it never closes', async () => {
    const { seqs, latencies, leases } = await minute(fakeCamera(FILM), {
      maxInFlight: 1_000_000,
      leaseTimeout: Infinity,
    });
    expect(seqs.length).toBe(1800);
    expect(latencies.at(-1)).toBeGreaterThan(30_000);
    expect(leases).toBeGreaterThan(1000);
  });

  it('times one frame in 30 of those let in, though the camera drops in step with it', async () => {
    const timed: boolean[] = [];
    await inVirtualTime(() => {
      const camera = frameSource(fakeCamera(FILM), { source: 'camera', profile: { every: 30 } });
      camera.pipe(takes(SERVICE), markDelivered()).subscribe((frame) => timed.push(frame.trace?.closed === false));
    });
    expect(timed.filter(Boolean)).toHaveLength(Math.ceil(timed.length / 30));
  });
});

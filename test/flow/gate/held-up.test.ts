import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { from, lastValueFrom, Observable, of, take, tap, toArray } from 'rxjs';
import { frameSource, markDelivered, type Arrival, type Arrivals, type Frame, type FrameSourceOptions } from 'sluice';
import { describe, expect, it } from 'vitest';
import { closedAccount } from '../../support/balance.ts';
import { SteadyWriter } from '../../support/steady-writer.ts';

// A stage that keeps the thread busy, as wasm does, while frames come from another process: what is read of them meanwhile?

async function* framesOf(output: Readable, size: number): AsyncGenerator<Arrival<number>> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of output) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (; rest.length >= size; rest = rest.subarray(size)) {
      const n = rest.readUInt32LE();
      yield { data: n, timestamp: n * 1000 };
    }
  }
}

const pulled = (writer: SteadyWriter, size: number): AsyncIterable<Arrival<number>> =>
  framesOf(writer.child.stdout as Readable, size);

/** As users write it: a `data` listener. */
const pushed = (writer: SteadyWriter, size: number): Observable<Arrival<number>> =>
  new Observable((subscriber) => {
    let rest: Buffer = Buffer.alloc(0);
    writer.child.stdout?.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= size; rest = rest.subarray(size)) {
        const n = rest.readUInt32LE();
        subscriber.next({ data: n, timestamp: n * 1000 });
      }
    });
    writer.child.stdout?.on('end', () => subscriber.complete());
  });

interface Taken {
  readonly n: number;
  /** How many frames were written when the one before was done, at the latest. */
  readonly written: number;
}

/** Runs `frames` frames through a stage that holds the thread until three more frames are written. */
async function run(
  size: number,
  open: (writer: SteadyWriter, size: number) => Arrivals<number>,
  options: Partial<FrameSourceOptions> = {},
  frames = 60,
) {
  const writer = new SteadyWriter(size, frames);
  try {
    const source = frameSource(open(writer, size), { source: 'live', ...options });
    const taken: Taken[] = [];
    let done = 0;
    const stage = tap(({ data }: Frame<number>) => {
      taken.push({ n: data, written: done });
      writer.holdUntil(Math.min(frames, writer.written + 3));
      done = writer.written;
    });
    await lastValueFrom(source.pipe(stage, markDelivered()), { defaultValue: undefined });
    return { taken, account: closedAccount(source) };
  } finally {
    if (writer.child.exitCode === null && writer.child.kill()) await once(writer.child, 'exit');
  }
}

/** How many frames that were written before were newer than the one that was taken. */
const behind = (taken: readonly Taken[]) => taken.map(({ n, written }) => written - 1 - n);

describe('a stage that keeps the thread busy while three frames come', () => {
  it.each([
    ['an Observable', pushed, {}],
    ['an async iterable', pulled, { policy: 'latest' }],
  ] as const)('takes the newest one from %s', async (_, open, options) => {
    const { taken, account } = await run(1000, open, options);
    expect(Math.max(...behind(taken))).toBeLessThanOrEqual(0);
    expect(taken.length).toBeLessThan(30);
    expect(account).toEqual({
      produced: 60,
      delivered: taken.length,
      discarded: 0,
      failed: 0,
      replaced: 60 - taken.length,
    });
  });

  it('also drops frames that are larger than a pipe holds', async () => {
    const { account } = await run(400_000, pushed);
    expect(account['replaced']).toBeGreaterThan(20);
    expect(account['produced']).toBe(60);
  });

  it('dropNewest: takes none that came meanwhile', async () => {
    const { taken, account } = await run(1000, pushed, { policy: 'dropNewest' });
    expect(taken.slice(1).every(({ n, written }) => n >= written)).toBe(true);
    expect(account['full']).toBe(60 - taken.length);
  });

  it('buffer: takes those that fit, in order, and drops the rest', async () => {
    const { taken, account } = await run(1000, pushed, { policy: { buffer: 2 } });
    const numbers = taken.map(({ n }) => n);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    // Each came after the turns of three frames before.
    expect(taken.slice(2).every(({ n }, i) => n >= (taken[i]?.written ?? 0) - 1)).toBe(true);
    expect(account['full']).toBe(60 - taken.length);
    expect(account['full']).toBeGreaterThan(20);
  });

  it('wait: takes every frame', async () => {
    const { taken, account } = await run(1000, pulled, { policy: 'wait' }, 24);
    expect(taken.map(({ n }) => n)).toEqual(Array.from({ length: 24 }, (_, n) => n));
    expect(account).toEqual({ produced: 24, delivered: 24, discarded: 0, failed: 0 });
  });
});

/** Holds the thread for a while. */
const busy = (ms: number) =>
  tap<Frame<number>>(() => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms));
const three = [0, 1, 2].map((n) => ({ data: n, timestamp: n }));

describe('frames that come in one turn', () => {
  it('are all taken by a stage that is quick', async () => {
    const source = frameSource(from(three), { source: 'burst' });
    expect(await lastValueFrom(source.pipe(markDelivered(), toArray()))).toHaveLength(3);
  });

  it('are replaced by the last one while a stage is slow', async () => {
    const source = frameSource(from(three), { source: 'burst' });
    const seqs: number[] = [];
    source.pipe(busy(30), markDelivered()).subscribe(({ label }) => seqs.push(label.seq));
    await expect.poll(() => seqs).toEqual([0, 2]);
    expect(closedAccount(source)).toEqual({ produced: 3, delivered: 2, discarded: 0, failed: 0, replaced: 1 });
  });

  it('are discarded when the subscription ends on the slow one', async () => {
    const source = frameSource(from(three), { source: 'burst' });
    expect(await lastValueFrom(source.pipe(busy(30), markDelivered(), take(1), toArray()))).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { produced, delivered, inFlight } = source.ledger.counts;
    expect([produced, delivered, inFlight]).toEqual([1, 1, 0]);
  });

  it('do not come after an error on the slow one', async () => {
    const source = frameSource(from(three), { source: 'burst' });
    const failing = tap(() => {
      throw new RangeError('too slow');
    });
    await expect(lastValueFrom(source.pipe(busy(30), failing))).rejects.toThrow('too slow');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(source.ledger.counts.inFlight).toBe(0);
  });

  it('a source that has ended meanwhile still gives its last frame', async () => {
    const source = frameSource(of(three[0] as Arrival<number>), { source: 'one' });
    expect(await lastValueFrom(source.pipe(busy(30), markDelivered(), toArray()))).toHaveLength(1);
  });
});

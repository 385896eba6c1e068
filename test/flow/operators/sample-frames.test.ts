import { array, assert, asyncProperty, double, integer } from 'fast-check';
import { lastValueFrom, map, repeat, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../../src/errors/errors.ts';
import { frameSource } from '../../../src/flow/gate/frame-source.ts';
import { markDelivered } from '../../../src/flow/operators/mark-delivered.ts';
import { sampleFrames, type SampleFramesOptions } from '../../../src/flow/operators/sample-frames.ts';

const source = (timestamps: readonly number[]) =>
  frameSource(
    timestamps.map((timestamp) => ({ data: 0, timestamp })),
    { source: 'test' },
  );

/** The numbers of the frames that pass. */
function passed(options: SampleFramesOptions, timestamps: readonly number[]): Promise<number[]> {
  return lastValueFrom(
    source(timestamps).pipe(
      sampleFrames(options),
      map(({ label }) => label.seq),
      toArray(),
    ),
  );
}

/** At so many frames a second, rounded to microseconds as files' times are. */
const steady = (fps: number, count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, i) => Math.round(from + (i * 1e6) / fps));

describe('every({ n })', () => {
  it.each([
    [1, [0, 1, 2, 3, 4, 5, 6]],
    [2, [0, 2, 4, 6]],
    [3, [0, 3, 6]],
    [7, [0]],
    [100, [0]],
  ])('n = %i', async (n, expected) => {
    expect(await passed({ n }, steady(10, 7))).toEqual(expected);
  });

  it('counts anew for each subscription', async () => {
    const sampled = source(steady(10, 5)).pipe(
      sampleFrames({ n: 4 }),
      map(({ label }) => label.seq),
      toArray(),
    );
    expect([await lastValueFrom(sampled), await lastValueFrom(sampled)]).toEqual([
      [0, 4],
      [0, 4],
    ]);
  });
});

describe('every({ fps })', () => {
  it.each([
    [30, 10, 3],
    [30, 15, 2],
    [29.97, 29.97, 1],
    [60, 1, 60],
  ])('of %f takes %f: one in %i', async (rate, fps, step) => {
    const frames = step * 5;
    expect(await passed({ fps }, steady(rate, frames))).toEqual([0, 1, 2, 3, 4].map((i) => i * step));
  });

  it('spreads evenly where the rates do not divide', async () => {
    expect(await passed({ fps: 4 }, steady(10, 20))).toEqual([0, 3, 5, 8, 10, 13, 15, 18]);
    expect(await passed({ fps: 24 }, steady(25, 50))).toEqual(
      Array.from({ length: 48 }, (_, i) => Math.ceil((i * 25) / 24)),
    );
  });

  it('takes all of a source that is slower', async () => {
    expect(await passed({ fps: 100 }, steady(10, 5))).toEqual([0, 1, 2, 3, 4]);
    expect(await passed({ fps: 1e9 }, [0, 1, 2, 3])).toEqual([0, 1, 2, 3]);
  });

  it('counts from the first frame, whatever the clock says then', async () => {
    for (const from of [-5e6, 123_457, 9e12]) {
      expect(await passed({ fps: 2 }, steady(10, 11, from))).toEqual([0, 5, 10]);
    }
  });

  it('goes on after a gap without catching up', async () => {
    expect(
      await passed({ fps: 1 }, [0, 500_000, 10_200_000, 10_300_000, 10_900_000, 11_000_000, 11_100_000, 12_000_000]),
    ).toEqual([0, 2, 5, 7]);
  });

  it('less than one a second is one in so many seconds', async () => {
    expect(await passed({ fps: 0.5 }, steady(1, 9))).toEqual([0, 2, 4, 6, 8]);
  });

  it('never takes more than the rate allows, nor leaves out what is due', async () => {
    const times = array(integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 60 }).map((gaps) => {
      let now = 0;
      return gaps.map((gap) => (now += gap));
    });
    await assert(
      asyncProperty(times, double({ min: 0.1, max: 60, noNaN: true }), async (timestamps, fps) => {
        const taken = await passed({ fps }, timestamps);
        const period = 1e6 / fps;
        const [first = 0] = timestamps;
        const slot = (seq: number): number => Math.floor(((timestamps[seq] ?? 0) - first + 0.5) / period);
        // At most one in each period since the first frame, and the first one of each period that has any.
        const firsts = timestamps.map((_, seq) => seq).filter((seq) => seq === 0 || slot(seq) > slot(seq - 1));
        expect(taken).toEqual(firsts);
      }),
      { numRuns: 200 },
    );
  });
});

describe('every({ fps }) where the clock goes back', () => {
  it('begins anew, as when a source is repeated', async () => {
    const seqs = await lastValueFrom(
      source(steady(10, 11)).pipe(
        repeat(2),
        sampleFrames({ fps: 2 }),
        map(({ label }) => label.seq),
        toArray(),
      ),
    );
    expect(seqs).toEqual([0, 5, 10, 0, 5, 10]);
  });

  it('not where only the name changes: pictures of one list have one clock', async () => {
    const pictures = frameSource(
      steady(1, 6).map((timestamp, n) => ({ data: 0, timestamp, source: `${n}.jpg` })),
      { source: 'images' },
    );
    const names = pictures.pipe(
      sampleFrames({ fps: 0.5 }),
      map(({ label }) => label.source),
      toArray(),
    );
    expect(await lastValueFrom(names)).toEqual(['0.jpg', '2.jpg', '4.jpg']);
  });
});

describe('every', () => {
  it('counts what it leaves out as discarded', async () => {
    const frames = source(steady(10, 10));
    await lastValueFrom(frames.pipe(sampleFrames({ n: 3 }), markDelivered(), toArray()));
    expect(frames.ledger.counts).toMatchObject({ produced: 10, delivered: 4, discarded: 6, inFlight: 0 });
  });

  it('lets go of the source when what follows has enough', async () => {
    const frames = source(steady(10, 10));
    await lastValueFrom(frames.pipe(sampleFrames({ n: 2 }), take(2), toArray()));
    expect(frames.ledger.counts.inFlight).toBe(0);
    expect(frames.ledger.counts.produced).toBeLessThan(10);
  });

  it.each([
    { n: 0 },
    { n: -1 },
    { n: 1.5 },
    { n: NaN },
    { n: Infinity },
    { fps: 0 },
    { fps: -1 },
    { fps: NaN },
    { fps: Infinity },
    { n: '2' as never },
    { fps: '5' as never },
    { fps: undefined as never },
  ])('refuses %j at once', (options) => {
    expect(() => sampleFrames(options)).toThrow(OptionError);
    expect(() => sampleFrames(options)).toThrow(
      'n' in options ? /n must be a whole number/ : /fps must be a number over 0/,
    );
  });
});

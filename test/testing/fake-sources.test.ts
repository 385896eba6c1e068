import { map, Observable, Subject, take, timestamp, toArray } from 'rxjs';
import { frameSource, markDelivered, OptionError, type Arrival, type Frame } from 'sluice';
import { busy, fakeCamera, fakeFile, inVirtualTime, marbles, takes, timeline } from 'sluice/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { closedAccount, run } from '../support/balance.ts';

/** What a source brings and when, in virtual time. */
async function brought<T>(source: Observable<Arrival<T>>): Promise<string[]> {
  const lines: string[] = [];
  await inVirtualTime(() => {
    source
      .pipe(timeline(({ data, timestamp: us }) => `${String(data)} of ${us}`))
      .subscribe((all) => lines.push(...all));
  });
  return lines;
}

describe('fakeCamera', () => {
  it('brings its frames at their times and ends', async () => {
    expect(await brought(fakeCamera({ fps: 10, seconds: 0.3 }))).toEqual([
      '0: 0 of 0',
      '100: 1 of 100000',
      '200: 2 of 200000',
      '300: |',
    ]);
  });

  it('is right at the thousandth frame too: errors of rounding don’t add up', async () => {
    const lines = await brought(fakeCamera({ fps: 30, seconds: 100 }));
    expect(lines.length).toBe(3001);
    expect(lines[1000]).toBe('33333.333: 1000 of 33333333');
    expect(lines.at(-1)).toBe('100000: |');
  });

  it('brings what it is told to, anew for each subscriber', async () => {
    const made: number[] = [];
    const camera = fakeCamera({ fps: 10, seconds: 0.2, data: (n) => made.push(n) });
    const [first, second] = [await brought(camera), await brought(camera)];
    expect([first, second]).toEqual([
      ['0: 1 of 0', '100: 2 of 100000', '200: |'],
      ['0: 3 of 0', '100: 4 of 100000', '200: |'],
    ]);
    expect(made).toEqual([0, 1, 0, 1]);
  });

  it('sets no timer for nobody', async () => {
    await inVirtualTime(async (time) => {
      const seen: number[] = [];
      fakeCamera({ fps: 10, seconds: 9 })
        .pipe(take(3))
        .subscribe(({ data }) => seen.push(data));
      const left = fakeCamera({ fps: 10, seconds: 9 }).subscribe();
      left.unsubscribe();
      await time.run();
      expect([seen, time.now(), time.pending]).toEqual([[0, 1, 2], 200, 0]);
    });
  });

  it('brings what came due while the thread was busy late, all at once', async () => {
    const lines = await inVirtualTime(async (time) => {
      const all: string[] = [];
      time.at(100, () => time.skip(250), -1);
      fakeCamera({ fps: 10, seconds: 0.6 })
        .pipe(timeline(({ data }) => data))
        .subscribe((told) => all.push(...told));
      await time.run();
      return all;
    });
    expect(lines).toEqual(['0: 0', '350: 1', '350: 2', '350: 3', '400: 4', '500: 5', '600: |']);
  });

  it('starts when it is subscribed to', async () => {
    await inVirtualTime(async (time) => {
      const seen: number[] = [];
      time.after(77, () =>
        fakeCamera({ fps: 10, seconds: 0.2 })
          .pipe(timestamp(time.scheduler))
          .subscribe((at) => seen.push(at.timestamp)),
      );
      await time.run();
      expect(seen).toEqual([77, 177]);
    });
  });

  it('runs on the real clock as well', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const values: number[] = [];
    fakeCamera({ fps: 100, seconds: 0.05 }).subscribe(({ data }) => values.push(data));
    vi.advanceTimersByTime(25);
    expect(values).toEqual([0, 1, 2]);
    vi.runAllTimers();
    expect(values).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('fakeFile', () => {
  it('has its frames at once, as often as it is read', () => {
    const file = fakeFile({ fps: 25, seconds: 0.12, data: (n) => `frame ${n}` });
    const frames = [0, 40_000, 80_000].map((us, n) => ({ data: `frame ${n}`, timestamp: us }));
    expect([...file]).toEqual(frames);
    expect([...file]).toEqual(frames);
  });

  it('makes a frame when it is asked for it', () => {
    const made: number[] = [];
    const reader = fakeFile({ fps: 1, seconds: 1e6, data: (n) => made.push(n) })[Symbol.iterator]();
    reader.next();
    reader.next();
    expect(made).toEqual([0, 1]);
  });

  it('is held back by the gate', async () => {
    await inVirtualTime(async (time) => {
      const source = frameSource(fakeFile({ fps: 30, seconds: 1 }), { source: 'clip.mp4', maxInFlight: 1 });
      source.pipe(takes(10), markDelivered()).subscribe();
      await time.run(95);
      expect(source.ledger.counts).toMatchObject({ produced: 10, delivered: 9, waiting: 0 });
      await time.run();
      expect(closedAccount(source)).toMatchObject({ produced: 30, delivered: 30 });
    });
  });
});

describe.each([
  ['fakeCamera', fakeCamera],
  ['fakeFile', fakeFile],
] as const)('%s', (name, make) => {
  it.each([
    { fps: 0, seconds: 1 },
    { fps: -30, seconds: 1 },
    { fps: NaN, seconds: 1 },
    { fps: Infinity, seconds: 1 },
    { fps: 30, seconds: 0 },
    { fps: 30, seconds: NaN },
    { fps: 30, seconds: Infinity },
    { fps: '30', seconds: '1s' },
  ])('refuses %j at once', (options) => {
    expect(() => make(options as never)).toThrow(OptionError);
    expect(() => make(options as never)).toThrow(new RegExp(`^${name}: (fps|seconds) must be a number over 0, not `));
  });
});

describe('marbles', () => {
  it.each([
    ['a--b|', ['0: a of 0', '30: b of 30000', '40: |']],
    ['--a-#', ['20: a of 20000', '40: # error']],
    ['(abc)-d|', ['0: a of 0', '0: b of 1', '0: c of 2', '60: d of 60000', '70: |']],
    ['a 20ms b (c|)', ['0: a of 0', '30: b of 30000', '40: c of 40000', '40: |']],
    ['|', ['0: |']],
    ['#', ['0: # error']],
  ])('%s', async (diagram, expected) => {
    expect(await brought(marbles(diagram))).toEqual(expected);
  });

  it('with values', async () => {
    expect(await brought(marbles('a-b|', { a: 1.5, b: null }))).toEqual(['0: 1.5 of 0', '20: null of 20000', '30: |']);
  });

  it('is left: nothing comes any more', async () => {
    await inVirtualTime(async (time) => {
      const seen: string[] = [];
      const subscription = marbles('a-b-c-d|').subscribe(({ data }) => seen.push(data));
      time.after(25, () => subscription.unsubscribe());
      await time.run();
      expect([seen, time.now(), time.pending]).toEqual([['a', 'b'], 25, 0]);
    });
  });

  it('drives a gate', async () => {
    const lines: string[] = [];
    await inVirtualTime(() => {
      const source = frameSource(marbles('abc----d|'), { source: 'camera' });
      source
        .pipe(
          takes(25),
          timeline(({ data }) => data),
        )
        .subscribe((all) => lines.push(...all));
    });
    expect(lines).toEqual(['25: a', '50: c', '95: d', '95: |']);
  });
});

describe('takes', () => {
  it('does one frame at a time, in order, and holds those that queue', async () => {
    await inVirtualTime(async (time) => {
      const source = frameSource(fakeFile({ fps: 30, seconds: 0.1 }), { source: 'clip.mp4', maxInFlight: 3 });
      const lines: string[][] = [];
      source
        .pipe(
          takes(({ label }) => [30, 5, 10][label.seq] ?? 0),
          markDelivered(),
          timeline(({ label }) => label.seq),
        )
        .subscribe((all) => lines.push(all));
      await time.run(1);
      expect(source.ledger.counts).toMatchObject({ inFlight: 3 });
      await time.run();
      expect(lines).toEqual([['30: 0', '35: 1', '45: 2', '45: |']]);
      expect(closedAccount(source)).toMatchObject({ delivered: 3 });
    });
  });

  it('is left in the middle: what it holds is let go, and no timer stays', async () => {
    await inVirtualTime(async (time) => {
      const source = frameSource(fakeFile({ fps: 30, seconds: 1 }), { source: 'clip.mp4', maxInFlight: 3 });
      const subscription = source.pipe(takes(10)).subscribe();
      await time.run(15);
      subscription.unsubscribe();
      expect(time.pending).toBe(0);
      expect(closedAccount(source)).toMatchObject({ produced: 4, discarded: 4 });
    });
  });

  it.each([
    [
      'a source that fails',
      () => ({
        arrivals: [
          { data: 0, timestamp: 0 },
          { data: 0, timestamp: NaN },
        ],
        ms: (): number => 10,
      }),
      /timestamp NaN/,
    ],
    [
      'a time that cannot be told',
      () => ({
        arrivals: [
          { data: 0, timestamp: 0 },
          { data: 0, timestamp: 1 },
        ],
        ms: (): number => {
          throw new RangeError('how long?');
        },
      }),
      /how long\?/,
    ],
  ])('%s: nothing is left', async (_, make, message) => {
    await inVirtualTime(async (time) => {
      const { arrivals, ms } = make();
      const source = frameSource<number>(arrivals, { source: 'clip.mp4' });
      const ended = run(source.pipe(takes(ms)));
      await time.run();
      expect(String((await ended).error)).toMatch(message);
      expect(time.pending).toBe(0);
      closedAccount(source);
    });
  });

  it('a frame that is gone already is misuse, and told', async () => {
    await inVirtualTime(async () => {
      const frames = new Subject<Frame<number>>();
      const ended = run(frames.pipe(takes(10)));
      const source = frameSource([{ data: 0, timestamp: 0 }], { source: 'clip.mp4' });
      let kept: Frame<number> | undefined;
      await run(source.pipe(map((frame) => void (kept = frame))));
      frames.next(kept as Frame<number>);
      expect((await ended).error).toMatchObject({ code: 'frame-released' });
    });
  });
});

describe('busy', () => {
  it('keeps everybody waiting, and the camera’s frames with them', async () => {
    const lines: string[] = [];
    await inVirtualTime((time) => {
      const source = frameSource(fakeCamera({ fps: 100, seconds: 0.06 }), { source: 'camera', policy: 'dropNewest' });
      source
        .pipe(
          busy(25),
          markDelivered(),
          timeline(({ label }) => label.seq),
        )
        .subscribe((all) => lines.push(...all));
      time.after(5, () => lines.push(`a click at 5, noticed at ${time.now()}`));
    });
    // Nothing is dropped: what comes while the thread is busy comes when it is free, and so does the end.
    expect(lines[0]).toBe('a click at 5, noticed at 25');
    expect(lines.slice(1)).toEqual(['25: 0', '50: 1', '75: 2', '100: 3', '125: 4', '150: 5', '150: |']);
  });

  it('takes another time for each frame', async () => {
    const lines: string[] = [];
    await inVirtualTime(() => {
      const source = frameSource(fakeFile({ fps: 100, seconds: 0.03 }), { source: 'clip.mp4' });
      source
        .pipe(
          busy(({ data }) => data * 10),
          timeline(({ label }) => label.seq),
        )
        .subscribe((all) => lines.push(...all));
    });
    expect(lines).toEqual(['0: 0', '10: 1', '30: 2', '30: |']);
  });

  it('in real time is refused, on the stream', async () => {
    const source = frameSource(fakeFile({ fps: 10, seconds: 1 }), { source: 'clip.mp4' });
    const { error } = await run(source.pipe(busy(10)));
    expect(error).toBeInstanceOf(OptionError);
    expect(String(error)).toContain('busy: there is no virtual time: run this');
    closedAccount(source);
  });
});

describe('timeline', () => {
  it('tells values, the end or the error, with their times', async () => {
    expect(await brought(marbles('a-b#'))).toEqual(['0: a of 0', '20: b of 20000', '30: # error']);
  });

  it('an empty stream', async () => {
    expect(await brought(new Observable<Arrival<number>>((subscriber) => subscriber.complete()))).toEqual(['0: |']);
  });

  it('shows values as text unless told otherwise', async () => {
    const lines = await inVirtualTime((time) => {
      const all: string[][] = [];
      fakeCamera({ fps: 30, seconds: 0.1 })
        .pipe(
          map(({ data }) => data),
          timeline(),
          toArray(),
        )
        .subscribe((told) => all.push(...told));
      return time.run().then(() => all);
    });
    expect(lines).toEqual([['0: 0', '33.333: 1', '66.667: 2', '100: |']]);
  });

  it('what show throws is the stream’s error', async () => {
    const stream = new Observable<number>((subscriber) => subscriber.next(1)).pipe(
      timeline(() => {
        throw new RangeError('no');
      }),
    );
    const { values } = await run(stream);
    expect(values).toEqual([[expect.stringMatching(/^[\d.]+: # no$/)]]);
  });
});

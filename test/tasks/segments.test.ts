import { array, assert, constantFrom, integer, option, property, record } from 'fast-check';
import { concat, from, lastValueFrom, NEVER, Observable, of, Subject, take, throwError, toArray } from 'rxjs';
import { segments, smooth, type ClassScore, type Classification, type FrameResult, type Segment } from 'sluice';
import { describe, expect, it } from 'vitest';
import { run } from '../support/balance.ts';

/** A result: a time in ms, the best class (none: no class at all) and its score. */
function result(ms: number, label?: string, score = 0.5, source = 'test'): FrameResult<Classification> {
  const classes: ClassScore[] =
    label === undefined
      ? []
      : [
          { index: 1, label, score },
          { index: 2, label: 'other', score: 0.1 },
        ];
  return { source, seq: 0, timestamp: ms * 1000, classes, timings: [], latencyMs: 1 };
}

function segmentsOf(results: readonly FrameResult<Classification>[]): Promise<Segment[]> {
  return lastValueFrom(from(results).pipe(segments(), toArray()));
}

/** `cat 0–120: 0.9` */
const told = (list: readonly Segment[]): string[] =>
  list.map(({ label, start, end, peakScore }) => `${label} ${start / 1000}–${end / 1000}: ${peakScore}`);

describe('segments', () => {
  it('joins frames of the same class, by hand', async () => {
    const list = await segmentsOf([
      result(0, 'cat', 0.5),
      result(40, 'cat', 0.9),
      result(80, 'cat', 0.7),
      result(120, 'dog', 0.6),
      result(160, 'cat', 0.4),
      result(200, 'cat', 0.3),
    ]);
    expect(list).toEqual([
      { source: 'test', label: 'cat', start: 0, end: 120_000, peakScore: 0.9 },
      { source: 'test', label: 'dog', start: 120_000, end: 160_000, peakScore: 0.6 },
      { source: 'test', label: 'cat', start: 160_000, end: 240_000, peakScore: 0.4 },
    ]);
  });

  it.each<[string, readonly FrameResult<Classification>[], readonly string[]]>([
    ['nothing', [], []],
    ['no class ever', [result(0), result(40), result(80)], []],
    ['one frame: nobody can tell how long it was', [result(7, 'cat')], ['cat 7–7: 0.5']],
    ['two of one class', [result(0, 'cat'), result(40, 'cat')], ['cat 0–80: 0.5']],
    [
      'each another',
      [result(0, 'a'), result(40, 'b'), result(80, 'c')],
      ['a 0–40: 0.5', 'b 40–80: 0.5', 'c 80–120: 0.5'],
    ],
    [
      'a frame without a class ends a segment and begins none',
      [result(0, 'cat'), result(40), result(80, 'cat'), result(120)],
      ['cat 0–40: 0.5', 'cat 80–120: 0.5'],
    ],
    ['it begins without a class', [result(0), result(40, 'cat'), result(80, 'cat')], ['cat 40–120: 0.5']],
    ['it ends without a class', [result(0, 'cat'), result(40, 'cat'), result(80), result(120)], ['cat 0–80: 0.5']],
    [
      'dropped frames leave no hole',
      [result(0, 'cat'), result(400, 'cat'), result(440, 'dog')],
      ['cat 0–440: 0.5', 'dog 440–480: 0.5'],
    ],
    ['a clock that does not begin at 0', [result(-80, 'a'), result(-40, 'b')], ['a -80–-40: 0.5', 'b -40–0: 0.5']],
  ])('%s', async (_, results, expected) => {
    expect(told(await segmentsOf(results))).toEqual(expected);
  });

  it('the peak is the highest of all of them, first, middle or last', async () => {
    const peaks = async (...scores: number[]) =>
      (await segmentsOf(scores.map((score, n) => result(n, 'cat', score))))[0]?.peakScore;
    expect(await Promise.all([peaks(3, 1, 2), peaks(1, 3, 2), peaks(1, 2, 3), peaks(2)])).toEqual([3, 3, 3, 2]);
  });

  it('goes by the label: two classes of one name are one', async () => {
    const crane = (ms: number, index: number): FrameResult<Classification> => ({
      ...result(ms),
      classes: [{ index, label: 'crane', score: 1 }],
    });
    expect(await segmentsOf([crane(0, 134), crane(40, 517)])).toHaveLength(1);
  });
});

describe('where the source changes, or its clock', () => {
  it('the segment of the one before ends a frame after its last', async () => {
    const list = await segmentsOf([
      result(0, 'cat', 0.5, 'a.mp4'),
      result(40, 'cat', 0.6, 'a.mp4'),
      result(0, 'cat', 0.7, 'b.mp4'),
      result(100, 'cat', 0.8, 'b.mp4'),
    ]);
    expect(list.map(({ source }) => source)).toEqual(['a.mp4', 'b.mp4']);
    expect(told(list)).toEqual(['cat 0–80: 0.6', 'cat 0–200: 0.8']);
  });

  it('also where the new one goes on in time', async () => {
    const list = await segmentsOf([
      result(0, 'cat', 0.5, 'a'),
      result(40, 'cat', 0.5, 'a'),
      result(500, 'cat', 0.5, 'b'),
    ]);
    expect(told(list)).toEqual(['cat 0–80: 0.5', 'cat 500–500: 0.5']);
  });

  it('nothing of the one before is taken over: not its interval, not its class', async () => {
    const list = await segmentsOf([
      result(0, 'cat', 0.5, 'a'),
      result(40, 'cat', 0.5, 'a'),
      result(0, undefined, 0, 'b'),
      result(9, 'dog', 0.5, 'c'),
    ]);
    expect(told(list)).toEqual(['cat 0–80: 0.5', 'dog 9–9: 0.5']);
  });

  it('a clock that goes back is another one', async () => {
    const list = await segmentsOf([result(1000, 'cat'), result(1040, 'cat'), result(0, 'cat'), result(40, 'cat')]);
    expect(told(list)).toEqual(['cat 1000–1080: 0.5', 'cat 0–80: 0.5']);
  });
});

describe('the stream', () => {
  it('a segment is told as soon as it has ended', () => {
    const results = new Subject<FrameResult<Classification>>();
    const list: Segment[] = [];
    results.pipe(segments()).subscribe((segment) => list.push(segment));
    results.next(result(0, 'cat'));
    results.next(result(40, 'cat'));
    expect(list).toEqual([]);
    results.next(result(80, 'dog'));
    expect(told(list)).toEqual(['cat 0–80: 0.5']);
    results.complete();
    expect(told(list)).toEqual(['cat 0–80: 0.5', 'dog 80–120: 0.5']);
  });

  it('an error comes after what there was', async () => {
    const torn = concat(
      of(result(0, 'cat'), result(40, 'cat')),
      throwError(() => new Error('torn')),
    );
    const { values, error } = await run(torn.pipe(segments()));
    expect([told(values), error]).toEqual([['cat 0–80: 0.5'], new Error('torn')]);
  });

  it('whoever leaves is told nothing more', () => {
    const results = new Subject<FrameResult<Classification>>();
    const list: Segment[] = [];
    const subscription = results.pipe(segments()).subscribe((segment) => list.push(segment));
    results.next(result(0, 'cat'));
    subscription.unsubscribe();
    expect([list, results.observed]).toEqual([[], false]);
  });

  it('a synchronous stream without end stops', async () => {
    let came = 0;
    const endless = new Observable<FrameResult<Classification>>((subscriber) => {
      for (; !subscriber.closed && came < 1000; came++) subscriber.next(result(came, came % 2 ? 'a' : 'b'));
    });
    expect((await run(endless.pipe(segments(), take(2)))).values).toHaveLength(2);
    expect(came).toBe(3);
  });

  it('two subscribers have segments of their own', async () => {
    const stream = of(result(0, 'cat'), result(40, 'dog')).pipe(segments(), toArray());
    expect(await lastValueFrom(stream)).toEqual(await lastValueFrom(stream));
    const never = concat(of(result(0, 'cat')), NEVER).pipe(segments());
    never.subscribe().unsubscribe();
  });

  it('after smooth, the peak is the smoothed one', async () => {
    const smoothed = from([result(0, 'cat', 0.5), result(100, 'cat', 0.9)]).pipe(smooth({ halfLife: 100 }), segments());
    expect((await lastValueFrom(smoothed)).peakScore).toBeCloseTo(0.7, 12);
  });
});

it('whatever comes: segments do not overlap, each frame with a class is in one of its class, and no other is in any', () => {
  const frame = record({
    gap: integer({ min: 1, max: 1000 }),
    label: option(constantFrom('a', 'b', 'c'), { nil: undefined, freq: 4 }),
    score: integer({ min: 0, max: 9 }),
  });
  assert(
    property(array(frame, { maxLength: 50 }), (frames) => {
      let now = 0;
      const results = frames.map(({ gap, label, score }) => result((now += gap), label, score));
      const list: Segment[] = [];
      from(results)
        .pipe(segments())
        .subscribe((segment) => list.push(segment));
      list.forEach(({ start, end }, i) => {
        // Only a lone frame takes no time.
        if (results.length > 1) expect(end).toBeGreaterThan(start);
        expect(start).toBeGreaterThanOrEqual(list[i - 1]?.end ?? -Infinity);
      });
      for (const { timestamp, classes } of results) {
        const around = list.filter(({ start, end }) => start <= timestamp && (timestamp < end || start === end));
        expect(around.map(({ label }) => label)).toEqual(classes[0] ? [classes[0].label] : []);
        if (classes[0]) expect(around[0]?.peakScore).toBeGreaterThanOrEqual(classes[0].score);
      }
      for (const [i, { label, end }] of list.entries()) {
        const next = list[i + 1];
        if (next?.start === end) expect(next.label).not.toBe(label);
      }
    }),
    { numRuns: 500 },
  );
});

import { assert, array, double, integer, property, record } from 'fast-check';
import { from, lastValueFrom, Observable, Subject, take, toArray } from 'rxjs';
import {
  OptionError,
  smooth,
  type ClassScore,
  type Classification,
  type FrameResult,
  type SmoothOptions,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { run } from '../../support/balance.ts';

/** Scores by class index; time in ms. */
type Scores = Readonly<Record<number, number>>;

function result(ms: number, scores: Scores, source = 'test'): FrameResult<Classification> {
  const classes = Object.entries(scores)
    .map(([index, score]): ClassScore => ({ index: Number(index), label: `class ${index}`, score }))
    .toSorted((a, b) => b.score - a.score || a.index - b.index);
  return { source, seq: 0, timestamp: ms * 1000, classes, timings: [], latencyMs: 1 };
}

function smoothed(
  results: readonly FrameResult<Classification>[],
  options: SmoothOptions,
): Promise<FrameResult<Classification>[]> {
  return lastValueFrom(from(results).pipe(smooth(options), toArray()));
}

/** The smoothed scores of one class. */
const curve = (results: readonly FrameResult<Classification>[], index = 0): (number | undefined)[] =>
  results.map(({ classes }) => classes.find((entry) => entry.index === index)?.score);

const leaders = (results: readonly FrameResult<Classification>[]): (number | undefined)[] =>
  results.map(({ classes }) => classes[0]?.index);

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('the average', () => {
  it('goes half of the way in a half-life, by hand', async () => {
    const results = [result(0, { 0: 1 }), result(100, { 0: 0 }), result(200, { 0: 0 }), result(300, { 0: 1 })];
    expect(curve(await smoothed(results, { halfLife: 100 }))).toEqual([1, 0.5, 0.25, 0.625]);
  });

  it.each([
    [50, 2 ** -0.5],
    [100, 0.5],
    [150, 2 ** -1.5],
    [1000, 2 ** -10],
  ])('after %i ms of 100 ms half-life %f is left', async (ms, left) => {
    const results = await smoothed([result(0, { 0: 1 }), result(ms, { 0: 0 })], { halfLife: 100 });
    expect(curve(results)[1]).toBeCloseTo(left, 12);
  });

  it('holds what is constant, and takes the first as it is', async () => {
    const results = upTo(20).map((n) => result(n * 7, { 0: 0.3, 1: 0.7 }));
    for (const { classes } of await smoothed(results, { halfLife: 50 })) {
      expect(classes.map(({ index }) => index)).toEqual([1, 0]);
      expect(classes[0]?.score).toBeCloseTo(0.7, 12);
      expect(classes[1]?.score).toBeCloseTo(0.3, 12);
    }
  });

  it('a class that is not listed counts as 0, and a new one begins at 0', async () => {
    const results = await smoothed([result(0, { 0: 0.8 }), result(100, { 1: 0.8 })], { halfLife: 100 });
    expect(curve(results, 0)).toEqual([0.8, 0.4]);
    expect(results[1]?.classes).toHaveLength(1);
    const both = await smoothed([result(0, { 0: 0.8, 2: 0 }), result(100, { 1: 0.8, 2: 0 })], { halfLife: 100 });
    expect(curve(both, 1)).toEqual([undefined, 0.4]);
  });

  it('goes half of the way between negative scores, by hand', async () => {
    const results = [result(0, { 0: -10, 1: -20 }), result(100, { 0: -30, 1: -20 }), result(200, { 0: -30, 1: -20 })];
    const averages = await smoothed(results, { halfLife: 100 });
    expect(curve(averages)).toEqual([-10, -20, -25]);
    expect(curve(averages, 1)).toEqual([-20, -20, -20]);
    expect(leaders(averages)).toEqual([0, 0, 1]);
  });

  it('takes a class that is missing among negative scores for the lowest that is listed', async () => {
    const results = await smoothed([result(0, { 0: -1, 1: -5 }), result(100, { 1: -5, 2: -6 })], { halfLife: 100 });
    expect([curve(results, 0), curve(results, 1)]).toEqual([
      [-1, -3.5],
      [-5, -5],
    ]);
  });

  it.each([2, 3, 7])(
    'does not hang on the frame rate: a step looks the same at 10 and %i × 10 frames a second',
    async (times) => {
      const step = (ms: number): Scores => ({ 0: ms < 1000 ? 0 : 1, 1: ms < 1000 ? 1 : 0 });
      const at = (fps: number) => upTo(3 * fps).map((n) => result((n * 1000) / fps, step((n * 1000) / fps)));
      const slow = await smoothed(at(10), { halfLife: 300 });
      const fast = (await smoothed(at(10 * times), { halfLife: 300 })).filter((_, n) => n % times === 0);
      // The step itself is seen an interval (100 ms) later at most: no more than one interval's change apart.
      const most = 1 - 2 ** (-100 / 300);
      curve(slow).forEach((value, n) =>
        expect(Math.abs((value ?? 0) - (curve(fast)[n] ?? 0))).toBeLessThanOrEqual(most),
      );
      expect(Math.abs((curve(slow).at(-1) ?? 0) - (curve(fast).at(-1) ?? 1))).toBeLessThan(0.01);
    },
  );

  it('dropped frames of a constant signal change nothing', async () => {
    const all = upTo(40).map((n) => result(n * 33, { 0: n < 10 ? 0.2 : 0.9, 1: 0.5 }));
    const some = all.filter((_, n) => n <= 10 || n === 17 || n === 39);
    const [whole, holey] = [await smoothed(all, { halfLife: 200 }), await smoothed(some, { halfLife: 200 })];
    expect(curve(holey).at(-2)).toBeCloseTo(curve(whole)[17] ?? NaN, 12);
    expect(curve(holey).at(-1)).toBeCloseTo(curve(whole)[39] ?? NaN, 12);
  });

  it('stays between the least and the most that came, whatever comes', () => {
    const sample = record({ gap: integer({ min: 1, max: 5000 }), score: double({ min: 0, max: 1, noNaN: true }) });
    assert(
      property(
        array(sample, { minLength: 1, maxLength: 40 }),
        double({ min: 1, max: 1e4, noNaN: true }),
        (samples, halfLife) => {
          let ms = 0;
          const results = samples.map(({ gap, score }) => result((ms += gap), { 0: score, 1: 2 }));
          const seen: number[] = [];
          from(results)
            .pipe(smooth({ halfLife }))
            .subscribe(({ classes }) => seen.push(classes.find(({ index }) => index === 0)?.score ?? 0));
          const scores = samples.map(({ score }) => score);
          expect(seen).toHaveLength(samples.length);
          for (const value of seen) {
            expect(value).toBeGreaterThanOrEqual(Math.min(...scores) - 1e-3);
            expect(value).toBeLessThanOrEqual(Math.max(...scores) + 1e-12);
          }
        },
      ),
    );
  });
});

describe('the first class', () => {
  /** Two classes that take turns in front. */
  const flickering = upTo(30).map((n) => result(n * 33, n % 2 ? { 0: 0.48, 1: 0.52 } : { 0: 0.52, 1: 0.48 }));

  it('does not flicker where two take turns', async () => {
    expect(new Set(leaders(flickering))).toEqual(new Set([0, 1]));
    expect(new Set(leaders(await smoothed(flickering, { halfLife: 100 })))).toEqual(new Set([0]));
  });

  it('would without hysteresis: the average alone is not enough', async () => {
    const results = await smoothed(flickering, { halfLife: 5, margin: 0 });
    expect(new Set(leaders(results))).toEqual(new Set([0, 1]));
  });

  it('changes when another is ahead by more than the margin, and not before', async () => {
    const at = (lead: number) =>
      smoothed([result(0, { 0: 0.6, 1: 0.4 }), result(1e6, { 0: 0.4, 1: 0.4 + lead })], { halfLife: 1, margin: 0.25 });
    expect(leaders(await at(0.125))).toEqual([0, 0]);
    expect(leaders(await at(0.2499))).toEqual([0, 0]);
    expect(leaders(await at(0.2501))).toEqual([0, 1]);
  });

  it('stands first even where its score is the lower one', async () => {
    const results = await smoothed([result(0, { 0: 0.6, 1: 0.4 }), result(1e6, { 0: 0.49, 1: 0.51 })], { halfLife: 1 });
    expect(results[1]?.classes.map(({ index, score }) => [index, Math.round(score * 100)])).toEqual([
      [0, 49],
      [1, 51],
    ]);
  });

  it('0.05 unless said otherwise; with 0 a tie changes nothing', async () => {
    const to = (score: number, margin?: number) =>
      smoothed([result(0, { 0: 1 }), result(1e6, { 0: 0.5, 1: score })], {
        halfLife: 1,
        ...(margin === undefined ? {} : { margin }),
      });
    expect([leaders(await to(0.549))[1], leaders(await to(0.551))[1]]).toEqual([0, 1]);
    expect([leaders(await to(0.5, 0))[1], leaders(await to(0.501, 0))[1]]).toEqual([0, 1]);
  });

  it('that is forgotten gives way, however small the other', async () => {
    const results = await smoothed([result(0, { 0: 1 }), result(1e6, { 1: 0.01 })], { halfLife: 1, margin: 0.9 });
    expect(leaders(results)).toEqual([0, 1]);
  });

  it('is still told where a result lists no class at all', async () => {
    const results = await smoothed([result(0, { 0: 1 }), result(100, {}), result(2000, {})], { halfLife: 100 });
    expect(results.map(({ classes }) => classes.map(({ label, score }) => [label, score]))).toEqual([
      [['class 0', 1]],
      [['class 0', 0.5]],
      [],
    ]);
  });

  it('lists as many classes as the result did', async () => {
    const results = await smoothed([result(0, { 0: 0.5, 1: 0.3, 2: 0.2 }), result(1, { 3: 1 })], { halfLife: 100 });
    expect(results.map(({ classes }) => classes.length)).toEqual([3, 1]);
  });
});

describe('it starts anew', () => {
  it.each<[string, readonly FrameResult<Classification>[]]>([
    ['when the source changes', [result(0, { 0: 1 }, 'a'), result(10, { 1: 0.5, 0: 0.49 }, 'b')]],
    ['when the clock goes back', [result(5000, { 0: 1 }), result(10, { 1: 0.5, 0: 0.49 })]],
  ])('%s: neither scores nor the first place are remembered', async (_, results) => {
    const [, second] = await smoothed(results, { halfLife: 100, margin: 0.2 });
    expect(second?.classes.map(({ index, score }) => [index, score])).toEqual([
      [1, 0.5],
      [0, 0.49],
    ]);
  });

  it('and goes on from there', async () => {
    const results = [result(5000, { 0: 1 }), result(0, { 0: 0.8 }), result(100, { 0: 0 })];
    expect(curve(await smoothed(results, { halfLife: 100 }))).toEqual([1, 0.8, 0.4]);
  });

  it('not at a second result of the same moment, which is no news', async () => {
    const results = [result(0, { 0: 1 }), result(0, { 0: 0, 1: 1 })];
    expect(curve(await smoothed(results, { halfLife: 100 }))).toEqual([1, 1]);
  });

  it('for each subscriber', async () => {
    const stream = from([result(0, { 0: 1 }), result(100, { 0: 0 })]).pipe(smooth({ halfLife: 100 }), toArray());
    expect(curve(await lastValueFrom(stream))).toEqual([1, 0.5]);
    expect(curve(await lastValueFrom(stream))).toEqual([1, 0.5]);
  });
});

describe('the stream', () => {
  it('keeps everything else of a result, and the result itself as it was', async () => {
    const original = { ...result(7, { 0: 1 }), seq: 5, latencyMs: 3, stages: [] };
    const before = structuredClone(original);
    const [first] = await smoothed([original, result(10, { 0: 0 })], { halfLife: 1 });
    expect(first).toEqual(before);
    expect(original).toEqual(before);
  });

  it('passes errors and the end on', async () => {
    const results = new Subject<FrameResult<Classification>>();
    const ended = run(results.pipe(smooth({ halfLife: 1 })));
    results.next(result(0, { 0: 1 }));
    results.error(new Error('torn'));
    expect(await ended).toMatchObject({ completed: false, error: new Error('torn') });
    expect((await ended).values).toHaveLength(1);
    expect(await run(from([]).pipe(smooth({ halfLife: 1 })))).toEqual({ values: [], completed: true });
  });

  it('lets go of a synchronous stream without end', async () => {
    let came = 0;
    const endless = new Observable<FrameResult<Classification>>((subscriber) => {
      for (; !subscriber.closed && came < 1000; came++) subscriber.next(result(came, { 0: 1 }));
    });
    await run(endless.pipe(smooth({ halfLife: 1 }), take(3)));
    expect(came).toBe(3);
  });

  it('does not grow with the classes that ever came', async () => {
    // 20,000 different ones in turn: were none forgotten, this would take minutes.
    const results = upTo(20_000).map((n) => result(n * 100, { [n]: 1 }));
    const last = (await smoothed(results, { halfLife: 10 })).at(-1);
    expect(last?.classes.map(({ index }) => index)).toEqual([19_999]);
  });
});

it.each<[object, RegExp]>([
  [{}, /halfLife must be a number of ms over 0, not undefined/],
  [{ halfLife: 0 }, /not 0/],
  [{ halfLife: -1 }, /not -1/],
  [{ halfLife: NaN }, /not NaN/],
  [{ halfLife: Infinity }, /not Infinity/],
  [{ halfLife: '300' }, /not "300"/],
  [{ halfLife: 1, margin: -0.1 }, /margin must be a number from 0 to under 1, not -0.1/],
  [{ halfLife: 1, margin: 1 }, /not 1/],
  [{ halfLife: 1, margin: NaN }, /not NaN/],
  [{ halfLife: 1, margin: '0' }, /not "0"/],
])('smooth(%j) is refused at once', (options, message) => {
  expect(() => smooth(options as SmoothOptions)).toThrow(OptionError);
  expect(() => smooth(options as SmoothOptions)).toThrow(message);
});

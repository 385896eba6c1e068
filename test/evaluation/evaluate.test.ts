import { from, lastValueFrom, of } from 'rxjs';
import { evaluate, OptionError, type Classification, type EvaluateOptions, type StoredResult } from 'sluice';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../support/random.ts';

type Result = StoredResult<Classification>;

/** A result that lists classes in this order, with these scores. */
const result = (
  target: number | undefined,
  order: readonly number[],
  { source = 'a', score = 0.9, seq = 0 }: { source?: string; score?: number; seq?: number } = {},
): Result => ({
  source,
  seq,
  timestamp: seq * 1000,
  ...(target === undefined ? {} : { target }),
  classes: order.map((index, i) => ({ index, label: `${index}`, score: i === 0 ? score : 0 })),
});

const evaluated = (results: readonly Result[], options: Partial<EvaluateOptions> = {}) =>
  lastValueFrom(from(results).pipe(evaluate({ labels: ['a', 'b', 'c'], ...options })));

describe('evaluate', () => {
  // Of 4 a: 3 right, 1 taken for b. Of 3 b: 2 right, 1 taken for c. Of 1 c: right.
  const results = [
    ...[0, 0, 0, 1].map((best, seq) => result(0, [best], { seq })),
    ...[1, 1, 2].map((best, seq) => result(1, [best], { seq: 10 + seq })),
    result(2, [2], { seq: 20 }),
  ];

  it('counts confusions, and computes precision, recall and F1 from them, by hand', async () => {
    const { frames, accuracy, confusion, classes, macroF1 } = await evaluated(results);
    expect([frames, accuracy.value]).toEqual([8, 6 / 8]);
    expect(confusion).toEqual([
      [3, 1, 0],
      [0, 2, 1],
      [0, 0, 1],
    ]);
    const shares = classes.map(({ frames: shown, predicted, precision, recall, f1 }) => [
      ...[shown, predicted, precision, recall],
      Number(f1.toFixed(6)),
    ]);
    expect(shares).toEqual([
      [4, 3, 1, 3 / 4, 0.857143],
      [3, 3, 2 / 3, 2 / 3, 0.666667],
      [1, 2, 1 / 2, 1, 0.666667],
    ]);
    expect(macroF1).toBeCloseTo((6 / 7 + 2 / 3 + 2 / 3) / 3, 12);
  });

  it('a class that is not met has no precision, recall or F1, and does not count in their mean', async () => {
    const { classes, macroF1 } = await evaluated([result(0, [0]), result(1, [1])]);
    expect(classes[2]).toMatchObject({ frames: 0, predicted: 0, precision: NaN, recall: NaN, f1: NaN });
    expect(macroF1).toBe(1);
  });

  it('counts what is among the best five, only where that is known', async () => {
    const labels = ['0', '1', '2', '3', '4', '5', '6'];
    const sixth = [result(5, [0, 1, 2, 3, 4, 5]), result(4, [0, 1, 2, 3, 4]), result(0, [0, 1, 2, 3, 4])];
    expect((await evaluated(sixth, { labels })).top5?.value).toBeCloseTo(2 / 3, 12);
    expect((await evaluated([result(5, [0, 1])], { labels })).top5).toBeUndefined();
    // With one class listed, the right one may still be it.
    expect((await evaluated([result(0, [0])], { labels })).top5?.value).toBe(1);
    expect((await evaluated(results)).top5).toBeUndefined();
  });

  it('compares scores with the share that is right, by hand: 10 frames with 0.9 of which 7 are right, 10 with 0.4 of which 4 are', async () => {
    const sure = Array.from({ length: 10 }, (_, i) => result(0, [i < 7 ? 0 : 1], { score: 0.9, seq: i }));
    const unsure = Array.from({ length: 10 }, (_, i) => result(0, [i < 4 ? 0 : 1], { score: 0.4, seq: 20 + i }));
    const { calibrationError, calibration } = await evaluated([...sure, ...unsure], { bins: 10 });
    expect(calibrationError).toBeCloseTo((10 / 20) * 0.2, 10);
    expect(calibration.map(({ frames, accuracy }) => [frames, accuracy])).toEqual([
      [10, 0.4],
      [10, 0.7],
    ]);
    expect(calibration[0]?.from).toBeCloseTo(0.4, 12);
  });

  it.each([
    ['logits', 3.2],
    ['negative scores', -0.5],
    ['what is no number', NaN],
  ])('%s have no calibration', async (_, score) => {
    const { calibrationError, calibration } = await evaluated([result(0, [0]), result(0, [0], { score })]);
    expect([calibrationError, calibration]).toEqual([undefined, []]);
  });

  it('a score of 1, or a rounding above it, lies in the last interval', async () => {
    const { calibration } = await evaluated([result(0, [0], { score: 1 }), result(0, [0], { score: 1.000_001 })]);
    expect(calibration.map(({ frames }) => frames)).toEqual([2]);
  });

  it('keeps the mistakes with the highest scores', async () => {
    const random = randomFrom(3);
    const wrong = Array.from({ length: 50 }, (_, seq) => result(0, [1], { seq, score: random() }));
    const { mistakes } = await evaluated([...wrong, result(0, [0])], { mistakes: 5 });
    const scores = wrong.map(({ classes }) => classes[0]?.score ?? 0).toSorted((a, b) => b - a);
    expect(mistakes.map(({ score }) => score)).toEqual(scores.slice(0, 5));
    expect(mistakes[0]).toMatchObject({ source: 'a', target: 0, predicted: 1 });
  });

  describe('the intervals of 95 %', () => {
    it('are near those of the normal distribution, where frames do not depend on each other', async () => {
      const many = Array.from({ length: 400 }, (_, seq) =>
        result(0, [seq % 5 === 0 ? 1 : 0], { seq, source: `${seq}` }),
      );
      const { accuracy, resampled, sources } = await evaluated(many);
      expect([resampled, sources]).toEqual(['sources', 400]);
      const half = 1.96 * Math.sqrt((0.8 * 0.2) / 400);
      // Tolerance: the quantiles of 1,000 samples have a standard error of about 0.002.
      expect(Math.abs(accuracy.low - (0.8 - half))).toBeLessThan(0.006);
      expect(Math.abs(accuracy.high - (0.8 + half))).toBeLessThan(0.006);
    });

    it('are wider where the frames of a source are right or wrong together', async () => {
      const together = Array.from({ length: 400 }, (_, seq) => {
        const source = `${Math.floor(seq / 40)}`;
        return result(0, [Number(source) < 2 ? 1 : 0], { seq, source });
      });
      const { accuracy } = await evaluated(together);
      expect(accuracy.value).toBeCloseTo(0.8, 12);
      expect(accuracy.high - accuracy.low).toBeGreaterThan(0.3);
    });

    it('draw frames where there is one source', async () => {
      const { resampled, accuracy } = await evaluated(results);
      expect(resampled).toBe('frames');
      expect(accuracy.low).toBeLessThan(accuracy.value);
      expect(accuracy.high).toBeGreaterThan(accuracy.value);
    });

    it('are the same for the same seed', async () => {
      const [first, again, other] = await Promise.all(
        [1, 1, 2].map((seed) => evaluated(results, { seed, resamples: 51 })),
      );
      expect(again?.accuracy).toEqual(first?.accuracy);
      expect(other?.accuracy.value).toBe(first?.accuracy.value);
    });
  });

  it('takes shares as the class with the largest one', async () => {
    const shared = { ...result(0, [1]), target: [0.2, 0.8, 0] };
    expect((await evaluated([shared])).accuracy.value).toBe(1);
  });

  it.each<[string, readonly Result[], string]>([
    ['no results', [], 'evaluate: there are no results'],
    [
      'a result without a target',
      [result(undefined, [0])],
      'a #0 at 0.000 s has no target: give frames one with labelled(…)',
    ],
    ['a target that is no class', [result(3, [0])], 'the target of a #0 at 0.000 s is 3, but the classes are 0 to 2'],
    ['a target between classes', [result(0.5, [0])], 'is 0.5, but the classes are 0 to 2'],
    ['a result without classes', [result(0, [])], 'has no class: leave out minScore'],
  ])('%s is an OptionError', async (_, given, message) => {
    const ended = evaluated(given);
    await expect(ended).rejects.toThrow(message);
    await expect(ended).rejects.toBeInstanceOf(OptionError);
  });

  it.each<[string, object, string]>([
    ['no labels', { labels: undefined }, 'labels must be a list of at least two names, not undefined'],
    ['one label', { labels: ['a'] }, 'labels must be a list of at least two names'],
    ['no intervals', { bins: 0 }, 'bins'],
    ['no resamples', { resamples: 0 }, 'resamples'],
    ['a seed that is no whole number', { seed: 0.5 }, 'seed must be a whole number, not 0.5'],
    ['an unknown option', { top: 5 }, 'top'],
  ])('%s is refused at once', (_, options, message) => {
    expect(() => evaluate({ labels: ['a', 'b'], ...options })).toThrow(message);
  });

  it('counts anew for each subscription', async () => {
    const evaluation = of(result(0, [0])).pipe(evaluate({ labels: ['a', 'b'] }));
    expect((await lastValueFrom(evaluation)).frames).toBe(1);
    expect((await lastValueFrom(evaluation)).frames).toBe(1);
  });
});

import { from, lastValueFrom, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  aggregate,
  OptionError,
  type Aggregate,
  type AggregateOptions,
  type Classification,
  type StoredResult,
  type Span,
} from 'sluice';

/** A result with these scores of cat (0) and dog (1), as far as they are given. */
function at(timestamp: number, cat?: number, dog?: number, source = 'clip.mp4'): StoredResult<Classification> {
  const classes = [
    ...(cat === undefined ? [] : [{ index: 0, label: 'cat', score: cat }]),
    ...(dog === undefined ? [] : [{ index: 1, label: 'dog', score: dog }]),
  ].toSorted((a, b) => b.score - a.score);
  return { source, seq: timestamp / 1000, timestamp, classes };
}

const by = (
  span: Span,
  results: readonly StoredResult<Classification>[],
  options?: AggregateOptions,
): Promise<Aggregate<Classification>[]> => lastValueFrom(from(results).pipe(aggregate(span, options), toArray()));

const short = ({ timestamp, end, frames, classes }: Aggregate<Classification>) => [
  timestamp,
  end,
  frames,
  Object.fromEntries(classes.map(({ label, score }) => [label, score])),
];

describe('aggregate', () => {
  it('by second: the mean of each class over all frames, also those that do not list it', async () => {
    const results = [at(0, 1, 0), at(500_000, 0.5), at(999_999), at(1_000_000, undefined, 0.25), at(1_500_000, 0.75)];
    expect((await by('second', results)).map(short)).toEqual([
      [0, 1_000_000, 3, { cat: 0.5, dog: 0 }],
      [1_000_000, 2_000_000, 2, { cat: 0.375, dog: 0.125 }],
    ]);
  });

  it('by second: those without frames have none, and the one before ends with the next frame', async () => {
    const results = [at(100_000, 1), at(5_900_000, 1), at(6_100_000, 1)];
    expect((await by('second', results)).map(short)).toEqual([
      [100_000, 5_900_000, 1, { cat: 1 }],
      [5_900_000, 6_100_000, 1, { cat: 1 }],
      [6_100_000, 6_300_000, 1, { cat: 1 }],
    ]);
  });

  it('by label: as long as the best class is the same, or there is none', async () => {
    const results = [at(0, 0.5, 0.25), at(1, 0.75, 0.25), at(2, 0.25, 0.5), at(3), at(4), at(5, 0.5)];
    expect((await by('label', results)).map(short)).toEqual([
      [0, 2, 2, { cat: 0.625, dog: 0.25 }],
      [2, 3, 1, { dog: 0.5, cat: 0.25 }],
      [3, 5, 2, {}],
      [5, 6, 1, { cat: 0.5 }],
    ]);
  });

  it('by scene: as long as its number is the same, until the next scene begins', async () => {
    const shot = (scene: number, time: number, ...scores: number[]) => ({ ...at(time, ...scores), scene });
    const results = [shot(0, 0, 1), shot(0, 40, 0.5), shot(1, 100, 0.5), shot(2, 300, 0, 1)];
    const scenes = await by('scene', results);
    expect(scenes.map(short)).toEqual([
      [0, 100, 2, { cat: 0.75 }],
      [100, 300, 1, { cat: 0.5 }],
      [300, 500, 1, expect.objectContaining({ dog: 1 })],
    ]);
    expect(scenes.map(({ scene }) => scene)).toEqual([0, 1, 2]);
    await expect(by('scene', [at(0, 1)])).rejects.toThrow(
      "the results of clip.mp4 name no scene: read it with sample: 'scenes', or aggregate by label",
    );
  });

  it('by file: one for each, in their order, also where one begins like the other ends', async () => {
    const results = [at(0, 1), at(40, 0.5), at(0, 1, 0, 'b.mp4'), at(0, 1, 0, 'c.jpg')];
    expect((await by('file', results)).map((result) => [result.source, ...short(result)])).toEqual([
      ['clip.mp4', 0, 80, 2, { cat: 0.75 }],
      ['b.mp4', 0, 0, 1, { cat: 1, dog: 0 }],
      ['c.jpg', 0, 0, 1, { cat: 1, dog: 0 }],
    ]);
  });

  it('begins anew where the same source does', async () => {
    expect((await by('file', [at(0, 1), at(40, 1), at(0, 0.5), at(40, 0.5)])).map(short)).toEqual([
      [0, 80, 2, { cat: 1 }],
      [0, 80, 2, { cat: 0.5 }],
    ]);
  });

  it('takes times before 0 and after a day', async () => {
    const results = [at(-1, 1), at(0, 1), at(90_000_000_000, 1)];
    expect((await by('second', results)).map(({ timestamp }) => timestamp)).toEqual([-1, 0, 90_000_000_000]);
  });

  it('cuts to the best, of equal ones the lower index, and leaves out what is too low', async () => {
    const [tie] = await by('file', [at(0, undefined, 0.5), at(1, 0.5)], { top: 1 });
    expect(tie?.classes.map(({ label }) => label)).toEqual(['cat']);
    const [low] = await by('file', [at(0, 0.5, 0.25), at(1, 0.5)], { minScore: 0.2 });
    expect(low?.classes.map(({ label }) => label)).toEqual(['cat']);
  });

  it('has every class of negative scores', async () => {
    const results = [at(0, -15, -25), at(1, -5, -15)];
    const [mean] = await by('file', results);
    expect(mean?.classes.map(({ label, score }) => [label, score])).toEqual([
      ['cat', -10],
      ['dog', -20],
    ]);
    const [few] = await by('file', results, { minScore: -12 });
    expect(few?.classes.map(({ label }) => label)).toEqual(['cat']);
  });

  it('takes a class that is missing among negative scores for no better than the lowest of the list', async () => {
    // Cat is best in half of the frames, and under -20 in the others: its mean is not that of 0 and -15.
    const results = [at(0, -15, -18), at(1, undefined, -20), at(2, -15, -18), at(3, undefined, -20)];
    const [mean] = await by('file', results);
    expect(mean?.classes.map(({ label, score }) => [label, score])).toEqual([
      ['cat', -17.5],
      ['dog', -19],
    ]);
  });

  it('agrees with sums by hand on drawn scores', async () => {
    let state = 1;
    const draw = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const results = Array.from({ length: 1000 }, (_, i) => at(i * 33_367, draw(), draw()));
    for (const { timestamp, end, frames, classes } of await by('second', results)) {
      const inside = results.filter((result) => result.timestamp >= timestamp && result.timestamp < end);
      expect(frames).toBe(inside.length);
      for (const { label, score } of classes) {
        const scores = inside.map((result) => result.classes.find((found) => found.label === label)?.score ?? 0);
        expect(score).toBeCloseTo(scores.reduce((sum, value) => sum + value, 0) / frames, 12);
      }
    }
  });

  it('gives nothing of nothing, and what there was before it fails', async () => {
    expect(await by('file', [])).toEqual([]);
    const results = new Subject<StoredResult<Classification>>();
    const got: unknown[] = [];
    results.pipe(aggregate('file')).subscribe({ next: ({ frames }) => got.push(frames), error: (e) => got.push(e) });
    results.next(at(0, 1));
    results.error('broken');
    expect(got).toEqual([1, 'broken']);
  });

  it.each([['minute'], [''], [undefined], ['toString']])('refuses to go by %j', (span) => {
    expect(() => aggregate(span as Span)).toThrow(OptionError);
  });

  it.each([[{ top: 0 }], [{ top: 1.5 }], [{ minScore: -Infinity }], [{ minScore: NaN }]])('refuses %j', (options) => {
    expect(() => aggregate('file', options)).toThrow(OptionError);
  });
});

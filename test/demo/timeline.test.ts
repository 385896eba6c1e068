import { classification, type Classification, type FrameResult, type Segment } from 'sluice';
import { describe, expect, it } from 'vitest';
import type { News } from '../../demo/src/run/news.ts';
import { next } from '../../demo/src/run/use-timeline.ts';
import { Ring } from '../../demo/src/save/ring.ts';

const result = (timestamp: number, label?: string, score = 0.5, source = 'clip'): News => {
  const classes = label === undefined ? [] : [{ index: 0, label, score }];
  const found: FrameResult<Classification> = { source, seq: 0, timestamp, classes, timings: [], latencyMs: 1 };
  return { type: 'result', result: found, task: classification() };
};
const segment = (start: number, end: number, label = 'cat'): News => {
  const stretch: Segment = { source: 'clip', label, start, end, peakScore: 0.5 };
  return { type: 'segment', segment: stretch };
};
const after = (...news: readonly News[]) => news.reduce(next, { now: 0, past: [], open: undefined });

describe('the timeline', () => {
  it('extends the segment while the label stays, and keeps the highest score', () => {
    const { open, past } = after(result(0, 'cat', 0.4), result(10, 'cat', 0.9), result(20, 'cat', 0.3));
    expect(open).toEqual({ source: 'clip', label: 'cat', start: 0, end: 20, peakScore: 0.9 });
    expect(past).toEqual([]);
  });

  it('starts another segment with another label, and none without a label', () => {
    expect(after(result(0, 'cat'), result(10, 'dog'), segment(0, 10)).open?.label).toBe('dog');
    expect(after(result(0, 'cat'), result(10, 'dog'), segment(0, 10)).past.length).toBe(1);
    expect(after(result(0, 'cat'), result(10)).open).toBeUndefined();
  });

  it('starts anew when a clip starts again, and ignores the segments that end then', () => {
    const again = after(result(0, 'cat'), result(90, 'dog'), segment(0, 90), result(0, 'dog'), segment(90, 100, 'dog'));
    expect(again.past).toEqual([]);
    expect(again.open).toMatchObject({ label: 'dog', start: 0, end: 0 });
    expect(after(result(50, 'cat'), { type: 'begin' })).toEqual({ now: 0, past: [], open: undefined });
  });
});

describe('a ring', () => {
  it.each([
    [[], 3, []],
    [[1, 2], 3, [1, 2]],
    [[1, 2, 3], 3, [1, 2, 3]],
    [[1, 2, 3, 4, 5, 6, 7], 3, [5, 6, 7]],
    [[1, 2], 1, [2]],
  ])('of %j, the last %d: %j', (given, size, kept) => {
    const ring = new Ring<number>(size);
    given.forEach((item) => ring.push(item));
    expect(ring.items).toEqual(kept);
  });
});

import { describe, expect, it } from 'vitest';
import { ShotFrames } from '../../src/sources/ffmpeg/shot-frames.ts';

/** A shot whose frames are their numbers. */
function shotOf(length: number, wanted: number): ShotFrames<number> {
  const shot = new ShotFrames(0, wanted);
  for (let frame = 1; frame < length; frame++) shot.take(frame);
  return shot;
}

describe('frames of a shot', () => {
  it.each([2, 3, 5, 16])('are even to within a quarter of their distance, of any length: %i', (wanted) => {
    for (let length = 1; length < 700; length++) {
      const frames = [0, ...shotOf(length, wanted).rest(length)];
      expect(new Set(frames).size, `${length}`).toBe(frames.length);
      expect(frames, `${length}`).toEqual(frames.toSorted((a, b) => a - b));
      if (length < wanted) continue;
      expect(frames.length, `${length}`).toBe(wanted);
      // Rounded to whole frames.
      for (const [i, frame] of frames.entries())
        expect(Math.abs(frame - (i * length) / wanted), `${frame} of ${length}`).toBeLessThanOrEqual(
          Math.max(length / wanted / 4 + 0.5, 0.5),
        );
    }
  });

  it('are all frames of a short shot', () => {
    expect(shotOf(3, 16).rest(3)).toEqual([1, 2]);
    expect(shotOf(16, 16).rest(16)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    expect(shotOf(1, 4).rest(1)).toEqual([]);
  });

  it('may end before frames that were taken, which belong to the next shot', () => {
    expect(Math.max(...shotOf(40, 4).rest(30))).toBeLessThan(30);
    expect(shotOf(5, 4).rest(2)).toEqual([1]);
  });

  it('are only the first one by default, and nothing else is kept', () => {
    const shot = shotOf(1000, 1);
    expect([shot.first, shot.length, shot.rest(1000)]).toEqual([0, 1000, []]);
  });
});

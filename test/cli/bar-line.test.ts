import { describe, expect, it } from 'vitest';
import { barLine } from '../../src/cli/progress/bar-progress.ts';
import { Pace } from '../../src/cli/progress/pace.ts';

function pace(file: string, total: number | undefined, frames: number): Pace {
  const made = new Pace(file, total);
  made.update(frames);
  return made;
}

describe('the bar', () => {
  it('shows name, bar, percent, frames, pace and what is left', () => {
    const line = barLine(pace('clip.mp4', 280, 140), 79);
    expect(line).toMatch(/^clip\.mp4 █+░+ {2}50 % {2}140\/280 frames {2}[\d.]+ frames\/s {2}ETA \d+ s$/);
  });

  it.each([20, 40, 60, 79, 120, 300])('fits into %i columns', (columns) => {
    for (const file of [
      'a.mp4',
      'a/long/way/down/to/the/folder/of/a/clip with a name.mp4',
      '[12/99] /鹦鹉/鹦鹉🦜鹦鹉鹦鹉鹦鹉鹦鹉.mp4',
    ]) {
      for (const total of [undefined, 1, 280, 1_000_000]) {
        const line = barLine(pace(file, total, 100), columns);
        const wide = Array.from(line).filter((c) => c >= '⺀').length;
        expect(Array.from(line).length + wide, line).toBeLessThanOrEqual(columns);
        expect(line).toContain('100');
      }
    }
  });

  it('never says more than all of it, whatever the estimate was', () => {
    expect(barLine(pace('clip.mp4', 90, 100), 79)).toMatch(/ █+ 100 % {2}100\/90 frames .* ETA 0 s$/);
  });

  it('shows neither bar nor percent where the length is not known', () => {
    expect(barLine(pace('clip.mp4', undefined, 3), 79)).toMatch(/^clip\.mp4 3 frames {2}[\d.]+ frames\/s$/);
  });

  it('keeps the end of a long name, and its number', () => {
    expect(barLine(pace('[2/5] some/long/folder/of/mine/clip.mp4', 280, 1), 79)).toMatch(/^\[2\/5\] clip\.mp4 /);
    expect(barLine(pace('a-name-that-is-too-long-for-any-line-at-all.mp4', 280, 1), 79)).toMatch(/^…\S+\.mp4 /);
  });
});

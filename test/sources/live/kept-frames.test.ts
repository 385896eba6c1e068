import { describe, expect, it } from 'vitest';
import { KeptFrames, type Kept } from '../../../src/sources/live/kept-frames.ts';

/** What becomes of frames: `+1` is given, `-1` is replaced, `x1` was one too many. */
function kept(first: Kept) {
  const log: string[] = [];
  const frames = new KeptFrames<number>(first, {
    give: (n) => log.push(`+${n}`),
    drop: (n, cause) => log.push(`${cause === 'replaced' ? '-' : 'x'}${n}`),
  });
  const arrive = (...numbers: readonly number[]) => {
    for (const n of numbers) frames.arrive(n);
  };
  return { frames, arrive, log };
}

describe('the frames of a source that reads on', () => {
  it('newest: gives the newest, and drops those before', () => {
    const { frames, arrive, log } = kept('newest');
    arrive(0, 1, 2);
    frames.ask();
    arrive(3);
    frames.ask();
    frames.ask();
    arrive(4, 5);
    expect(log).toEqual(['-0', '-1', '+2', '+3', '+4']);
    expect(frames.wantsMore).toBe(true);
  });

  it('none: gives the next one that comes, and drops those that came', () => {
    const { frames, arrive, log } = kept('none');
    arrive(0, 1);
    frames.ask();
    arrive(2, 3);
    expect(log).toEqual(['x0', 'x1', '+2', 'x3']);
  });

  it('all: gives each, and wants more only when it is asked', () => {
    const { frames, arrive, log } = kept('all');
    expect(frames.wantsMore).toBe(false);
    frames.ask();
    expect([frames.wantsMore, frames.asked]).toEqual([true, 1]);
    arrive(0, 1, 2);
    expect([frames.wantsMore, frames.asked]).toEqual([false, 0]);
    frames.ask();
    frames.ask();
    expect(log).toEqual(['+0', '+1', '+2']);
  });

  it('gives one for each time it was asked', () => {
    const { frames, arrive, log } = kept('newest');
    frames.ask();
    frames.ask();
    arrive(0, 1, 2);
    expect(log).toEqual(['+0', '+1']);
  });

  it('drops what is too much when it must keep less', () => {
    const { frames, arrive, log } = kept('all');
    arrive(0, 1, 2);
    frames.keep('newest');
    expect(log).toEqual(['-0', '-1']);
    frames.keep('none');
    expect(log).toEqual(['-0', '-1', 'x2']);
    frames.keep('all');
    arrive(3, 4);
    frames.ask();
    expect(log.at(-1)).toBe('+3');
  });
});

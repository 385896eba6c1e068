import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutFile } from '../../src/batch/cut-file.ts';
import { framesOf } from '../../src/batch/file-part.ts';
import { digestOf } from '../../src/batch/frame-digest.ts';
import { gapsIn, startsBetween } from '../../src/batch/frame-gaps.ts';
import { frameCosts } from '../../src/batch/frame-costs.ts';
import type { FrameIndex } from '../../src/batch/frame-index.ts';
import type { LabelOptions } from '../../src/batch/label-options.ts';
import { samplerFor } from '../../src/batch/part-sampling.ts';
import { skippingOf } from '../../src/batch/skipping.ts';
import { sampler } from '../../src/flow/operators/sample-frames.ts';

const h264 = (storedWidth: number, storedHeight: number) => frameCosts({ codec: 'h264', storedWidth, storedHeight });
const FULL_HD = h264(1920, 1080);
const SMALL = h264(160, 120);

/** An index of frames 40 ms apart, a key frame each `group`. */
const even = (frames: number, group: number): FrameIndex => ({
  origin: 0,
  times: Float64Array.from({ length: frames }, (_, i) => i * 40_000),
  keys: Uint8Array.from({ length: frames }, (_, i) => Number(i % group === 0)),
});

const options = (more: Partial<LabelOptions> = {}): LabelOptions => ({
  ...{ model: 'lenet5', taskOptions: {}, engine: 'auto' },
  ...more,
});

const indexes = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 0, max: 60 })), {
    ...{ minLength: 1, maxLength: 2000, size: 'max' },
  })
  .map((steps): FrameIndex => {
    let time = 0;
    return {
      origin: 0,
      times: Float64Array.from(steps, ([step]) => (time += step)),
      keys: Uint8Array.from(steps, ([, key], i) => Number(i === 0 || key === 0)),
    };
  });
const samplings = fc.oneof(
  fc.record({ every: fc.integer({ min: 2, max: 1000 }) }),
  fc.record({ fps: fc.double({ min: 0.005, max: 5, noNaN: true }) }),
);

describe('frames that need not be decoded', () => {
  it('are none where every frame is labelled', () => {
    expect(gapsIn(even(5000, 250), options(), FULL_HD)).toEqual([]);
  });

  it('are whole groups and the ends of groups, where a decoder starts sooner than they are decoded', () => {
    // Of 500, the frames 0, 375, 750 … are labelled; 375 is in the group that begins at 250.
    expect(gapsIn(even(1000, 250), options({ every: 375 }), FULL_HD)).toEqual([
      { from: 1, to: 250 },
      { from: 376, to: 750 },
      { from: 751, to: 1000 },
    ]);
  });

  it('are few in small pictures, which are decoded sooner', () => {
    expect(gapsIn(even(1000, 250), options({ every: 375 }), SMALL)).toEqual([]);
    expect(gapsIn(even(10_000, 250), options({ every: 5000 }), SMALL)).toEqual([
      { from: 1, to: 5000 },
      { from: 5001, to: 10_000 },
    ]);
  });

  it('are none where groups are shorter than the intervals are, by less than a start takes', () => {
    expect(gapsIn(even(1000, 20), options({ fps: 2 }), FULL_HD)).toEqual([]);
  });

  it('are those at the end where only the first frame is a key frame', () => {
    expect(gapsIn(even(1000, 1000), options({ every: 300 }), FULL_HD)).toEqual([{ from: 901, to: 1000 }]);
  });

  it('take the starts of parts that lie in them away, and put one behind each', () => {
    const gaps = [
      { from: 10, to: 20 },
      { from: 50, to: 100 },
    ];
    expect(startsBetween([0, 5, 10, 19, 20, 30, 99], gaps, 100)).toEqual([0, 5, 20, 30]);
    expect(startsBetween([0], gaps, 101)).toEqual([0, 20, 100]);
    expect(startsBetween([], [], 0)).toEqual([]);
  });

  it('are more where the codec takes longer, and the same where it is not known', () => {
    const found = (codec: string) =>
      gapsIn(even(1000, 18), options({ fps: 1 }), frameCosts({ codec, storedWidth: 1920, storedHeight: 1080 })).length;
    expect(found('av1')).toBeGreaterThan(found('mpeg2video'));
    for (const codec of ['prores', 'toString', '']) expect(found(codec)).toBe(found('h264'));
  });

  it('leave parts that hold every wanted frame, begin where they can, and choose as the whole does', () => {
    fc.assert(
      fc.property(indexes, samplings, fc.integer({ min: 100, max: 4000 }), (index, sampling, side) => {
        const costs = h264(side, side);
        const { times, keys } = index;
        const parts = cutFile(1, 'a.mp4', index, options(sampling), 0, costs);
        const isWanted = sampler('fps' in sampling ? sampling : { n: sampling.every });
        const wanted = [...times].filter((time) => isWanted(time));
        if (parts[0]?.expected === undefined) {
          expect(gapsIn(index, options(sampling), costs)).toEqual([]);
          return;
        }
        const labelled: number[] = [];
        let before = 0;
        for (const [i, part] of parts.entries()) {
          const last = part.firstSeq + (part.expected?.frames ?? 0);
          const own = [...times.subarray(part.firstSeq, last)];
          expect(part.firstSeq).toBeGreaterThanOrEqual(before);
          expect(keys[part.firstSeq]).toBe(1);
          expect(part.expected).toEqual(digestOf(own));
          expect([part.start, part.end]).toEqual([i > 0 ? own[0] : undefined, times[last]]);
          // What a gap takes is said, so that the parts add up to the video.
          expect(part.seconds === undefined).toBe(last === (parts[i + 1]?.firstSeq ?? times.length));
          labelled.push(...own.filter(samplerFor(part, options(sampling))));
          before = last;
        }
        expect(labelled).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });

  it('are counted with the groups that are read', () => {
    const index = even(1000, 250);
    const parts = cutFile(1, 'a.mp4', index, options({ every: 500 }), 0, FULL_HD);
    // Frames 0 and 500, each the first of its group.
    expect(framesOf(parts)).toBe(2);
    const skipping = skippingOf(index, parts, { decode: 10, start: 200 });
    // The frames between 0 and 500, and those behind 500; a decoder starts at 500.
    expect(skipping).toEqual({ frames: 1000, groups: 4, read: 2, saved: 9.98, spent: 0.2 });
    expect(skippingOf(index, cutFile(1, 'a.mp4', index, options(), 0, FULL_HD), FULL_HD)).toBeUndefined();
  });
});

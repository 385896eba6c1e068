import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameCosts } from '../../src/batch/frame-costs.ts';
import type { FrameIndex } from '../../src/batch/frame-index.ts';
import type { LabelOptions } from '../../src/batch/label-options.ts';
import { cutFile } from '../../src/batch/cut-file.ts';
import { partName, wholeFile } from '../../src/batch/file-part.ts';
import { digestOf } from '../../src/batch/frame-digest.ts';
import { samplerFor } from '../../src/batch/part-sampling.ts';
import { sampler } from '../../src/flow/operators/sample-frames.ts';

/** Makes a file's index from a list of frames. */
const indexOf = (frames: readonly { time: number; isKey: boolean }[]): FrameIndex => ({
  origin: 0,
  times: Float64Array.from(frames, ({ time }) => time),
  keys: Uint8Array.from(frames, ({ isKey }) => Number(isKey)),
});

const options = (more: Partial<LabelOptions> = {}): LabelOptions => ({
  model: 'lenet5',
  taskOptions: { top: 5, minScore: 0 },
  engine: 'auto',
  ...more,
});

/** Times of uneven distances, with key frames here and there. */
const indexes = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 0, max: 30 })), {
    maxLength: 3000,
    size: 'max',
  })
  .map((steps): FrameIndex => {
    let time = -300_000;
    return indexOf(steps.map(([step, key], i) => ({ time: (time += step), isKey: i === 0 || key === 0 })));
  });
const samplings = fc.oneof(
  fc.constant({}),
  fc.record({ every: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ fps: fc.double({ min: 0.01, max: 50, noNaN: true }) }),
);

describe('cutFile', () => {
  it('cuts every index into parts that are the whole, and sample as the whole does', () => {
    fc.assert(
      fc.property(indexes, samplings, fc.integer({ min: 0, max: 1 }), (index, sampling, file) => {
        const parts = cutFile(file, 'a.mp4', index, options(sampling));
        expect(cutFile(file, 'a.mp4', index, options(sampling))).toEqual(parts);
        if (parts[0]?.expected === undefined) {
          expect(parts).toEqual(wholeFile(file, 'a.mp4'));
          return;
        }
        const wanted = 'fps' in sampling || 'every' in sampling ? sampler(everyOf(sampling)) : () => true;
        let seq = 0;
        for (const [i, part] of parts.entries()) {
          const times = [...index.times.subarray(part.firstSeq, parts[i + 1]?.firstSeq)];
          expect(part.firstSeq).toBe(seq);
          expect([part.start, part.end]).toEqual([i > 0 ? times[0] : undefined, parts[i + 1]?.start]);
          expect(part.expected).toEqual(digestOf(times));
          const own = samplerFor(part, options(sampling));
          expect(times.map(own)).toEqual(times.map(wanted));
          // Only the very first part, which is short, ends where no key frame is.
          if (!(file === 0 && i === 1)) expect(index.keys[part.firstSeq]).toBe(1);
          seq += times.length;
        }
        expect(seq).toBe(index.times.length);
        expect(new Set(parts.map(partName)).size).toBe(parts.length);
      }),
      { numRuns: 60 },
    );
  });

  it('cuts within --start and --end, counting from there', () => {
    const index = indexOf(Array.from({ length: 2000 }, (_, i) => ({ time: i * 40_000, isKey: i % 50 === 0 })));
    const parts = cutFile(1, 'a.mp4', index, options({ start: 10.02, end: 70 }));
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.reduce((sum, { expected }) => sum + (expected?.frames ?? 0), 0)).toBe(1750 - 251);
    expect([parts[0]?.start, parts[0]?.firstSeq, parts.at(-1)?.end]).toEqual([undefined, 0, undefined]);
  });

  it.each([
    ['nothing', []],
    ['one frame', [{ time: 0, isKey: true }]],
    ['no second key frame', Array.from({ length: 5000 }, (_, i) => ({ time: i, isKey: i === 0 }))],
  ])('leaves %s whole', (_, frames: { time: number; isKey: boolean }[]) => {
    expect(cutFile(1, 'a.mp4', indexOf(frames), options())).toEqual(wholeFile(1, 'a.mp4'));
  });

  it('in short parts only where the job ends, however many files it has', () => {
    const index = indexOf(Array.from({ length: 1000 }, (_, i) => ({ time: i, isKey: i % 10 === 0 })));
    const sizes = [0, 1, 100].map((after) =>
      cutFile(1, 'a.mp4', index, options(), after).map(({ expected }) => expected?.frames),
    );
    expect([sizes[0]?.[0], sizes[0]?.at(-1)]).toEqual([130, 70]);
    expect([sizes[1]?.[0], sizes[1]?.at(-1)]).toEqual([250, 160]);
    expect(sizes[2]).toEqual([undefined]);
  });

  it('keeps the index of a single part where not every frame is labelled', () => {
    const index = indexOf(Array.from({ length: 50 }, (_, i) => ({ time: i * 40_000, isKey: i === 0 })));
    const [part, ...more] = cutFile(1, 'a.mp4', index, options({ fps: 1 }));
    expect([part?.expected?.frames, more]).toEqual([50, []]);
    expect(cutFile(1, 'a.mp4', indexOf([]), options({ fps: 1 }))).toEqual(wholeFile(1, 'a.mp4'));
  });

  describe('between key frames', () => {
    const MOBILENET = 569e6;
    const LENET = 0.4e6;
    const costs = (height: number, macs: number, codec = 'h264') =>
      frameCosts({ codec, storedWidth: (height * 16) / 9, storedHeight: height }, macs);
    const keysEach = (length: number, group: number) =>
      indexOf(Array.from({ length }, (_, i) => ({ time: i * 40_000, isKey: i % group === 0 })));
    const starts = (...[index, given, after, cost]: [FrameIndex, LabelOptions, number, ReturnType<typeof costs>]) =>
      cutFile(1, 'a.mp4', index, given, after, cost).map(({ firstSeq }) => firstSeq);

    it('where computing takes longer than the detour of the decoder', () => {
      const index = keysEach(5000, 5000);
      expect(starts(index, options(), 0, costs(360, MOBILENET)).length).toBeGreaterThan(2);
      expect(starts(index, options(), 0, costs(1080, 7 * MOBILENET)).length).toBeGreaterThan(2);
    });

    it('in parts of which each is long for its detour, so that the job costs at most a quarter more', () => {
      for (const [height, macs, group] of [
        [360, 569e6, 5000],
        [240, 569e6, 1200],
        [720, 4e9, 700],
      ] as const) {
        const cost = costs(height, macs);
        const at = [...starts(keysEach(5000, group), options(), 0, cost), 5000];
        expect(at.some((start) => start % group !== 0)).toBe(true);
        for (const [i, start] of at.slice(0, -1).entries()) {
          const frames = (at[i + 1] ?? 0) - start;
          expect((start % group) * cost.decode).toBeLessThanOrEqual((frames * (cost.decode + cost.compute)) / 4 + 1e-6);
        }
      }
    });

    it.each([
      ['the model computes little', options(), 0, costs(360, LENET)],
      ['what it computes is not known', options(), 0, costs(360, 0)],
      ['decoding takes longer', options(), 0, costs(1080, MOBILENET)],
      ['few frames are labelled', options({ every: 20 }), 0, costs(360, MOBILENET)],
      ['other files follow', options(), 2, costs(360, MOBILENET)],
    ] as const)('not where %s', (_, given, after, cost) => {
      expect(starts(keysEach(5000, 5000), given, after, cost)).toEqual([0]);
    });

    it('besides the short first part of a job, after which parts go on as they would', () => {
      const index = keysEach(5000, 50);
      const first = cutFile(0, 'a.mp4', index, options(), 0, costs(360, 0)).map(({ firstSeq }) => firstSeq);
      expect(first[1]).toBe(16);
      expect(first.length).toBeGreaterThan(10);
    });

    it('not where a key frame comes soon', () => {
      const at = starts(keysEach(5000, 60), options(), 0, costs(240, MOBILENET));
      expect(at.every((start) => start % 60 === 0)).toBe(true);
    });
  });

  it('gives parts of a plan other names than the whole file has', () => {
    const index = indexOf(Array.from({ length: 500 }, (_, i) => ({ time: i, isKey: i % 10 === 0 })));
    const [first] = cutFile(0, 'a.mp4', index, options());
    const [whole] = wholeFile(0, 'a.mp4');
    expect(first && whole && partName(first) !== partName(whole)).toBe(true);
  });
});

function everyOf(sampling: { every?: number; fps?: number }): { n: number } | { fps: number } {
  return sampling.fps === undefined ? { n: sampling.every ?? 1 } : { fps: sampling.fps };
}

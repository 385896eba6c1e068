import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { cutFile } from '../../src/batch/cut-file.ts';
import type { FilePart } from '../../src/batch/file-part.ts';
import type { LabelOptions } from '../../src/batch/label-options.ts';
import { samplerFor } from '../../src/batch/part-sampling.ts';
import { pickExpression } from '../../src/batch/pick-expression.ts';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';

const options = (more: Partial<LabelOptions>): LabelOptions => ({
  ...{ model: 'lenet5', taskOptions: {}, engine: 'auto' },
  ...more,
});

/** Frames of uneven distances, from 5 s before zero of the file's clock on. */
const FRAMES = "nullsrc=s=16x16:r=25:d=60,settb=1/1000000,setpts='N*33367+7919*mod(N*N,4)-5000000'";
let ffmpeg = '';

/** The times (µs) of the frames that come out of ffmpeg's filters. */
function timesOf(select: readonly string[]): readonly number[] {
  const filters = [FRAMES, ...select.map((one) => `select='${one}'`)].join(',');
  const args = ['-v', 'error', '-f', 'lavfi', '-i', filters, '-vsync', 'passthrough', '-enc_time_base', '1:1000000'];
  const printed = execFileSync(ffmpeg, [...args, '-copyts', '-f', 'framecrc', 'pipe:1'], { encoding: 'latin1' });
  return [...printed.matchAll(/^0, *-?\d+, *(-?\d+)/gm)].map(([, time]) => Number(time));
}

describe('which frames the decoder picks', () => {
  let own: readonly number[] = [];
  const origin = () => own[0] ?? NaN;
  beforeAll(async () => {
    ffmpeg = (await locateFfmpeg()).path;
    own = timesOf([]);
  });

  const partsFor = (given: LabelOptions): readonly FilePart[] => {
    const times = Float64Array.from(own, (time) => time - origin());
    const keys = Uint8Array.from(own, (_, i) => Number(i % 50 === 0));
    return cutFile(1, 'a.mp4', { origin: origin(), times, keys }, given);
  };

  it.each([
    { every: 2 },
    { every: 7 },
    { every: 3, start: 1.23, end: 40 },
    { fps: 25 },
    { fps: 3.7 },
    { fps: 29.97 },
    { fps: 10, start: 2.5 },
    { fps: 12, start: 0.4, end: 47.1 },
  ])('are those that are sampled, with %j', (sampling) => {
    const given = options(sampling);
    const parts = partsFor(given);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) {
      const from = origin() + (part.start ?? Math.round((given.start ?? 0) * 1e6));
      const to = origin() + (part.end ?? Math.round((given.end ?? Infinity) * 1e6));
      const isSampled = samplerFor(part, given);
      const wanted = own.filter((time) => time >= from && time < to && isSampled(time - origin()));
      const picked = timesOf([`gte(pts,${from})`, pickExpression(part, given) ?? '']);
      // With the frames after the end, by which it is seen.
      expect(picked).toEqual([...wanted, ...own.filter((time) => time >= to)]);
    }
  });

  it('are all where every frame is labelled, and where there is no index', () => {
    expect(pickExpression(partsFor(options({}))[0] as FilePart, options({}))).toBeUndefined();
    const whole: FilePart = { file: 0, part: 0, source: 'a.mp4', firstSeq: 0 };
    expect(pickExpression(whole, options({ fps: 1 }))).toBeUndefined();
    expect(pickExpression({ ...whole, origin: 0 }, options({ every: 5 }))).toBeUndefined();
    const keys = options({ fps: 1, sample: 'keyframes' });
    expect(pickExpression(partsFor(options({ fps: 1 }))[0] as FilePart, keys)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { Pixels } from '../../src/stage/pixels.ts';
import { all, ffmpegs, fileFrom, trueTimes } from '../support/media.ts';

/** A white bar that moves by 4 pixels a field; 50 fields a second make 25 frames. */
const MOVING =
  "color=black:s=128x64:r=50:d=1,geq=lum='if(between(X,mod(N*4,100),mod(N*4,100)+12),235,16)':cb=128:cr=128";
const ENCODE = ['-c:v', 'mpeg2video', '-q:v', '2', '-pix_fmt', 'yuv420p'];
const interlaced = (name = 'fields.mkv', field: 'top' | 'bottom' = 'top'): string =>
  fileFrom(name, [
    ...['-f', 'lavfi', '-i', `${MOVING},tinterlace=interleave_${field}`, ...ENCODE],
    ...['-flags', '+ildct+ilme', '-top', field === 'top' ? '1' : '0'],
  ]);
const progressive = (): string => fileFrom('frames.mkv', ['-f', 'lavfi', '-i', `${MOVING},framestep=2`, ...ENCODE]);

/** How much neighbouring lines differ: large where two fields of different times are woven together. */
function combing({ width, height, data }: Pixels): number {
  let sum = 0;
  for (let y = 1; y < height; y++) {
    for (let x = 0; x < width; x++)
      sum += Math.abs((data[(y * width + x) * 3] ?? 0) - (data[((y - 1) * width + x) * 3] ?? 0));
  }
  return sum / (width * height);
}

describe.each(ffmpegs)('interlaced video with ffmpeg $name', ({ file: ffmpeg }) => {
  it.each(['top', 'bottom'] as const)(
    'of the %s field first gives whole frames, as many and when they are',
    async (field) => {
      const file = interlaced(`${field}.mkv`, field);
      const source = decode(file, { ffmpeg });
      expect(await source.info()).toMatchObject({ interlaced: true });
      const arrivals = await all(source);
      expect(arrivals.map(({ timestamp }) => timestamp)).toEqual(trueTimes(file));
      expect(arrivals).toHaveLength(25);
      // Woven, the bar's edges would have teeth of 4 pixels: about 14 levels on the mean.
      for (const { data } of arrivals) {
        expect(combing(data)).toBeLessThan(4);
        expect(Math.max(...data.data)).toBeGreaterThan(200);
      }
    },
  );

  it('leaves frames that are whole alone', async () => {
    const source = decode(progressive(), { ffmpeg });
    expect(await source.info()).toMatchObject({ interlaced: false });
    expect(await all(source)).toHaveLength(25);
  });

  it('gives the same frames from the middle as from the beginning', async () => {
    const whole = await all(decode(interlaced(), { ffmpeg }));
    const from = whole[12]?.timestamp ?? NaN;
    const part = await all(decode(interlaced(), { ffmpeg, start: from / 1e6 }));
    expect(part).toEqual(whole.slice(12));
  });

  it('ends when it is left half-way', async () => {
    const decoding = decode(interlaced(), { ffmpeg })[Symbol.asyncIterator]();
    await decoding.next();
    await decoding.return();
    expect(await decoding.next()).toEqual({ done: true, value: undefined });
  });
});

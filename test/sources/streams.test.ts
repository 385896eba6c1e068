import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors/errors.ts';
import { chooseStream, type VideoStream } from '../../src/sources/choose-stream.ts';
import type { DecodeOptions, SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { videoFile } from '../../src/sources/video-file.ts';
import { all, ffmpegs, media, rgbAt } from '../support/media.ts';

const colour = (name: string, size: string, seconds = 0.5): string =>
  `-f lavfi -i color=${name}:s=${size}:r=10:d=${seconds}`;
const TWO = `${colour('red', '32x24')} ${colour('blue', '64x48', 1)} -map 0 -map 1 -c:v ffv1`;

// Matroska as this ffmpeg writes it marks all streams if it is to mark none.
const large = (): string => media('large.nut', TWO);
const flagged = (): string => media('flagged.mkv', `${TWO} -disposition:v:0 default -disposition:v:1 0`);
const withCover = (): string => {
  const cover = media('cover.png', '-f lavfi -i color=green:s=96x96 -frames:v 1');
  const args = `-i ${cover} ${colour('blue', '64x48')} -f lavfi -i sine=d=0.5 -map 1 -map 2 -map 0`;
  return media(
    'cover.mp4',
    `${args} -c:v:0 libx264 -pix_fmt:v:0 yuv420p -c:a aac -c:v:1 png -disposition:v:1 attached_pic`,
  );
};

describe.each(ffmpegs)('the video stream, with ffmpeg $name', ({ file: ffmpeg }) => {
  async function read(file: string, options: DecodeOptions = {}) {
    const warnings: SourceWarning[] = [];
    const onWarning = (warning: SourceWarning): void => void (warning.code !== 'old-ffmpeg' && warnings.push(warning));
    const source = decode(file, { ffmpeg, onWarning, ...options });
    const frames = await all(source);
    const [first] = frames;
    const [r = 0, , b = 0] = first ? rgbAt(first.data, 5, 5) : [];
    const { stream } = await source.info();
    return { frames: frames.length, colour: r > b ? 'red' : 'blue', stream, warnings };
  }

  it('is the largest, if the file marks none', async () => {
    const { warnings, ...rest } = await read(large());
    expect(rest).toEqual({ frames: 10, colour: 'blue', stream: 1 });
    expect(warnings).toMatchObject([{ source: large(), code: 'stream', count: 1 }]);
    expect(warnings[0]?.message).toMatch(/2 video streams: 0 \(ffv1, 32x24\), 1 \(ffv1, 64x48\)\. Stream 1 is read/);
  });

  it('is the one that the file marks as its default', async () => {
    expect(await read(flagged())).toMatchObject({
      frames: 5,
      colour: 'red',
      stream: 0,
      warnings: [{ code: 'stream' }],
    });
  });

  it('is the one that is asked for, of which nothing is said', async () => {
    expect(await read(flagged(), { stream: 1 })).toEqual({ frames: 10, colour: 'blue', stream: 1, warnings: [] });
    expect(await read(large(), { stream: 0, start: 0.2 })).toEqual({
      frames: 3,
      colour: 'red',
      stream: 0,
      warnings: [],
    });
  });

  it('is never the cover, and is no choice beside one', async () => {
    expect(await read(withCover())).toEqual({ frames: 5, colour: 'blue', stream: 0, warnings: [] });
  });

  it.each([2, 9999])('%d: an error tells which ones there are', async (stream) => {
    await expect(read(large(), { stream })).rejects.toMatchObject({
      code: 'no-video-stream',
      message: `${large()}: the file has no video stream ${stream}. Its video streams are 0 (ffv1, 32x24), 1 (ffv1, 64x48)`,
    });
  });

  it('an audio stream is no video stream', async () => {
    await expect(read(withCover(), { stream: 1 })).rejects.toThrow('Its only video stream is 0 (h264, 64x48, default)');
  });

  it('videoFile says it too, by its warnings', async () => {
    const codes: string[] = [];
    const source = videoFile(large(), { ffmpeg });
    source.warnings.subscribe(({ code }) => codes.push(code));
    await new Promise<void>((resolve, reject) => source.subscribe({ error: reject, complete: resolve }));
    expect(codes.filter((code) => code !== 'old-ffmpeg')).toEqual(['stream']);
  });
});

describe('chooseStream', () => {
  const video = (stream: number, storedWidth: number, isDefault = false): VideoStream => ({
    stream,
    codec: 'vp9',
    storedWidth,
    storedHeight: 10,
    isDefault,
  });

  it.each([
    [[video(0, 10), video(1, 20), video(2, 20)], 1],
    [[video(0, 30), video(1, 10, true), video(2, 20, true)], 2],
    [[video(3, 10)], 3],
  ])('%#: by the mark, then by size, then by order', (videos, expected) => {
    expect(chooseStream('a', videos, undefined).chosen.stream).toBe(expected);
  });

  it('refuses a file without video', () => {
    expect(() => chooseStream('a', [], undefined)).toThrow('a: the file has no video, only other streams');
    expect(() => chooseStream('a', [], 0)).toThrow('a: the file has no video');
  });

  it.each([-1, 0.5, NaN, 10_000])('the option cannot be %d', (stream) => {
    expect(() => decode('a.mp4', { stream })).toThrow(OptionError);
  });
});

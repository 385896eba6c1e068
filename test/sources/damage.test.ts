import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SourceError } from '../../src/errors/errors.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { all, ffmpegs, media, scratch, trueTimes, writeWith } from '../support/media.ts';

const clip = (): string =>
  media(
    'faststart.mp4',
    '-f lavfi -i testsrc2=s=128x96:r=10:d=3 -pix_fmt yuv420p -c:v libx264 -g 10 -movflags +faststart',
  );

describe.each(ffmpegs)('what cannot be read, with ffmpeg $name', ({ file: ffmpeg }) => {
  async function failure(file: string | URL): Promise<SourceError> {
    const error: unknown = await all(decode(file, { ffmpeg })).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof SourceError)) throw new Error(`expected a SourceError, got ${String(error)}`);
    expect(error.message).toContain(String(file));
    return error;
  }

  async function damaged(file: string): Promise<{ times: number[]; warnings: SourceWarning[] }> {
    const warnings: SourceWarning[] = [];
    const onWarning = (warning: SourceWarning): void => void (warning.code === 'damaged' && warnings.push(warning));
    const arrivals = await all(decode(file, { ffmpeg, onWarning }));
    return { times: arrivals.map(({ timestamp }) => timestamp), warnings };
  }

  it.each([
    ['not-found', () => '/nowhere/at all.mp4'],
    ['not-found', () => `${clip()}/below-a-file.mp4`],
    ['not-a-file', () => scratch()],
    ['not-a-file', () => '/dev/null'],
    ['empty', () => writeWith('empty.mp4', '')],
    ['not-a-video', () => writeWith('text.mp4', 'This is no video at all.\n'.repeat(50))],
    ['not-a-video', () => writeWith('notes.txt', 'This is no video at all.\n'.repeat(50))],
    [
      'not-a-video',
      () => writeWith('noise.mp4', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251))),
    ],
    ['not-a-video', () => writeWith('cut.mp4', readFileSync(clip()).subarray(0, 600))],
    ['no-video-stream', () => media('sound.m4a', '-f lavfi -i sine=d=0.5 -c:a aac')],
    ['no-video-stream', () => media('sound.wav', '-f lavfi -i sine=d=0.5')],
    [
      'no-frames',
      () => writeWith('header.mp4', readFileSync(clip()).subarray(0, readFileSync(clip()).indexOf('mdat') + 4)),
    ],
  ])('%s', async (code, make) => {
    expect((await failure(make())).code).toBe(code);
  });

  it.each(['mp3', 'm4a'])('does not take the cover of an %s for a video', async (ending) => {
    const cover = media('cover.png', '-f lavfi -i color=red:s=32x32 -frames:v 1');
    const codecs = ending === 'mp3' ? '-c:v copy' : '-c:a aac -c:v mjpeg -pix_fmt yuvj420p';
    const args = `-f lavfi -i sine=d=0.5 -i ${cover} -map 0 -map 1 ${codecs} -disposition:v:0 attached_pic`;
    expect((await failure(media(`song.${ending}`, args))).code).toBe('no-video-stream');
  });

  it('reads what is there of a file cut short, and warns', async () => {
    const whole = readFileSync(clip());
    const file = writeWith('cut.mp4', whole.subarray(0, Math.round(whole.length * 0.6)));
    const { times, warnings } = await damaged(file);
    expect(times.length).toBeGreaterThan(10);
    expect(times.length).toBeLessThan(30);
    // The last frame of what is there may be a broken one; those before it are as they were.
    expect(trueTimes(clip()).slice(0, times.length - 1)).toEqual(times.slice(0, -1));
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toMatchObject({ source: file, code: 'damaged' });
    expect(warnings[0]?.count).toBeGreaterThan(0);
    expect(warnings[0]?.message).toMatch(/damaged; ffmpeg complained .*, first: \S+/);
  });

  it('reads on after a damaged middle, and counts the complaints', async () => {
    const bytes = Buffer.from(readFileSync(clip()));
    const middle = Math.round(bytes.length * 0.5);
    bytes.fill(0xaa, middle, middle + 2000);
    const { times, warnings } = await damaged(writeWith('hole.mp4', bytes));
    expect(times.length).toBeGreaterThan(15);
    expect(times.at(-1)).toBeGreaterThanOrEqual(2_800_000);
    expect(warnings.length).toBe(1);
    expect(warnings[0]?.count).toBeGreaterThan(1);
  });

  it('warns of damage also when it stops at an end that was asked for', async () => {
    const bytes = Buffer.from(readFileSync(clip()));
    bytes.fill(0xaa, Math.round(bytes.length * 0.5), Math.round(bytes.length * 0.5) + 2000);
    const file = writeWith('hole.mp4', bytes);
    const warned = async (end: number): Promise<number> => {
      let count = 0;
      await all(decode(file, { ffmpeg, end, onWarning: ({ code }) => void (code === 'damaged' && count++) }));
      return count;
    };
    expect(await warned(2.9)).toBe(1);
  });

  it('says nothing of a file that is whole', async () => {
    const { times, warnings } = await damaged(clip());
    expect(times.length).toBe(30);
    expect(warnings).toEqual([]);
  });

  it('fails each time it is asked anew, not once', async () => {
    const source = decode('/nowhere.mp4', { ffmpeg });
    await expect(all(source)).rejects.toThrow('no such file');
    await expect(all(source)).rejects.toThrow('no such file');
    await expect(source.info()).rejects.toThrow('no such file');
  });

  it('is done after it failed', async () => {
    const decoding = decode('/nowhere.mp4', { ffmpeg })[Symbol.asyncIterator]();
    await expect(decoding.next()).rejects.toThrow(SourceError);
    expect(await decoding.next()).toEqual({ done: true, value: undefined });
  });
});

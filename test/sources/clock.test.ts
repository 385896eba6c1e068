import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lastValueFrom, map, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { DecodeOptions, SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { videoFile } from '../../src/sources/video-file.ts';
import { all, ffmpegs, media, oldFfmpeg, scratch, writeWith } from '../support/media.ts';
import { flvTwice, joined, withLatePacket } from '../support/odd-clocks.ts';

const SHORT = '-f lavfi -i testsrc2=s=64x48:r=20:d=1.5 -pix_fmt yuv420p';
const H264 = '-c:v libx264 -bf 2 -g 10';

const ts = (): string => media('a.ts', `${SHORT} ${H264} -f mpegts`);
const small = (): string =>
  media('small.ts', `${SHORT.replace('64x48', '32x24').replace('d=1.5', 'd=1')} ${H264} -f mpegts`);
const vob = (): string => media('a.vob', `${SHORT} -c:v mpeg2video -bf 2 -g 10 -f vob`);
const flv = (): string => media('a.flv', `${SHORT} -c:v flv1`);
const mp4 = (): string => media('a.mp4', `${SHORT} ${H264}`);

/** A playlist of these files, with a discontinuity before each but the first. */
function playlist(...files: string[]): string {
  const folder = scratch();
  const names = files.map((file, i) => {
    const name = `${i}.ts`;
    execFileSync('cp', [file, path.join(folder, name)]);
    return `#EXTINF:1.5,\n${name}\n`;
  });
  const file = path.join(folder, 'list.m3u8');
  const text = `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n${names.join('#EXT-X-DISCONTINUITY\n')}#EXT-X-ENDLIST\n`;
  execFileSync('tee', [file], { input: text, stdio: ['pipe', 'ignore', 'inherit'] });
  return file;
}

const shifted = (seconds: number): string =>
  withLatePacket(media('plain.mp4', `${SHORT} -c:v libx264 -bf 2 -g 30`), seconds);

const FILES: Record<string, { make: () => string; frames: number }> = {
  'MPEG-TS twice': { make: () => joined('twice.ts', ts(), ts()), frames: 60 },
  'MPEG-TS of other sizes': { make: () => joined('sizes.ts', small(), ts(), small()), frames: 70 },
  'a playlist with discontinuities': { make: () => playlist(ts(), small(), ts()), frames: 80 },
  'an MPEG program stream three times': { make: () => joined('thrice.vob', vob(), vob(), vob()), frames: 90 },
  'FLV twice': { make: () => flvTwice(flv()), frames: 60 },
  'more than a thousand frames in a second': {
    make: () => media('fast.mkv', '-f lavfi -i testsrc2=s=64x48:r=3000 -frames:v 90 -c:v mjpeg'),
    frames: 90,
  },
  'a time an hour ahead': { make: () => shifted(3600), frames: 30 },
};

describe.each(ffmpegs)('a clock that does not run on, with ffmpeg $name', ({ file: ffmpeg }) => {
  async function read(
    file: string,
    options: DecodeOptions = {},
  ): Promise<{ times: number[]; warnings: SourceWarning[] }> {
    const warnings: SourceWarning[] = [];
    const onWarning = (warning: SourceWarning): void => void (warning.code !== 'old-ffmpeg' && warnings.push(warning));
    const how = { ffmpeg, allowPlaylists: true, resize: { width: 8, height: 8 }, onWarning, ...options };
    const frames = await all(decode(file, how));
    return { times: frames.map(({ timestamp }) => timestamp), warnings };
  }

  it.each(Object.keys(FILES))('%s: every frame comes, in increasing time, with one warning', async (name) => {
    const { make, frames } = FILES[name] ?? { make: () => '', frames: NaN };
    const file = make();
    const { times, warnings } = await read(file);
    expect(times.length).toBe(frames);
    expect(times[0]).toBe(0);
    times.forEach((time, i) => i > 0 && expect(time).toBeGreaterThan(times[i - 1] ?? NaN));
    expect(warnings).toMatchObject([{ source: file, code: 'clock' }]);
    expect(warnings[0]?.message).toContain(`of ${frames}`);
    expect(warnings[0]?.count).toBeLessThan(frames);
  });

  it('the gate takes every frame', async () => {
    const source = videoFile(joined('twice.ts', ts(), ts()), { ffmpeg, onError: 'stop' });
    const seqs = source.pipe(
      map(({ label }) => label.seq),
      toArray(),
    );
    expect(await lastValueFrom(seqs)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });

  it('says nothing of a clock that runs on, whatever it starts with', async () => {
    for (const offset of [0, 36_000, 95_443]) {
      const file = media('offset.ts', `${SHORT} ${H264} -output_ts_offset ${offset} -f mpegts`);
      expect(await read(file)).toEqual({ times: Array.from({ length: 30 }, (_, i) => i * 50_000), warnings: [] });
    }
  });

  it('keeps the gaps of a file with an index', async () => {
    const select = 'select=lt(n\\,10)+gt(n\\,25),setpts=PTS+30/TB*gt(N\\,9)';
    const file = media('gap.mp4', `${SHORT} -vf ${select} -vsync vfr ${H264}`);
    const { times, warnings } = await read(file);
    expect(times).toEqual([
      ...Array.from({ length: 10 }, (_, i) => i * 50_000),
      ...[26, 27, 28, 29].map((n) => 30_000_000 + n * 50_000),
    ]);
    expect(warnings).toEqual([]);
  });
});

// An old ffmpeg changes times that do not increase before it writes them.
describe.each(ffmpegs.filter(({ file }) => file !== oldFfmpeg))('times with ffmpeg $name', ({ file: ffmpeg }) => {
  const small8 = { ffmpeg, allowPlaylists: true, resize: { width: 8, height: 8 } };
  const timesOf = async (file: string, options: DecodeOptions = {}): Promise<number[]> =>
    (await all(decode(file, { ...small8, ...options }))).map(({ timestamp }) => timestamp);

  /** The times of the frames by ffmpeg's own rules, which it follows unless it is to copy times. */
  function timesByFfmpeg(file: string): number[] {
    const args = ['-v', 'error', '-protocol_whitelist', 'file,crypto,data', '-i', file, '-map', '0:v'];
    const how = ['-fps_mode', 'passthrough', '-enc_time_base', '1:1000000', '-c:v', 'rawvideo', '-f', 'framecrc', '-'];
    const text = execFileSync(ffmpeg, [...args, ...how], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const times = text.split('\n').filter((line) => line.startsWith('0,'));
    const [first = NaN, ...more] = times.map((line) => Number(line.split(',')[2]));
    return [0, ...more.map((time) => time - first)];
  }

  it.each([
    'MPEG-TS twice',
    'MPEG-TS of other sizes',
    'a playlist with discontinuities',
    'an MPEG program stream three times',
  ])('%s: as ffmpeg corrects it', async (name) => {
    const file = FILES[name]?.make() ?? '';
    const times = await timesOf(file);
    const expected = timesByFfmpeg(file);
    expect(times.length).toBe(expected.length);
    times.forEach((time, i) => expect(Math.abs(time - (expected[i] ?? NaN)), `frame ${i}`).toBeLessThanOrEqual(12));
  });

  it('FLV, where ffmpeg does not, goes on in the same way', async () => {
    const times = await timesOf(FILES['FLV twice']?.make() ?? '');
    expect(times).toEqual(Array.from({ length: 60 }, (_, i) => i * 50_000));
  });

  it('an outlier lies between its neighbours', async () => {
    const times = await timesOf(shifted(3600));
    expect(times.at(-1)).toBeLessThan(1_600_000);
    expect(await timesOf(shifted(2))).toHaveLength(30);
  });

  it.each(Object.keys(FILES))('%s: the pieces are the whole', async (name) => {
    const file = FILES[name]?.make() ?? '';
    const whole = await all(decode(file, small8));
    const end = (whole.at(-1)?.timestamp ?? 0) / 1e6;
    const cuts = [0.2 * end, 0.55 * end, 0.9 * end];
    const pieces = [];
    for (const [i, start] of [undefined, ...cuts].entries()) {
      const until = cuts[i];
      const piece = { ...(start !== undefined && { start }), ...(until !== undefined && { end: until }) };
      pieces.push(...(await all(decode(file, { ...small8, ...piece }))));
    }
    expect(pieces.map(({ timestamp }) => timestamp)).toEqual(whole.map(({ timestamp }) => timestamp));
    pieces.forEach(({ data }, i) => expect(data.data, `pixels of frame ${i}`).toEqual(whole[i]?.data.data));
  });

  it('start reaches behind a jump that comes after frames were given', async () => {
    const file = FILES['FLV twice']?.make() ?? '';
    expect(await timesOf(file, { start: 0.7 })).toEqual(Array.from({ length: 46 }, (_, i) => 700_000 + i * 50_000));
    expect(await timesOf(file, { start: 2.9 })).toEqual([2_900_000, 2_950_000]);
  });

  it.each([0, 10, 60])('can be left after %d ms, before the first frame is found', async (milliseconds) => {
    const decoding = decode(FILES['FLV twice']?.make() ?? '', { ...small8, start: 2.5 })[Symbol.asyncIterator]();
    const late = decode(mp4(), { ...small8, start: 1 })[Symbol.asyncIterator]();
    const first = [decoding.next(), late.next()];
    await wait(milliseconds);
    await Promise.all([decoding.return(), late.return()]);
    await Promise.all(first);
    expect(await decoding.next()).toEqual({ done: true, value: undefined });
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });

  it('gives the same to several readers at once', async () => {
    const source = decode(FILES['FLV twice']?.make() ?? '', { ...small8, start: 0.7, end: 2.9 });
    const reads = await Promise.all([all(source), all(source), all(source)]);
    expect(reads[0]).toHaveLength(44);
    expect(reads[1]).toEqual(reads[0]);
    expect(reads[2]).toEqual(reads[0]);
  });

  it('a clock that starts anew in a file that is cut is told beside the damage', async () => {
    const whole = readFileSync(joined('twice.ts', ts(), ts()));
    const bytes = Buffer.from(whole);
    bytes.fill(0xaa, Math.round(0.75 * whole.length), Math.round(0.75 * whole.length) + 1500);
    const codes: string[] = [];
    const onWarning = ({ code }: SourceWarning): void => void (code !== 'old-ffmpeg' && codes.push(code));
    const times = await timesOf(writeWith('hole.ts', bytes), { onWarning });
    expect(codes.toSorted()).toEqual(['clock', 'damaged']);
    expect(times.length).toBeGreaterThan(45);
  });

  it('start and end count from the first frame, also where a container starts elsewhere', async () => {
    const late = media('late.mkv', `${SHORT} ${H264} -output_ts_offset 100`);
    const early = media('early.mkv', `${SHORT} ${H264} -output_ts_offset -0.5 -avoid_negative_ts disabled`);
    const broadcast = media('offset.ts', `${SHORT} ${H264} -output_ts_offset 36000 -f mpegts`);
    for (const file of [late, early, broadcast, mp4()]) {
      expect(await timesOf(file, { start: 0.5, end: 0.65 }), file).toEqual([500_000, 550_000, 600_000]);
    }
    expect((await decode(late, small8).info()).startSeconds).toBe(100);
  });
});

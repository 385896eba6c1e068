import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { ConnectionLog } from '../../src/sources/ffmpeg/connection-log.ts';
import { CutServer, type Sending } from '../support/cut-server.ts';
import { ffmpegs, media } from '../support/media.ts';

const H264 = '-f lavfi -i testsrc2=s=160x120:r=10:d=4 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 10';
const FILES = {
  'stream.ts': () => media('stream.ts', `${H264} -f mpegts`),
  'faststart.mp4': () => media('faststart.mp4', `${H264} -movflags +faststart`),
  'fragments.mp4': () => media('fragments.mp4', `${H264} -movflags frag_keyframe+empty_moov`),
  'stream.mkv': () => media('stream.mkv', H264),
  'stream.flv': () => media('stream.flv', H264),
  'camera.mpjpeg': () => media('camera.mpjpeg', '-f lavfi -i testsrc2=s=160x120:r=10:d=4 -c:v mjpeg -f mpjpeg'),
} as const;

/** What came of a file that is sent so. */
async function read(name: keyof typeof FILES, sending: Sending, ffmpeg: string) {
  const type = name === 'camera.mpjpeg' ? 'multipart/x-mixed-replace; boundary=ffmpeg' : undefined;
  const server = new CutServer(readFileSync(FILES[name]()), sending, type);
  const url = await server.listen(name);
  const warnings: SourceWarning[] = [];
  let frames = 0;
  let error: { readonly code?: string; readonly message?: string } = {};
  try {
    for await (const _ of decode(url, { ffmpeg, onWarning: (warning) => warnings.push(warning) })) frames++;
  } catch (thrown) {
    error = thrown as Error;
  } finally {
    await server.close();
  }
  const codes = warnings.map(({ code }) => code).filter((code) => code !== 'old-ffmpeg');
  return { frames, error, codes, url, warnings };
}

const names = Object.keys(FILES) as (keyof typeof FILES)[];
const CUTS = ['length, cut', 'length, reset', 'chunks, cut between two', 'chunks, cut within one'] as const;
const modern = ffmpegs.filter(({ name }) => name !== 'installed');

describe.each(modern)('a server that does not send all, with ffmpeg $name', ({ file: ffmpeg }) => {
  it.each(names.flatMap((name) => CUTS.map((sending) => [name, sending] as const)))(
    '%s (%s): the frames that came, then an error',
    async (name, sending) => {
      const { frames, error, url } = await read(name, sending, ffmpeg);
      expect(frames).toBeGreaterThan(10);
      expect(frames).toBeLessThan(40);
      expect(error.code).toBe('cut');
      expect(error.message).toContain(url);
      expect(error.message).toContain(`after ${frames} frames`);
    },
  );

  it.each(names.flatMap((name) => (['length', 'chunks'] as const).map((sending) => [name, sending] as const)))(
    '%s (%s): no error where all came',
    async (name, sending) => {
      const { frames, error, codes } = await read(name, sending, ffmpeg);
      expect(frames).toBe(40);
      expect(error).toEqual({});
      expect(codes).not.toContain('cut');
    },
  );

  it.each(['stream.ts', 'camera.mpjpeg', 'stream.flv'] as const)(
    '%s: a warning where the server does not say where it ends',
    async (name) => {
      for (const sending of ['close', 'close, cut'] as const) {
        const { error, codes, warnings } = await read(name, sending, ffmpeg);
        expect(error).toEqual({});
        expect(codes).toContain('cut');
        expect(warnings.find(({ code }) => code === 'cut')?.message).toContain('does not say');
      }
    },
  );
});

describe.each(ffmpegs)('a server that sends all, with ffmpeg $name', ({ file: ffmpeg }) => {
  it.each(['stream.ts', 'faststart.mp4'] as const)('%s: nothing is wrong', async (name) => {
    const { frames, error, codes } = await read(name, 'length', ffmpeg);
    expect([frames, error, codes]).toEqual([40, {}, []]);
  });

  it('a reset is an error', async () => {
    expect((await read('stream.ts', 'length, reset', ffmpeg)).error.code).toBe('cut');
  });
});

describe('the log of a connection', () => {
  const taken = (...lines: readonly string[]) => {
    const log = new ConnectionLog();
    return { errors: lines.flatMap((line) => log.take(line) ?? []), log };
  };

  it('a silent server has timed out', () => {
    const { errors, log } = taken('http://h/a.ts: Connection timed out', '    Last message repeated 2 times');
    expect([errors, log.timedOut]).toEqual([[], true]);
  });

  it('leaves other errors as they are, without their level', () => {
    const { errors, log } = taken(
      '[h264 @ 0x1] [error] no frame!',
      '[error] Conversion failed!',
      '[h264 @ 0x1] [debug] nal_unit_type: 7',
      '[info] Input #0',
      'and its second line',
    );
    expect(errors).toEqual(['[h264 @ 0x1] no frame!', 'Conversion failed!']);
    expect(taken('Conversion failed!', '').errors).toEqual(['Conversion failed!', '']);
    expect(log.failure).toBeUndefined();
  });

  it('tells the end of the stream from the end of the connection', () => {
    expect(taken('[http @ 0x1] [debug] Last chunk received, closing conn').log.isOver).toBe(true);
    expect(taken('[http @ 0x1] [error] Stream ends prematurely at 5, should be 9').log.failure).toContain('5');
    expect(
      taken('[http @ 0x1] [error] Stream ends prematurely at 5, should be 18446744073709551615').log,
    ).toMatchObject({ lengthUnknown: true });
    expect(taken('[mov @ 0x1] [error] stream 0, offset 0xf375: partial file').log.noEnd).toBe(true);
  });

  it('takes nothing in a file for a connection', () => {
    const { errors, log } = taken(
      '/videos/a.mp4: Invalid data found when processing input',
      '[mjpeg @ 0x1] overread 8',
    );
    expect([errors.length, log.failure, log.noEnd]).toEqual([2, undefined, false]);
  });
});

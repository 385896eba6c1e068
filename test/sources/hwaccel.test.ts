import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { lastValueFrom, map, toArray } from 'rxjs';
import { videoFile } from 'sluice/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { DecodeOptions, SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { all, ffmpegs, media, oldFfmpeg, scratch, writeWith } from '../support/media.ts';
import { squirrel, tiny } from '../support/sluice.ts';

/** What `ffmpeg -hwaccels` lists after its title, read apart from sluice. */
function listed(ffmpeg: string): string[] {
  const [, ...names] = execFileSync(ffmpeg, ['-v', 'quiet', '-hwaccels'], { encoding: 'utf8' }).trim().split('\n');
  return names;
}

/** The frames of a file, and what was said of hardware. */
async function read(where: string | URL, options: DecodeOptions) {
  const warnings: SourceWarning[] = [];
  const onWarning = (warning: SourceWarning): void => void (warning.code !== 'old-ffmpeg' && warnings.push(warning));
  const frames = await all(decode(where, { ...options, resize: { width: 32, height: 24 }, onWarning }));
  return { frames, warnings };
}

/**
 * An ffmpeg that logs what ffmpeg does where there is a device, and decodes without one: `chosen` are the formats that its decoder chooses.
 * `decoding` are its calls that give pixels.
 */
function withDevice(...chosen: string[]): { readonly ffmpeg: string; readonly decoding: () => string[] } {
  const calls = path.join(scratch(), 'calls');
  const logged = chosen.map((format) => `[h264 @ 0x1] [debug] Format ${format} chosen by get_format().\n`).join('');
  const ffmpeg = writeWith(
    'ffmpeg',
    `#!/usr/bin/env node
const [, , ...args] = process.argv;
if (args.includes('-hwaccels')) {
  console.log('Hardware acceleration methods:\\nvaapi\\n');
  process.exit();
}
require('node:fs').appendFileSync(${JSON.stringify(calls)}, args.join(' ') + '\\n');
const at = args.indexOf('-hwaccel');
if (at >= 0) args.splice(at, 2);
const { status } = require('node:child_process').spawnSync(${JSON.stringify(oldFfmpeg)}, args, { stdio: [0, 1, 2, 3] });
if (at >= 0 && args.includes('level+debug')) process.stderr.write(${JSON.stringify(logged)});
process.exit(status);
`,
  );
  chmodSync(ffmpeg, 0o755);
  const decoding = (): string[] =>
    readFileSync(calls, 'utf8')
      .split('\n')
      .filter((call) => call.endsWith(' pipe:1'));
  return { ffmpeg, decoding };
}

// Where a machine has a device, the pixels may differ, and nothing is said.
describe.each(ffmpegs)('hardware that is not there, with ffmpeg $name', ({ file: ffmpeg }) => {
  let plain: Awaited<ReturnType<typeof read>>;
  beforeAll(async () => {
    plain = await read(tiny(), { ffmpeg });
  });

  it.each([...listed(ffmpeg), 'auto'])('%s: gives the same frames, and says why once', async (hwaccel) => {
    const { frames, warnings } = await read(tiny(), { ffmpeg, hwaccel });
    expect(frames.map(({ timestamp }) => timestamp)).toEqual(plain.frames.map(({ timestamp }) => timestamp));
    const [warning, ...others] = warnings;
    expect(others).toEqual([]);
    if (!warning) return;
    expect(frames).toEqual(plain.frames);
    const why = hwaccel === 'auto' ? 'there is no device for it' : `${hwaccel} (does not work: .+|is not for it)`;
    expect(warning).toEqual({
      source: tiny(),
      code: 'hwaccel',
      message: expect.stringMatching(new RegExp(`^h264 is decoded without hardware: ${why}$`)),
      count: 1,
    });
  });

  it('none says nothing, and is the default', async () => {
    expect(plain.frames).toHaveLength(10);
    expect(plain.warnings).toEqual([]);
    expect(await read(tiny(), { ffmpeg, hwaccel: 'none' })).toEqual(plain);
  });

  it('pictures are decoded without it, and nothing is said', async () => {
    const [auto, plain] = [await read(squirrel, { ffmpeg, hwaccel: 'auto' }), await read(squirrel, { ffmpeg })];
    expect(auto.warnings).toEqual([]);
    expect(auto.frames).toEqual(plain.frames);
  });

  it('a name that this ffmpeg does not list is refused, with those that it lists', async () => {
    await expect(read(tiny(), { ffmpeg, hwaccel: 'warp' })).rejects.toMatchObject({
      code: 'option',
      message: expect.stringContaining(`does not know warp; it knows ${listed(ffmpeg).join(', ')}`),
    });
  });
});

it.each([{ start: 0.5 }, { start: 0.5, policy: 'latest' }] as const)('with %j', async (options) => {
  const warnings: string[] = [];
  const source = videoFile(tiny(), { ...options, ffmpeg: oldFfmpeg, hwaccel: 'auto' });
  source.warnings.subscribe(({ code }) => warnings.push(code));
  const labels = await lastValueFrom(
    source.pipe(
      map(({ label }) => label),
      toArray(),
    ),
  );
  expect(labels.at(-1)?.timestamp).toBe(900_000);
  expect(labels[0]?.timestamp).toBeGreaterThanOrEqual(500_000);
  expect(warnings.filter((code) => code === 'hwaccel').length).toBeLessThanOrEqual(1);
  expect(warnings.filter((code) => code !== 'hwaccel' && code !== 'old-ffmpeg')).toEqual([]);
});

it('URLs are read, too', async () => {
  const bytes = readFileSync(tiny());
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length, 'content-type': 'video/mp4' }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/tiny.mp4`;
  try {
    const [tried, plain] = [await read(url, { hwaccel: 'auto' }), await read(url, {})];
    expect(tried.frames).toHaveLength(10);
    for (const { code, source } of tried.warnings) expect([code, source]).toEqual(['hwaccel', url]);
    if (tried.warnings.length > 0) expect(tried.frames).toEqual(plain.frames);
  } finally {
    server.close();
  }
});

describe('an ffmpeg that says that it decodes on a device', () => {
  it('gets -hwaccel before the input, and nothing is said', async () => {
    const { ffmpeg, decoding } = withDevice('yuv420p', 'vaapi_vld');
    const { frames, warnings } = await read(tiny(), { ffmpeg, hwaccel: 'vaapi' });
    expect([frames.length, warnings]).toEqual([10, []]);
    expect(decoding()).toEqual([expect.stringMatching(/ -hwaccel vaapi .*-i file:/)]);
  });

  it('decodes without it where the device fails, and the decoder chooses again', async () => {
    const { ffmpeg, decoding } = withDevice('vaapi_vld', 'yuv420p');
    const { frames, warnings } = await read(tiny(), { ffmpeg, hwaccel: 'vaapi' });
    expect(frames).toHaveLength(10);
    expect(warnings.map(({ message }) => message)).toEqual(['h264 is decoded without hardware: vaapi is not for it']);
    expect(decoding()).toEqual([expect.not.stringContaining('-hwaccel')]);
  });
});

describe('bad input', () => {
  it.each([[''], ['a b'], ['-i'], ['x'.repeat(33)], [7], [null], [true]])(
    'hwaccel: %j is refused at once',
    (hwaccel) => {
      expect(() => decode(tiny(), { hwaccel: hwaccel as never })).toThrow(
        expect.objectContaining({
          code: 'option',
          message: expect.stringContaining('hwaccel must be auto, none or a name'),
        }),
      );
    },
  );

  it('a file that is none fails as without it', async () => {
    const file = writeWith('bad.mp4', 'no video');
    await expect(read(file, { hwaccel: 'auto' })).rejects.toMatchObject({ code: 'not-a-video' });
  });

  it('an animation that no device knows is decoded without, which is said', async () => {
    const gif = media('tiny.gif', '-f lavfi -i testsrc2=s=64x48:r=10:d=0.5');
    const { frames, warnings } = await read(gif, { hwaccel: 'auto' });
    expect(frames).toHaveLength(5);
    expect(warnings.map(({ message }) => message)).toEqual([
      'gif is decoded without hardware: there is no device for it',
    ]);
  });

  it('an ffmpeg that lists nothing', async () => {
    const ffmpeg = writeWith('ffmpeg', '#!/bin/sh\ncase "$*" in *hwaccels*) exit 0;; esac\necho "ffmpeg version 9"\n');
    chmodSync(ffmpeg, 0o755);
    await expect(read(tiny(), { ffmpeg, hwaccel: 'vaapi' })).rejects.toMatchObject({
      message: expect.stringContaining('does not know vaapi; it knows none'),
    });
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { media } from '../support/media.ts';
import { NETWORK } from '../support/clips.ts';
import { flvTwice, joined, withLatePacket } from '../support/odd-clocks.ts';
import { errorsIn, sample, sluice, squirrel } from '../support/sluice.ts';

// What works without any package installed; the last test is of the fastest.
const ENGINE = ['--engine', 'wasm'];
const MOVING = '-f lavfi -i testsrc2=s=320x240:r=25:d=20 -pix_fmt yuv420p';

/** Large enough to be cut into parts. */
const CLIPS: Record<string, () => string> = {
  'H.264 with B-frames': () => media('long.mp4', `${MOVING} -c:v libx264 -preset ultrafast -g 50 -bf 3`),
  'open groups': () => media('open.mp4', `${MOVING} -c:v libx264 -preset veryfast -g 40 -bf 3 -x264-params open-gop=1`),
  'an edit list that begins between key frames': () =>
    media('edit.mp4', `-ss 0.35 -i ${CLIPS['open groups']?.() ?? ''} -c copy`),
  'a variable frame rate': () =>
    media(
      'vfr.mp4',
      `${MOVING} -vf select=not(between(mod(n\\,97)\\,4\\,9))*not(eq(mod(n\\,13)\\,3)) -vsync vfr -c:v libx264 -preset ultrafast -bf 2 -g 30`,
    ),
  'Matroska from below zero': () =>
    media(
      'below.mkv',
      `${MOVING} -c:v libx264 -preset ultrafast -g 50 -output_ts_offset -0.5 -avoid_negative_ts disabled`,
    ),
  'Matroska from 100 s': () =>
    media('late.mkv', `${MOVING} -c:v libx264 -preset ultrafast -g 50 -output_ts_offset 100`),
  'one key frame only': () => media('one-key.mp4', `${MOVING} -c:v libx264 -preset ultrafast -g 100000`),
  MPEG_TS: () => media('clip.ts', `${MOVING} -c:v libx264 -preset ultrafast -g 50 -f mpegts`),
  'MPEG-4 in AVI': () => media('clip.avi', `${MOVING} -c:v mpeg4 -bf 2 -g 50`),
  'a time an hour ahead': () => withLatePacket(media('plain.mp4', `${MOVING} -c:v libx264 -bf 2 -g 50`), 3600, 200),
  'a clock that starts anew': () => flvTwice(media('clip.flv', `${MOVING.replace('d=20', 'd=4')} -c:v flv1`)),
  'MPEG-TS twice': () => joined('twice.ts', CLIPS['MPEG_TS']?.() ?? '', CLIPS['MPEG_TS']?.() ?? ''),
  'two video streams': () =>
    media(
      'two.mkv',
      `${MOVING.replace(' -pix_fmt yuv420p', '')} ${MOVING.replace('320x240', '160x120')} -map 0 -map 1 -c:v libx264 -preset ultrafast -g 50 -disposition:v:0 0 -disposition:v:1 default`,
    ),
  'a GIF': () => media('clip.gif', '-f lavfi -i testsrc2=s=160x120:r=10:d=3'),
  'high dynamic range': () =>
    media(
      'hdr.mp4',
      '-f lavfi -i testsrc2=s=192x128:r=25:d=12 -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=40:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc',
    ),
  'two fields a frame': () => media('fields.mkv', `${MOVING} -c:v mpeg2video -q:v 4 -g 25 -flags +ildct+ilme -top 1`),
  'a picture': () => squirrel,
};

async function both(files: readonly string[], options: readonly string[], workers: number): Promise<void> {
  const common = ['--quiet', ...NETWORK, ...ENGINE, ...options];
  const plain = await sluice(['classify', ...common, ...files]);
  const batched = await sluice(['batch', ...common, '--batch', '1', '--workers', String(workers), ...files]);
  expect(errorsIn(batched.stderr)).toEqual([]);
  expect(batched.stdout).toBe(plain.stdout);
  expect(batched.code).toBe(plain.code);
}

/** The lines of each file. */
function bySource(stdout: string): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  for (const line of stdout.split('\n').slice(0, -1)) {
    const { source } = JSON.parse(line) as { source: string };
    lines.set(source, [...(lines.get(source) ?? []), line]);
  }
  return lines;
}

describe('sluice batch gives the bytes of sluice classify', { timeout: 180_000 }, () => {
  // One run of each command for all clips: to start them takes longer than most clips do.
  let [plain, batched] = [new Map<string, string[]>(), new Map<string, string[]>()];
  let files = new Map<string, string>();
  beforeAll(async () => {
    files = new Map(Object.entries(CLIPS).map(([name, clip]) => [name, clip()]));
    const common = ['--quiet', ...NETWORK, ...ENGINE, ...files.values()];
    const one = await sluice(['classify', ...common]);
    const many = await sluice(['batch', '--batch', '1', '--workers', '2', ...common]);
    expect([many.code, errorsIn(many.stderr), many.stdout === one.stdout]).toEqual([one.code, [], true]);
    [plain, batched] = [bySource(one.stdout), bySource(many.stdout)];
  }, 300_000);

  it.each(Object.keys(CLIPS))('for %s', (name) => {
    const file = files.get(name) ?? '';
    expect(plain.get(file)?.length).toBeGreaterThan(0);
    expect(batched.get(file)).toEqual(plain.get(file));
  });

  it('with one warning for each file whose clock does not run on, or that has several video streams', async () => {
    const names = ['a time an hour ahead', 'a clock that starts anew', 'MPEG-TS twice', 'two video streams'];
    const files = names.map((name) => CLIPS[name]?.() ?? '');
    for (const command of [['classify'], ['batch', '--workers', '2']]) {
      const { stderr, code } = await sluice([...command, '--quiet', ...NETWORK, ...ENGINE, '--every', '50', ...files]);
      expect(code).toBe(0);
      const warnings = stderr.split('\n').filter((line) => line.includes('warning: '));
      expect(warnings.map((line) => line.replace(/.*(starts anew|video streams).*/, '$1')).toSorted()).toEqual([
        'starts anew',
        'starts anew',
        'starts anew',
        'video streams',
      ]);
    }
  });

  it('of the stream that is asked for', async () => {
    await both([CLIPS['two video streams']?.() ?? ''], ['--every', '9', '--stream', '0'], 2);
  });

  it.each([1, 3])('for many files with %i workers', async (workers) => {
    const clips = Object.values(CLIPS).filter((_, i) => i % 2 === 0);
    await both(
      clips.map((clip) => clip()),
      ['--every', '7'],
      workers,
    );
  });

  it.each([
    ['--every', '10'],
    ['--fps', '3.7'],
    ['--start', '3.21', '--end', '17.7'],
    ['--start', '3.21', '--fps', '7', '--top', '2', '--min-score', '0.1'],
    ['--start', '2', '--every', '3', '--fit', 'fill'],
  ])('with %s %s %s %s', async (...options) => {
    const names = ['H.264 with B-frames', 'a variable frame rate', 'an edit list that begins between key frames'];
    await both(
      names.map((name) => CLIPS[name]?.() ?? ''),
      options.filter((one) => one !== undefined),
      2,
    );
  });

  it('for the sample with the bundled network', async () => {
    const plain = await sluice(['classify', '--quiet', ...ENGINE, '--every', '5', sample]);
    const batched = await sluice(['batch', '--quiet', ...ENGINE, '--every', '5', '--workers', '2', sample]);
    expect(batched).toEqual(plain);
  });

  it('on onnxruntime too, whose stages are timed in either', async () => {
    const options = ['--quiet', '--engine', 'onnxruntime', '--every', '5', sample];
    const plain = await sluice(['classify', ...options]);
    expect(await sluice(['batch', '--workers', '2', ...options])).toEqual(plain);
  });
});

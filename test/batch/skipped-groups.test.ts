import { beforeAll, describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { media } from '../support/media.ts';
import { errorsIn, sluice } from '../support/sluice.ts';

/** So large that to decode two seconds takes longer than to start a decoder. */
const MOVING = '-f lavfi -i testsrc2=s=1920x1080:r=25:d=10 -pix_fmt yuv420p';
const X264 = `${MOVING} -c:v libx264 -preset ultrafast`;

const CLIPS: Record<string, () => string> = {
  'open groups with B-frames': () => media('skip-open.mp4', `${X264} -g 60 -bf 3 -x264-params open-gop=1`),
  'a variable frame rate in Matroska': () =>
    media(
      'skip-vfr.mkv',
      `${MOVING} -vf select=not(eq(mod(n\\,7)\\,3)) -vsync vfr -c:v libx264 -preset ultrafast -g 55 -bf 2`,
    ),
  'MPEG-4': () => media('skip-mpeg4.mp4', `${MOVING} -c:v mpeg4 -g 60 -bf 2`),
  'VP8 in WebM': () => media('skip.webm', `${MOVING} -c:v libvpx -deadline realtime -cpu-used 16 -g 60`),
  'one key frame': () => media('skip-one-key.mp4', `${X264} -g 100000 -keyint_min 100000 -sc_threshold 0`),
};
/** Its index begins between key frames, so that it is decoded whole. */
const edited = () => media('skip-edit.mp4', `-ss 0.35 -i ${CLIPS['open groups with B-frames']?.() ?? ''} -c copy`);

async function both(sampling: string, files: readonly string[]) {
  const common = [...NETWORK, '--engine', 'wasm', ...sampling.split(' '), ...files];
  const plain = await sluice(['classify', '--quiet', ...common]);
  const batched = await sluice(['batch', '--batch', '1', '--workers', '2', ...common]);
  expect([plain.code, batched.code]).toEqual([0, 0]);
  expect(errorsIn(batched.stderr)).toEqual([]);
  return { plain: plain.stdout, batched: batched.stdout, said: batched.stderr.split('\n') };
}

describe('frames that nobody wants are not decoded', { timeout: 300_000 }, () => {
  const files = new Map<string, string>();
  let run: Awaited<ReturnType<typeof both>>;
  beforeAll(async () => {
    for (const [name, clip] of Object.entries(CLIPS)) files.set(name, clip());
    files.set('edited', edited());
    run = await both('--fps 0.2', [...files.values()]);
  }, 300_000);

  it('and batch gives the bytes of classify, which decodes all', () => {
    expect(run.batched).toBe(run.plain);
    // Two frames of each.
    expect(run.plain.split('\n').length - 1).toBe(2 * files.size);
  });

  it.each(Object.keys(CLIPS))('of %s, which is said', (name) => {
    const line = run.said.find((one) => one.includes(files.get(name) ?? '') && one.includes('frames are decoded'));
    const [, decoded, of, read, groups] = /(\d+) of (\d+) frames .* (\d+) of (\d+) groups/.exec(line ?? '') ?? [];
    expect(Number(decoded)).toBeGreaterThan(1);
    expect(Number(decoded)).toBeLessThan(Number(of) * 0.6);
    expect(Number(read)).toBeLessThanOrEqual(Number(groups));
    // From the first frame to the second one.
    if (name === 'one key frame') expect([decoded, of, read, groups]).toEqual(['126', '250', '1', '1']);
  });

  it('but all of a file whose index begins between key frames', () => {
    const edit = files.get('edited') ?? '';
    expect(run.said.filter((one) => one.includes(edit) && one.includes('frames are decoded'))).toEqual([]);
  });

  it('between a start and an end, which need not be at key frames', async () => {
    const { plain, batched, said } = await both('--every 110 --start 1.3 --end 9', [
      files.get('open groups with B-frames') ?? '',
    ]);
    expect(batched).toBe(plain);
    expect(said.some((line) => line.includes('frames are decoded'))).toBe(true);
  });
});

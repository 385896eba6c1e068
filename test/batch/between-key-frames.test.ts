import { describe, expect, it } from 'vitest';
import { framesOf } from '../../src/batch/file-part.ts';
import { describeInput } from '../../src/batch/inputs.ts';
import { planFile } from '../../src/batch/plan-file.ts';
import { NETWORK } from '../support/clips.ts';
import { media } from '../support/media.ts';
import { errorsIn, sluice } from '../support/sluice.ts';

/** So small that to decode a frame takes less time than LeNet-5 does. */
const NOISE = '-f lavfi -i testsrc2=s=32x16:r=25:d=30,noise=alls=60:allf=t -pix_fmt yuv420p';
const CLIPS: Record<string, () => string> = {
  'long open groups of H.264 with B-frames, at a variable rate': () =>
    media(
      'between-vfr-16.mkv',
      `${NOISE} -vf select=not(eq(mod(n\\,7)\\,3)) -vsync vfr -c:v libx264 -preset ultrafast -qp 10 -g 450 -keyint_min 450 -sc_threshold 0 -bf 3 -x264-params open-gop=1`,
    ),
  'MPEG-4 with one key frame': () => media('between-mpeg4-16.mp4', `${NOISE} -c:v mpeg4 -q:v 2 -bf 2 -g 600`),
  'VP9 with one key frame': () =>
    media('between-vp9-16.webm', `${NOISE} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 9999`),
};

describe('parts that begin between key frames', { timeout: 240_000 }, () => {
  it.each(Object.entries(CLIPS))('give the bytes of classify: %s', async (_, clip) => {
    const file = clip();
    const options = { model: 'lenet5', taskOptions: {}, engine: 'wasm', macs: Promise.resolve(416_520) } as const;
    const { signal } = new AbortController();
    const plan = await planFile(0, [describeInput(file)], options, signal);
    const unknown = await planFile(0, [describeInput(file)], { ...options, macs: 0 }, signal);
    expect(plan.parts.length).toBeGreaterThan(unknown.parts.length);
    expect([plan.frames, framesOf(plan.parts)]).toEqual([unknown.frames, unknown.frames]);
    const common = [...NETWORK, '--engine', 'wasm', file];
    const plain = await sluice(['classify', '--quiet', ...common]);
    const batched = await sluice(['batch', '--batch', '1', '--workers', '2', '--progress', 'json', ...common]);
    expect([plain.code, batched.code]).toEqual([0, 0]);
    expect(errorsIn(batched.stderr)).toEqual([]);
    // Not decoded again as a whole.
    expect(batched.stderr).not.toContain('"warning"');
    expect(batched.stdout).toBe(plain.stdout);
  });
});

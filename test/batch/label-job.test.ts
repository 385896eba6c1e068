import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { labelFiles } from 'sluice/node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { media, scratch } from '../support/media.ts';

describe('a job without a folder of its own that cannot begin', { timeout: 60_000 }, () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each<[string, object, RegExp]>([
    ['for weights that are none', { weights: 'broken.safetensors' }, /broken\.safetensors/],
    ['for an ffmpeg that is none', { ffmpeg: 'broken.safetensors' }, /ffmpeg/],
  ])('%s leaves nothing behind', async (_name, { weights, ffmpeg }: { weights?: string; ffmpeg?: string }, message) => {
    const clip = media('tiny.mp4', '-f lavfi -i testsrc=s=64x64:r=10:d=1');
    const folder = scratch();
    const temporary = scratch();
    writeFileSync(path.join(folder, 'broken.safetensors'), 'no weights');
    vi.stubEnv('TMPDIR', temporary);
    const within = (name: string | undefined) => name && path.join(folder, name);
    const options = { workers: 1, weights: within(weights), ffmpeg: within(ffmpeg) };
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    await expect(lastValueFrom(labelFiles([clip], given))).rejects.toThrow(message);
    expect(readdirSync(temporary).filter((name) => name.startsWith('sluice-job-'))).toEqual([]);
  });
});

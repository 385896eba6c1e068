import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { labelFiles } from 'sluice/node';
import { extraDecoderBytes, memoryBudget } from '../../src/batch/memory.ts';
import { media } from '../support/media.ts';
import { placed } from '../support/clips.ts';

const NETWORK = { model: 'lenet5', seed: 1 } as const;

/** An ffmpeg that notes when a decoder begins and ends, and gives a second one five seconds to begin before the first does its work. */
function noting(): { ffmpeg: string; most: () => number } {
  const log = placed('decoders.log', '');
  const script = `#!/bin/sh
case "$*" in *rawvideo*) ;; *) exec ffmpeg "$@" ;; esac
echo + >> '${log}'
tries=0
while [ "$(grep -c + '${log}')" -lt 2 ] && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
ffmpeg "$@"
status=$?
echo - >> '${log}'
exit $status
`;
  const ffmpeg = placed('noting-ffmpeg', script);
  chmodSync(ffmpeg, 0o755);
  const most = (): number => {
    let [now, highest] = [0, 0];
    for (const line of readFileSync(log, 'utf8').split('\n')) {
      now += line === '+' ? 1 : line === '-' ? -1 : 0;
      highest = Math.max(highest, now);
    }
    return highest;
  };
  return { ffmpeg, most };
}

/** 20 frames of 3840×2160: read as one part. */
const large = (name: string): string =>
  media(
    `${name}.mp4`,
    '-f lavfi -i testsrc2=s=3840x2160:r=10:d=2 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -b:v 8M',
  );

describe('--memory', { timeout: 120_000 }, () => {
  it('gives room for as many workers as it holds, and at least one', async () => {
    expect((await memoryBudget(NETWORK, { workers: 'auto', memory: 1 })).workers).toBe(1);
    const { workers, decoderBytes } = await memoryBudget(NETWORK, { workers: 'auto', memory: 850e6 });
    expect([1, 2]).toContain(workers);
    expect(decoderBytes).toBeLessThan(850e6 - workers * 400e6);
    const large = await memoryBudget({ model: 'vgg16' }, { workers: 'auto', memory: 4e9 });
    expect(large.workers).toBe(Math.min(workers, 1));
  });

  it('leaves a number of workers that was asked for as it is', async () => {
    expect(await memoryBudget(NETWORK, { workers: 7 })).toEqual({ workers: 7, decoderBytes: Infinity });
    expect((await memoryBudget(NETWORK, { workers: 7, memory: 1e9 })).decoderBytes).toBeLessThan(0);
  });

  it('reckons decoders in by the size of their pictures', () => {
    expect(extraDecoderBytes({ storedWidth: 640, storedHeight: 360 })).toBe(0);
    expect(extraDecoderBytes({ storedWidth: 1920, storedHeight: 1080 })).toBe(0);
    // ffmpeg took 85 MB more than for small pictures where these were H.264 of 8 bits, 180 MB where HEVC of 10.
    expect(extraDecoderBytes({ storedWidth: 3840, storedHeight: 2160 })).toBeGreaterThan(180e6);
  });

  it.each([
    ['one after the other where it is too little for two', 1.2e9, 1],
    ['at once where it is enough', 4e9, 2],
  ])('decodes two large files %s', async (_, memory, at) => {
    const { ffmpeg, most } = noting();
    const files = [large('large'), large('larger')];
    const results = await lastValueFrom(
      labelFiles(files, { ...NETWORK, workers: 2, memory, ffmpeg, top: 1 }).pipe(toArray()),
    );
    expect(results.map(({ source, seq }) => `${path.basename(source)} ${seq}`)).toEqual(
      files.flatMap((file) => Array.from({ length: 20 }, (_unused, seq) => `${path.basename(file)} ${seq}`)),
    );
    expect(most()).toBe(at);
  });
});

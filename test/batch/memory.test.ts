import { chmodSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { labelFiles, type JobEvent, type LabelFilesOptions } from 'sluice/node';
import type { MachineLimits } from '../../src/engines/machine-limits.ts';
import { loadPipeline } from '../../src/models/named-model.ts';
import { extraDecoderBytes, memoryBudget } from '../../src/batch/memory.ts';
import { media } from '../support/media.ts';
import { placed } from '../support/clips.ts';

const NETWORK = { model: 'lenet5', seed: 1, fit: 'contain' } as const;

/** An ffmpeg that notes when a decoder begins and ends, and gives a second one five seconds to begin before the first does its work. */
function noting(): { ffmpeg: string; most: () => number } {
  const log = placed('decoders.log', '');
  const script = `#!/bin/sh
case "$*" in *filter_complex*) ;; *) exec ffmpeg "$@" ;; esac
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

/** Five frames of 3840×2160: read as one part. */
const large = (name: string): string =>
  media(
    `${name}.mp4`,
    '-f lavfi -i testsrc2=s=3840x2160:r=10:d=0.5 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -b:v 8M',
  );

/** Of 64 cores. LeNet's workers are reckoned with 401 MB each. */
const MACHINE: MachineLimits = { cores: 64, memory: totalmem() };
const SMALL: MachineLimits = { ...MACHINE, memory: 300e6, memoryLimit: 'memory.max allows 300 MB' };
const QUOTA: MachineLimits = { ...MACHINE, cores: 1, coresLimit: 'cpu.max allows 0.5 cores' };

describe('workers in a container', () => {
  const budget = (asked: { workers: number | 'auto'; memory?: number }, limits: MachineLimits) =>
    memoryBudget(NETWORK, asked, limits);

  it('are as many as its quota of cores allows', async () => {
    expect(await budget({ workers: 'auto', memory: 1e12 }, QUOTA)).toMatchObject({
      workers: 1,
      reason: 'one for each core: cpu.max allows 0.5 cores',
      warnings: [],
    });
    expect(await budget({ workers: 'auto', memory: 1e12 }, MACHINE)).toMatchObject({
      workers: 64,
      reason: 'one for each core',
    });
  });

  it('are as many as fit into three quarters of its memory, and at least one', async () => {
    const { workers, reason, decoderBytes, warnings } = await budget({ workers: 'auto' }, SMALL);
    expect([workers, warnings]).toEqual([1, []]);
    expect(reason).toBe(
      "as many as fit, with 401 MB for each, into 225 MB, three quarters of the container's memory: memory.max allows 300 MB",
    );
    expect(decoderBytes).toBeLessThan(0);
    const larger = { ...SMALL, memory: Math.min(1.7e9, totalmem() / 4) };
    const { parameters } = (await loadPipeline({ model: 'lenet5' })).summary();
    const fitting = Math.floor((0.75 * larger.memory) / (400e6 + 12 * parameters));
    expect((await budget({ workers: 'auto' }, larger)).workers).toBe(Math.max(1, fitting));
  });

  it('take no more of its memory when more is asked for, with a warning', async () => {
    const { workers, reason, warnings } = await budget({ workers: 'auto', memory: 2e9 }, SMALL);
    expect(workers).toBe(1);
    expect(reason).toContain('three quarters');
    expect(warnings).toEqual([
      'memory is 2000 MB, but memory.max allows 300 MB: the workers take 225 MB, three quarters of that',
    ]);
    expect(await budget({ workers: 'auto', memory: 200e6 }, SMALL)).toMatchObject({
      reason: 'as many as fit, with 401 MB for each, into 200 MB, as asked for',
      warnings: [],
    });
  });

  it('are the number that was asked for, but their decoders keep to its memory', async () => {
    const { workers, reason, decoderBytes } = await budget({ workers: 3 }, SMALL);
    expect([workers, reason]).toEqual([3, 'as asked for']);
    expect(decoderBytes).toBeLessThan(225e6 - 3 * 400e6);
  });

  it('keep to the share of the machine where that is less', async () => {
    const wide = { ...MACHINE, memory: totalmem() * 0.9, memoryLimit: 'memory.max allows nearly all' };
    expect((await budget({ workers: 2 }, wide)).decoderBytes).toBeLessThan(totalmem() / 4);
    expect((await budget({ workers: 'auto' }, { ...wide, cores: 1e6 })).reason).toContain(
      "a quarter of the machine's memory",
    );
  });
});

describe('--memory', { timeout: 120_000 }, () => {
  it('gives room for as many workers as it holds, and at least one', async () => {
    expect((await memoryBudget(NETWORK, { workers: 'auto', memory: 1 })).workers).toBe(1);
    const { workers, decoderBytes } = await memoryBudget(NETWORK, { workers: 'auto', memory: 850e6 });
    expect([1, 2]).toContain(workers);
    expect(decoderBytes).toBeLessThan(850e6 - workers * 400e6);
    const large = await memoryBudget({ model: 'vgg16' }, { workers: 'auto', memory: 4e9 });
    expect(large.workers).toBe(Math.min(workers, 1));
  });

  it('is all that a picture may take beside a worker, if it is asked for or a container’s', async () => {
    const of = async (memory: number | undefined, limits: MachineLimits) =>
      (await memoryBudget(NETWORK, { workers: 'auto', ...(memory && { memory }) }, limits)).pictureBytes;
    expect((await of(1e9, MACHINE)).most).toBeGreaterThan(590e6);
    expect((await of(1e9, MACHINE)).most).toBeLessThan(600e6);
    expect((await of(undefined, SMALL)).most).toBeLessThan(0);
    expect((await of(undefined, MACHINE)).most).toBe(Infinity);
  });

  it('leaves a number of workers that was asked for as it is', async () => {
    expect(await memoryBudget(NETWORK, { workers: 7 }, MACHINE)).toEqual({
      workers: 7,
      reason: 'as asked for',
      decoderBytes: Infinity,
      pictureBytes: { most: Infinity, origin: '' },
      warnings: [],
    });
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
      files.flatMap((file) => Array.from({ length: 5 }, (_unused, seq) => `${path.basename(file)} ${seq}`)),
    );
    expect(most()).toBe(at);
  });
});

describe('a large picture', { timeout: 120_000 }, () => {
  /** Over the size that every worker has room for: 4,200 × 4,200 pixels, reckoned with 194 MB. */
  const photo = (name: string): string =>
    media(`${name}.png`, '-f lavfi -i color=c=red:s=4200x4200 -frames:v 1 -pix_fmt rgb24');
  const small = (): string => media('small.png', '-f lavfi -i color=c=red:s=64x64 -frames:v 1');

  async function label(files: readonly string[], options: LabelFilesOptions) {
    const failed: string[] = [];
    const onEvent = (event: JobEvent): void => void (event.type === 'failed' && failed.push(event.message));
    const results = labelFiles(files, { ...NETWORK, workers: 2, top: 1, onEvent, ...options });
    const sources = (await lastValueFrom(results.pipe(toArray()))).map(({ source }) => path.basename(source));
    return { sources, failed };
  }

  it.each([
    ['one after the other where the memory is too little for two', 1.1e9, 1],
    ['at once where it is enough', 4e9, 2],
  ])('is decoded with another %s', async (_, memory, at) => {
    const { ffmpeg, most } = noting();
    const files = [photo('large'), photo('larger')];
    expect(await label(files, { memory, ffmpeg })).toEqual({ sources: ['large.png', 'larger.png'], failed: [] });
    expect(most()).toBe(at);
  });

  it('fails where the memory is too little for one, and the others are labelled', async () => {
    const file = photo('large');
    const { sources, failed } = await label([file, small()], { memory: 500e6 });
    expect(sources).toEqual(['small.png']);
    expect(failed).toEqual([
      `${file}: decoding 4200x4200 takes about 194 MB, and beside a worker there are 99 MB of 500 MB, as asked for: raise memory (--memory), or scale it down before`,
    ]);
  });

  it('fails above the limit of pixels, which can be raised', async () => {
    const file = photo('large');
    const { sources, failed } = await label([file, small()], { maxPixels: 17e6 });
    expect(sources).toEqual(['small.png']);
    expect(failed).toEqual([
      `${file}: 4200x4200 is over the limit of 17,000,000 pixels: maxPixels (--max-pixels) raises it`,
    ]);
    expect((await label([file], { maxPixels: 18e6 })).failed).toEqual([]);
    expect(() => labelFiles([file], { maxPixels: 0 })).toThrow(/maxPixels must be a whole number from 1/);
  });
});

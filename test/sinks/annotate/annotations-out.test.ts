import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Classification, StoredResult } from 'sluice';
import { prepareAnnotations, type AnnotateOptions } from '../../../src/sinks/annotate/annotations-out.ts';
import { decode } from '../../../src/sources/ffmpeg/decode.ts';
import { all, corners, ffmpegs, fileFrom, media, QUADRANTS, scratch, trueTimes } from '../../support/media.ts';
import { CLASSIFIED, NASTY, resultOf } from '../../support/results.ts';

/** Ten grey frames, one every 100 ms. */
const grey = () => media('grey.mp4', '-f lavfi -i color=gray:s=320x240:r=10:d=1 -pix_fmt yuv420p -c:v libx264');

/** Frames that come at odd times, of an odd size. */
const uneven = () =>
  media(
    'uneven.mp4',
    "-f lavfi -i testsrc=s=161x121:r=30:d=2 -vf select='not(mod(n,3))+not(mod(n,7))' -vsync vfr -pix_fmt yuv444p -c:v libx264",
  );

/** Two frames that are left long after the others. */
const sparse = () =>
  media(
    'sparse.mp4',
    "-f lavfi -i testsrc=s=64x48:r=10:d=6 -vf select='lt(n,8)+eq(n,31)+eq(n,57)' -vsync vfr -pix_fmt yuv420p -c:v libx264 -bf 0 -use_editlist 0",
  );

const single = () => media('single.mp4', '-f lavfi -i testsrc=s=64x48:r=10:d=0.1 -pix_fmt yuv420p -c:v libx264');

const openAnnotations = async (...given: Parameters<typeof prepareAnnotations>) =>
  (await prepareAnnotations(...given))();

/** Draws on a copy of the video, given a result for each of these times. */
async function annotate(
  source: string,
  results: readonly StoredResult<Classification>[],
  options: Partial<AnnotateOptions> = {},
): Promise<string> {
  const file = path.join(scratch(), 'out.mp4');
  const out = await openAnnotations([source], file, { ...CLASSIFIED, ...options });
  for (const result of results) {
    out.write({ ...result, source });
    await out.room();
  }
  out.ended(source, true);
  await out.commit();
  return file;
}

const at = (timestamp: number, ...labels: string[]) => ({ ...resultOf(0, ...labels), timestamp });

/** The mean brightness of the lower left corner, where the labels are, and of the upper half, of each frame. */
async function brightness(file: string): Promise<{ corner: number; rest: number }[]> {
  return (await all(decode(file))).map(({ data: { width, height, data } }) => {
    const mean = (x0: number, x1: number, y0: number, y1: number) => {
      let sum = 0;
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) sum += data[(y * width + x) * 3] ?? 0;
      return sum / ((x1 - x0) * (y1 - y0));
    };
    return { corner: mean(0, 100, height - 10, height), rest: mean(0, width, 0, height / 2) };
  });
}

describe('prepareAnnotations', () => {
  it('draws on the frames from a result to the next, and on nothing else', async () => {
    const found = await brightness(await annotate(grey(), [at(200_000, 'cat'), at(500_000), at(800_000, 'dog')]));
    const before = await brightness(grey());
    expect(found.length).toBe(10);
    for (const [i, { corner, rest }] of found.entries()) {
      expect(Math.abs(rest - (before[i]?.rest ?? 0))).toBeLessThan(2);
      // The box is darker than the grey.
      expect([i, corner < rest - 30]).toEqual([i, [2, 3, 4, 8, 9].includes(i)]);
    }
  });

  describe.each(ffmpegs)('by the ffmpeg that is $name', ({ file: ffmpeg }) => {
    it.each([
      ['every 100 ms', grey, 10],
      ['at odd times', uneven, 26],
      ['with the last ones long after', sparse, 10],
      ['that is a single one', single, 1],
    ])('keeps all frames at their own times: %s', async (_, clip, count) => {
      const times = trueTimes(clip());
      expect(times).toHaveLength(count);
      const results = times.map((time) => at(time, 'cat'));
      expect(trueTimes(await annotate(clip(), results, { ffmpeg }))).toEqual(times);
    });

    it('keeps the frames of a part at their times in the whole', async () => {
      const part = { start: 0.35, end: 0.75, ffmpeg };
      const file = await annotate(grey(), [at(400_000, 'cat')], part);
      expect(trueTimes(file)).toEqual([400_000, 500_000, 600_000, 700_000]);
    });

    it('keeps the size of the pictures, made even', async () => {
      const [first] = await all(decode(await annotate(uneven(), [at(0, 'cat')], { ffmpeg })));
      expect([first?.data.width, first?.data.height]).toEqual([162, 122]);
    });
  });

  it('keeps the colours', async () => {
    const colours = fileFrom('quadrants.mp4', [
      '-f',
      'lavfi',
      '-i',
      QUADRANTS,
      '-pix_fmt',
      'yuv444p',
      '-c:v',
      'libx264',
    ]);
    const [first] = await all(decode(await annotate(colours, [at(0)])));
    expect(first && corners(first.data)).toBe('red green blue white');
  });

  it('takes every label there is', async () => {
    const times = trueTimes(uneven());
    const file = await annotate(
      uneven(),
      times.map((time, i) => at(time, NASTY[i % NASTY.length] ?? '')),
    );
    expect(trueTimes(file)).toEqual(times);
  });

  it('draws few and good classes only', async () => {
    const results = [{ ...at(0, 'cat', 'dog', 'cow'), seq: 0 }];
    const [none] = await brightness(await annotate(grey(), results, { taskOptions: { minScore: 0.9 } }));
    expect(Math.abs((none?.corner ?? 0) - (none?.rest ?? 0))).toBeLessThan(5);
  });

  it('draws on the part that was asked for', async () => {
    const file = await annotate(grey(), [at(300_000, 'cat')], { start: 0.3, end: 0.6 });
    expect(trueTimes(file)).toEqual([300_000, 400_000, 500_000]);
  });

  it('makes a video of each of many, one after the other', async () => {
    const folder = scratch();
    const sources = [grey(), uneven()];
    const out = await openAnnotations(sources, `${folder}/new/{name}.{ext}`, CLASSIFIED);
    for (const source of sources) {
      for (const time of trueTimes(source)) {
        out.write({ ...at(time, 'cat'), source });
        await out.room();
      }
      out.ended(source, true);
    }
    await out.commit();
    expect(readdirSync(path.join(folder, 'new')).toSorted()).toEqual(['grey.mp4', 'uneven.mp4']);
    expect(trueTimes(path.join(folder, 'new/uneven.mp4'))).toEqual(trueTimes(uneven()));
  });

  it('holds results back that come faster than frames can be drawn', async () => {
    const out = await openAnnotations([grey()], path.join(scratch(), 'out.mp4'), CLASSIFIED);
    let rooms = 0;
    for (let i = 0; i < 100; i++) {
      const room = out.room();
      if (room) rooms++;
      await room;
      out.write({ ...at(i * 10_000, 'cat'), source: grey() });
    }
    out.ended(grey(), true);
    await out.commit();
    expect(rooms).toBeGreaterThan(0);
  });
});

describe('what is not whole is not there', () => {
  async function leftAfter(act: (out: Awaited<ReturnType<typeof openAnnotations>>) => unknown): Promise<string[]> {
    const folder = scratch();
    const file = path.join(folder, 'out.mp4');
    writeFileSync(file, 'old');
    const out = await openAnnotations([grey()], file, CLASSIFIED);
    for (const time of [0, 100_000, 200_000]) out.write({ ...at(time, 'cat'), source: grey() });
    await act(out);
    // What is discarded goes when its ffmpeg has ended.
    await expect.poll(() => readdirSync(folder)).toEqual(['out.mp4']);
    expect(readFileSync(file, 'utf8')).toBe('old');
    return readdirSync(folder);
  }

  it('when the run is interrupted or fails', async () => {
    await leftAfter((out) => expect(out.keepPartial()).toEqual([]));
    await leftAfter((out) => out.discard());
  });

  it('when its source breaks off', async () => {
    await leftAfter(async (out) => {
      out.ended(grey(), false);
      expect(await out.commit()).toEqual([]);
    });
  });

  it('when its source cannot be decoded a second time: no error where the first time told it, else one', async () => {
    const whole = readFileSync(grey());
    for (const isWhole of [false, true]) {
      const folder = scratch();
      const broken = path.join(folder, 'broken.mp4');
      writeFileSync(broken, whole.subarray(0, 600));
      const out = await openAnnotations([broken], path.join(folder, 'out.mp4'), CLASSIFIED);
      out.write({ ...at(0, 'cat'), source: broken });
      out.ended(broken, isWhole);
      if (isWhole) await expect(out.commit()).rejects.toThrow('broken.mp4');
      else expect(await out.commit()).toEqual([]);
      expect(readdirSync(folder)).toEqual(['broken.mp4']);
    }
  });

  it('when nothing was found in the time asked for', async () => {
    const folder = scratch();
    const out = await openAnnotations([grey()], path.join(folder, 'out.mp4'), CLASSIFIED);
    out.ended(grey(), true);
    await out.commit();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('when its folder is not there: one clear error', async () => {
    const file = path.join(scratch(), 'none/out.mp4');
    const wrong = {
      code: 'output',
      message: expect.stringContaining(`cannot write ${file}: `) as string,
    };
    await expect(openAnnotations([grey()], file, CLASSIFIED)).rejects.toMatchObject(wrong);
    mkdirSync(path.dirname(file));
    const out = await openAnnotations([grey()], file, CLASSIFIED);
    const failure = new Promise((resolve) => out.failure.subscribe({ error: resolve }));
    rmSync(path.dirname(file), { recursive: true });
    out.write({ ...at(0, 'cat'), source: grey() });
    out.ended(grey(), true);
    await expect(out.commit()).rejects.toMatchObject(wrong);
    expect(await failure).toMatchObject({ code: 'output' });
  });

  it('when it is not wanted any more, though all its results came', async () => {
    const folder = scratch();
    const out = await openAnnotations([grey()], path.join(folder, 'out.mp4'), CLASSIFIED);
    out.write({ ...at(0, 'cat'), source: grey() });
    out.ended(grey(), true);
    const done = out.commit();
    out.discard();
    await done;
    expect(readdirSync(folder)).toEqual([]);
  });

  const disk = scratch();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]).status === 0;
  afterAll(() => void (mounted && execFileSync('umount', [disk])));

  it.skipIf(!mounted)('when the disk is full', async () => {
    const noise = media(
      'noise.mp4',
      '-f lavfi -i nullsrc=s=320x240:r=10:d=1 -vf geq=random(1)*255:128:128 -pix_fmt yuv420p -c:v libx264',
    );
    const out = await openAnnotations([noise], path.join(disk, 'out.mp4'), CLASSIFIED);
    out.write({ ...at(0, 'cat'), source: noise });
    out.ended(noise, true);
    await expect(out.commit()).rejects.toMatchObject({
      code: 'output',
      message: expect.stringContaining('No space left on device') as string,
    });
    expect(readdirSync(disk)).toEqual([]);
  });
});

it.each([
  [['a.mp4'], 'out.avi', 'the file must be an .mp4 file'],
  [['a.mp4'], '-', 'the file must be an .mp4 file'],
  [['a.mp4', 'b.mp4'], 'out.mp4', "--annotate '{dir}/{name}-labels.mp4'"],
  [['a.mp4', 'a.mov'], '{name}.mp4', 'both be written'],
  [[grey()], grey(), 'is the input file'],
  [[grey()], '{dir}/{name}.mp4', 'is the input file'],
])('of %j into %s is refused', async (inputs, out, message) => {
  await expect(openAnnotations(inputs, out, CLASSIFIED)).rejects.toMatchObject({
    code: 'option',
    message: expect.stringContaining(message) as string,
  });
});

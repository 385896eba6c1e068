import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lastValueFrom, map, take, toArray } from 'rxjs';
import { frameSource, inOrder, OptionError, ShapeError, SluiceError, type Frame, type Pixels } from 'sluice';
import { videoFile, videoOut } from 'sluice/node';
import { afterAll, describe, expect, it } from 'vitest';
import { closedAccount, run, watch } from '../../support/balance.ts';
import { oldFfmpeg, scratch } from '../../support/media.ts';
import { picture, pictures } from '../../support/picture-frames.ts';
import { ffmpegsOf } from '../../support/sluice.ts';

const folder = () => mkdtempSync(path.join(scratch(), 'out-'));

/** A grey picture of this brightness. */
const grey = (value: number, width = 32, height = 16, channels: 3 | 4 = 3): Pixels => ({
  ...{ width, height, channels },
  data: new Uint8Array(width * height * channels).fill(value),
});

const source = (list: readonly Pixels[], options = {}) =>
  frameSource(
    list.map((data, k) => ({ data, timestamp: 1000 + k * 40_000 })),
    { source: 'list', ...options },
  );

const read = (file: string) =>
  lastValueFrom(
    videoFile(file).pipe(
      map(({ label: { timestamp }, data }) => ({
        timestamp,
        width: data.width,
        height: data.height,
        grey: data.data[0],
      })),
      toArray(),
    ),
  );

describe('videoOut', () => {
  it('writes pictures with their times, and says so when the file is whole', async () => {
    const file = path.join(folder(), 'grey.mp4');
    const frames = source([60, 120, 180].map((value) => grey(value)));
    let sawFile = false;
    const watched = map((frame: Frame<Pixels>) => {
      sawFile ||= existsSync(file);
      return frame;
    });
    const { values, completed } = await run(frames.pipe(watched, videoOut(file)));
    expect([values, completed, sawFile]).toEqual([[{ path: file, frames: 3, width: 32, height: 16 }], true, false]);
    const shown = await read(file);
    expect(shown.map(({ timestamp }) => timestamp)).toEqual([0, 40_000, 80_000]);
    for (const [i, { grey: value = 0 }] of shown.entries()) expect(Math.abs(value - 60 * (i + 1))).toBeLessThan(6);
    expect(closedAccount(frames)).toEqual({ produced: 3, delivered: 3, discarded: 0, failed: 0 });
    expect(readdirSync(path.dirname(file))).toEqual(['grey.mp4']);
  });

  it('gives odd sides one more row or column, and blends transparent pixels with white', async () => {
    const file = path.join(folder(), 'odd.mp4');
    const clear = grey(0, 7, 5, 4);
    const { values } = await run(source([clear]).pipe(videoOut(file)));
    expect(values).toMatchObject([{ width: 7, height: 5 }]);
    expect(await read(file)).toMatchObject([{ width: 8, height: 6, grey: 255 }]);
  });

  it('holds the source back, and replaces an older file only when it is whole', async () => {
    const file = path.join(folder(), 'again.mp4');
    await run(source([grey(10)]).pipe(videoOut(file)));
    const frames = source(
      Array.from({ length: 20 }, () => grey(200)),
      { maxInFlight: 2 },
    );
    const { leases } = watch(frames);
    await run(frames.pipe(videoOut(file)));
    expect([leases(), (await read(file)).length]).toEqual([2, 20]);
  });

  it('keeps nothing when it is unsubscribed from, or the stream fails', async () => {
    const file = path.join(folder(), 'cut.mp4');
    const frames = pictures(50);
    await new Promise<void>((resolve) => {
      let seen = 0;
      const counted = map((frame: Frame<Pixels>) => {
        if (++seen === 3) setTimeout(() => (subscription.unsubscribe(), resolve()), 0);
        return frame;
      });
      const subscription = frames.pipe(counted, videoOut(file)).subscribe();
    });
    await expect.poll(() => readdirSync(path.dirname(file))).toEqual([]);
    closedAccount(frames);
    const broken = pictures(4).pipe(
      inOrder(1, async (frame: Frame<Pixels>) => {
        if (frame.label.seq === 2) throw new Error('no more');
        return frame;
      }),
    );
    const { error } = await run(broken.pipe(videoOut(file)));
    expect(String(error)).toContain('no more');
    await expect.poll(() => readdirSync(path.dirname(file))).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')(
    'leaves no process when it is unsubscribed from while ffmpeg starts',
    async () => {
      const at = folder();
      const [slow, asked] = [path.join(at, 'slow.sh'), path.join(at, 'asked')];
      writeFileSync(slow, `#!/bin/sh\necho >> '${asked}'\nsleep 0.2\nexec '${oldFfmpeg}' "$@"\n`, { mode: 0o755 });
      const subscription = pictures(5)
        .pipe(videoOut(path.join(at, 'cut.mp4'), { ffmpeg: slow }))
        .subscribe();
      await expect.poll(() => existsSync(asked)).toBe(true);
      subscription.unsubscribe();
      // So long that an encoder would have started.
      await wait(1000);
      await expect.poll(() => ffmpegsOf(process.pid)).toEqual([]);
      expect(readdirSync(at).toSorted()).toEqual(['asked', 'slow.sh']);
    },
  );

  const disk = scratch();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]).status === 0;
  afterAll(() => void (mounted && spawnSync('umount', [disk])));

  it.skipIf(!mounted)('a full disk is one clear error, and leaves no file and no process', async () => {
    const noise = grey(0, 320, 240);
    noise.data.forEach((_, i) => (noise.data[i] = (i * i * 31) % 251));
    const frames = source(
      Array.from({ length: 10 }, () => noise),
      { onError: 'skip' },
    );
    const { error, values } = await run(frames.pipe(videoOut(path.join(disk, 'full.mp4'))));
    expect([(error as SluiceError).code, values]).toEqual(['output', []]);
    expect(String(error)).toContain('No space left on device');
    expect(readdirSync(disk)).toEqual([]);
    await expect.poll(() => ffmpegsOf(process.pid)).toEqual([]);
  });

  it('a picture of another size ends the stream with an error that names both, also where frames may fail', async () => {
    const file = path.join(folder(), 'sizes.mp4');
    const { error } = await run(source([picture(0, 8, 6), picture(1, 6, 8)], { onError: 'skip' }).pipe(videoOut(file)));
    expect(error).toBeInstanceOf(ShapeError);
    expect(String(error)).toContain(`a picture has 6×8 pixels, but ${file} has 8×6`);
    await expect.poll(() => readdirSync(path.dirname(file))).toEqual([]);
  });

  it('no pictures, a folder that is missing, or a folder in its place are clear errors', async () => {
    const at = folder();
    const none = await run(source([]).pipe(videoOut(path.join(at, 'none.mp4'))));
    expect(none.error).toBeInstanceOf(OptionError);
    expect(String(none.error)).toContain('there is no picture to write to');
    mkdirSync(path.join(at, 'taken.mp4'));
    for (const file of ['missing/a.mp4', 'taken.mp4']) {
      const { error } = await run(source([grey(1)]).pipe(videoOut(path.join(at, file))));
      expect(error).toBeInstanceOf(SluiceError);
      expect((error as SluiceError).code).toBe('output');
      expect(String(error)).toContain(path.join(at, file));
    }
    const one = source([grey(1)], { onError: 'skip' });
    const { error } = await run(one.pipe(videoOut(path.join(at, 'x.mp4'), { ffmpeg: '/no/ffmpeg' })));
    expect((error as SluiceError).code).toMatch(/^(no|bad)-ffmpeg$/);
    expect(String(error)).toContain('/no/ffmpeg');
  });

  it('each subscription writes anew', async () => {
    const file = path.join(folder(), 'twice.mp4');
    const written = source([grey(50), grey(60)]).pipe(videoOut(file));
    expect([(await run(written)).values.length, (await run(written.pipe(take(1)))).values.length]).toEqual([1, 1]);
    expect(await read(file)).toHaveLength(2);
  });

  it.each([['clip.webm'], [''], [undefined], [3]])('the path %j is refused', (given) => {
    expect(() => videoOut(given as never)).toThrow('videoOut: the path must be that of an .mp4 file');
  });
});

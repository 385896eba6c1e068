import { spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { all, ffmpegs, media } from '../support/media.ts';
import { ffmpegChildren } from '../support/processes.ts';

const DONE = { done: true, value: undefined };
/** 60 s of 640x360: far more than any pipe holds. */
const long = (): string =>
  media('long.mp4', '-f lavfi -i testsrc=s=640x360:r=30:d=60 -pix_fmt yuv420p -c:v libx264 -preset ultrafast');

beforeAll(() => void long());

const mine = (): { pid: number; state: string }[] => ffmpegChildren(process.pid);
const cpuTicks = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
};

async function throwAtSecond(ffmpeg: string): Promise<void> {
  for await (const { timestamp } of decode(long(), { ffmpeg })) if (timestamp > 0) throw new Error('mine');
}

describe.skipIf(process.platform !== 'linux').each(ffmpegs)('the child, with ffmpeg $name', ({ file: ffmpeg }) => {
  it('is gone when return() resolves, half-way', async () => {
    const decoding = decode(long(), { ffmpeg })[Symbol.asyncIterator]();
    for (let n = 0; n < 5; n++) await decoding.next();
    expect(mine().length).toBe(1);
    expect(await decoding.return()).toEqual(DONE);
    expect(mine()).toEqual([]);
    expect(await decoding.next()).toEqual(DONE);
  });

  it('stands still when it is as far ahead as it may be, and is gone from there', async () => {
    // 32 MB are 46 of these pictures.
    const decoding = decode(long(), { ffmpeg, readAhead: 1000 })[Symbol.asyncIterator]();
    await decoding.next();
    const [{ pid } = { pid: 0 }] = mine();
    await expect.poll(() => standsStill(pid), { timeout: 110_000 }).toBe(true);
    let taken = 1;
    for (; taken < 46; taken++) expect((await decoding.next()).value?.timestamp).toBe(Math.round((taken * 1e6) / 30));
    expect(mine().map((child) => child.pid)).toEqual([pid]);
    await decoding.return();
    expect(mine()).toEqual([]);
  });

  it('is gone before the first frame, and the pending next() ends as done', async () => {
    for (const delay of [0, 5, 30, 80, 150]) {
      const decoding = decode(long(), { ffmpeg })[Symbol.asyncIterator]();
      const pending = decoding.next();
      await wait(delay);
      await decoding.return();
      expect(mine()).toEqual([]);
      const result = await pending;
      if (result.done !== true) expect(result.value.timestamp).toBe(0);
    }
  });

  it('a cancelled reading does not take the description from others', async () => {
    const source = decode(long(), { ffmpeg });
    const decoding = source[Symbol.asyncIterator]();
    const pending = [source.info(), decoding.next()] as const;
    await decoding.return();
    expect(await pending[0]).toMatchObject({ width: 640, height: 360 });
    expect(await pending[1]).toEqual(DONE);
    const again = source[Symbol.asyncIterator]();
    expect((await again.next()).done).toBe(false);
    await again.return();
  });

  it('ends all of several pending next()', async () => {
    const decoding = decode(long(), { ffmpeg })[Symbol.asyncIterator]();
    const pending = [decoding.next(), decoding.next(), decoding.next()];
    await decoding.return();
    expect(await Promise.all(pending)).toEqual([DONE, DONE, DONE]);
  });

  it('gives several pending next() their frames in order', async () => {
    const decoding = decode(long(), { ffmpeg })[Symbol.asyncIterator]();
    const results = await Promise.all([decoding.next(), decoding.next(), decoding.next()]);
    expect(results.map(({ value }) => value?.timestamp)).toEqual([0, 33_333, 66_667]);
    await decoding.return();
  });

  it('is never started by an iterator that is not asked', async () => {
    const decoding = decode(long(), { ffmpeg })[Symbol.asyncIterator]();
    await wait(50);
    expect(mine()).toEqual([]);
    expect(await decoding.return()).toEqual(DONE);
    expect(await decoding.next()).toEqual(DONE);
  });

  it('is gone after break and after a throw in for await', async () => {
    for await (const { timestamp } of decode(long(), { ffmpeg })) if (timestamp > 0) break;
    expect(mine()).toEqual([]);
    await expect(throwAtSecond(ffmpeg)).rejects.toThrow('mine');
    expect(mine()).toEqual([]);
  });

  it('is gone, and waited for, at the end of a file', async () => {
    await all(decode(media('short.mp4', '-f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -pix_fmt yuv420p'), { ffmpeg }));
    expect(mine()).toEqual([]);
  });

  it('stands still while nobody asks, and goes on after', async () => {
    const decoding = decode(long(), { ffmpeg })[Symbol.asyncIterator]();
    await decoding.next();
    const [child] = mine();
    if (child === undefined) throw new Error('the child ended without being asked for its frames');
    await expect.poll(() => standsStill(child.pid), { timeout: 110_000 }).toBe(true);
    const before = { cpu: cpuTicks(child.pid), memory: process.memoryUsage().arrayBuffers };
    await wait(300);
    expect(cpuTicks(child.pid) - before.cpu).toBeLessThanOrEqual(1);
    // 0.7 MB a frame: a few at most.
    expect(process.memoryUsage().arrayBuffers - before.memory).toBeLessThan(5e6);
    const next = await decoding.next();
    expect(next.value?.timestamp).toBe(33_333);
    await decoding.return();
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('fails the stream when something else sends it %s', async (signal) => {
    const decoding = decode(long(), { ffmpeg })[Symbol.asyncIterator]();
    await decoding.next();
    const [child] = mine();
    if (child === undefined) throw new Error('no child');
    process.kill(child.pid, signal);
    let frames = 1;
    const rest = async (): Promise<void> => {
      for (;;) {
        if ((await decoding.next()).done === true) return;
        frames++;
      }
    };
    await expect(rest()).rejects.toMatchObject({ code: 'decode-failed' });
    expect(frames).toBeLessThan(100);
    expect(await decoding.next()).toEqual(DONE);
  });

  it('two at once do not disturb each other', async () => {
    const other = media('other.mp4', '-f lavfi -i testsrc2=s=64x48:r=10:d=2 -pix_fmt yuv420p');
    const source = decode(other, { ffmpeg });
    const [one, two, three] = await Promise.all([
      all(source),
      all(source),
      all(decode(other, { ffmpeg, resize: { width: 8, height: 8 } })),
    ]);
    expect(one.length).toBe(20);
    expect(two.map(({ timestamp }) => timestamp)).toEqual(one.map(({ timestamp }) => timestamp));
    expect(three.length).toBe(20);
    expect(one[7]?.data.data).toEqual(two[7]?.data.data);
    expect(one[7]?.data.data.buffer).not.toBe(one[8]?.data.data.buffer);
  });

  // A process of its own that reads two frames and then ends in its own way, or is killed.
  it.each(['return', 'throw', 'SIGKILL'])('does not outlive a process that ends by %s', async (way) => {
    const script = path.join(import.meta.dirname, 'fixtures', 'reads-two-frames.mjs');
    const parent = spawn(process.execPath, [script, long(), ffmpeg, way], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const line = await new Promise<string>((resolve) => parent.stdout.once('data', (text) => resolve(String(text))));
    const children = line.trim().split(' ').map(Number);
    expect(children.length).toBe(1);
    if (way === 'SIGKILL') parent.kill('SIGKILL');
    if (parent.exitCode === null && parent.signalCode === null)
      await new Promise((resolve) => parent.once('exit', resolve));
    for (let tries = 0; tries < 800 && children.some(isFfmpeg); tries++) await wait(25);
    expect(children.filter(isFfmpeg)).toEqual([]);
  });
});

/** Whether a process uses no CPU for a while. */
async function standsStill(pid: number): Promise<boolean> {
  const before = cpuTicks(pid);
  await wait(300);
  return cpuTicks(pid) === before;
}

function isFfmpeg(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`).includes('ffmpeg');
  } catch {
    return false;
  }
}

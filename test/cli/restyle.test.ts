import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { firstValueFrom, lastValueFrom, map, toArray } from 'rxjs';
import { modelFrom, picture, pipeline, upsample, useEngine, writeModel } from 'sluice';
import { images, videoFile } from 'sluice/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { media, scratch } from '../support/media.ts';
import { main, Running, sluice, squirrel } from '../support/sluice.ts';

/** Five frames of 32×24 pixels. */
const clip = () => media('restyle.mp4', '-f lavfi -i testsrc2=s=32x24:r=5:d=1 -pix_fmt yuv420p -c:v libx264 -g 5');
const photo = () => media('restyle.png', '-f lavfi -i testsrc2=s=22x14:r=1:d=1 -frames:v 1');

/** A model that makes pictures twice as large, and black and white of its numbers 0 and 1. */
let own: readonly string[];
beforeAll(async () => {
  await useEngine('cpu');
  const net = pipeline({ name: 'twice', inputShape: [1, 16, 16, 3] }, upsample({ size: 2 }));
  const twice = await modelFrom(net, { width: 16, height: 16, range: [0, 1] }, { task: picture({ range: [0, 1] }) });
  const file = path.join(scratch(), 'twice.safetensors');
  writeFileSync(file, writeModel(twice));
  own = ['--model', file, '--engine', 'cpu', '--quiet'];
});

const folder = () => mkdtempSync(path.join(scratch(), 'restyle-'));
const linesOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('sluice restyle', () => {
  it('makes a picture of each photo, and of each frame of a video, in a folder', async () => {
    const out = folder();
    const { code, stdout, stderr } = await sluice(['restyle', ...own, '--every', '2', '--out', out, photo(), clip()]);
    expect([code, stderr]).toEqual([0, '']);
    const names = ['restyle.png', 'restyle-000000.png', 'restyle-000002.png', 'restyle-000004.png'];
    expect(linesOf(stdout).map((line) => line['path'])).toEqual(names.map((name) => path.join(out, name)));
    expect(readdirSync(out).toSorted()).toEqual(names.toSorted());
    // Each pixel of the photo is four of the picture.
    const [before, after] = await Promise.all(
      [photo(), path.join(out, 'restyle.png')].map((file) =>
        firstValueFrom(images([file]).pipe(map(({ data }) => ({ ...data, data: Uint8Array.from(data.data) })))),
      ),
    );
    expect([after?.width, after?.height]).toEqual([44, 28]);
    const at = (x: number, y: number) => after?.data[3 * (44 * y + x)];
    for (const [x, y] of [
      [0, 0],
      [20, 12],
      [7, 5],
    ] as const) {
      expect([at(2 * x, 2 * y), at(2 * x + 1, 2 * y + 1)]).toEqual(
        Array.from({ length: 2 }, () => before?.data[3 * (22 * y + x)]),
      );
    }
  });

  it('makes a video of a video, with its times, in tiles of any size', async () => {
    const out = path.join(folder(), 'large.mp4');
    const { code, stdout } = await sluice(['restyle', ...own, '--tile', '12', '--overlap', '3', '--out', out, clip()]);
    expect([code, linesOf(stdout)]).toEqual([0, [{ source: clip(), path: out, frames: 5, width: 64, height: 48 }]]);
    const times = videoFile(out).pipe(
      map(({ label }) => label.timestamp),
      toArray(),
    );
    expect(await lastValueFrom(times)).toEqual([0, 200_000, 400_000, 600_000, 800_000]);
  });

  it('goes on after a file that can’t be read, and says so', async () => {
    const out = folder();
    const broken = path.join(out, 'broken.mp4');
    writeFileSync(broken, 'no video');
    const template = path.join(out, '{name}-new.{ext}');
    const { code, stdout, stderr } = await sluice(['restyle', ...own, '--out', template, broken, clip()]);
    expect([code, linesOf(stdout).length]).toEqual([1, 1]);
    expect(stderr).toContain('broken.mp4');
    expect(readdirSync(out).toSorted()).toEqual(['broken.mp4', 'restyle-new.mp4']);
  });

  const long = () =>
    media('restyle-long.mp4', '-f lavfi -i testsrc2=s=64x48:r=25:d=60 -pix_fmt yuv420p -c:v libx264 -g 25');

  it('keeps no half of a video when it is interrupted', async () => {
    const out = folder();
    const running = new Running(['restyle', ...own, '--out', path.join(out, 'long.mp4'), long()]);
    await running.until(() => readdirSync(out).length > 0, 'a file in progress');
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(readdirSync(out)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('shows the cursor of a terminal again when it is interrupted', async () => {
    const out = folder();
    const args = ['restyle', ...own.slice(0, -1), '--out', path.join(out, 'long.mp4'), long()];
    const line = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ');
    const running = new Running([], { command: ['script', '-qefc', line, '/dev/null'] as never, stdin: 'pipe' });
    await running.until(() => running.stdout.includes('\u001b[?25l'), 'a bar');
    running.child.stdin?.write('\u0003');
    const { stdout } = await running.ended;
    expect(stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?25l'));
    expect(stdout).toContain('sluice: interrupted');
  });

  it('says nothing of an old ffmpeg when it is quiet', async () => {
    const command = ['/bin/sh', '-c', 'exec "$@" 2>&1', 'sh', process.execPath, main] as const;
    const { stdout } = await sluice(['restyle', ...own, '--out', folder(), photo()], {
      command,
      env: { PATH: folder() },
    });
    expect(linesOf(stdout).length).toBe(1);
  });

  it('refuses options that the model can’t take once, and not for each file', async () => {
    const { code, stderr } = await sluice(['restyle', ...own, '--overlap', '99', '--out', folder(), photo(), clip()]);
    expect([code, stderr.split('\n').length]).toEqual([2, 2]);
    expect(stderr).toContain("overlap must be at most half of the tile's size");
  });

  it.each<[string, string, string[], string]>([
    ['over the picture that it is made of', '.', ['a.png'], 'a.png is the input file a.png'],
    ['two pictures to one file', 'x', ['a.png', 'b/a.jpg'], 'a.png and b/a.jpg would both be written to x/a.png'],
    ['two videos to the same files', 'x', ['a.mp4', 'b/a.mov'], 'a.mp4 and b/a.mov would both be written to'],
  ])('does not write %s', async (_, out, inputs, said) => {
    const cwd = folder();
    writeFileSync(path.join(cwd, 'a.png'), 'a picture');
    const { code, stderr } = await sluice(['restyle', ...own, '--out', out, ...inputs], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(said) as string]);
    expect(readdirSync(cwd)).toEqual(['a.png']);
  });

  it.each<[string, string[], number, string]>([
    ['no --out', [squirrel], 2, "required option '--out <path>' not specified"],
    ['a picture as --out', ['--out', 'a.png', squirrel], 2, '--out a.png is a picture: give a folder'],
    ['another kind of video', ['--out', 'a.webm', squirrel], 2, '--out a.webm: videos are written as .mp4 only'],
    ['one video for two inputs', ['--out', 'a.mp4', squirrel, clip()], 2, "--out '{dir}/{name}-new.{ext}'"],
    ['an input as output', ['--out', clip(), clip()], 2, 'is the input file'],
    ['a template for a folder', ['--out', '{dir}/x', squirrel], 2, 'a template is for videos'],
    ['a model that is not downloaded', ['--out', 'x.mp4', squirrel], 1, 'esrgan is not downloaded'],
    ['a classifier', ['--model', 'lenet5', '--out', 'x.mp4', squirrel], 2, 'the task of lenet5 is classification: use'],
    ['a quality of 0', ['--quality', '0', '--out', 'x', squirrel], 2, 'It must be a number from 1 to 100'],
  ])('%s is one clear error', async (_, args, code, said) => {
    const ended = await sluice(['restyle', ...args], { env: { SLUICE_CACHE: scratch() }, cwd: folder() });
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toContain(said);
  });

  it('the model of another command says so', async () => {
    for (const command of ['classify', 'batch']) {
      const { code, stderr } = await sluice([command, ...own, squirrel]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('is picture: use sluice restyle') as string]);
    }
  });
});

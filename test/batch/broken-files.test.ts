import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { media, scratch } from '../support/media.ts';
import { errorsIn, main, parse, Running, sluice, squirrel, tiny } from '../support/sluice.ts';
import { long, NETWORK } from '../support/clips.ts';
import { partsIn } from '../support/kills.ts';

const linux = process.platform === 'linux';
const batch = (...args: readonly string[]) => sluice(['batch', '--quiet', ...NETWORK, ...args]);

/** Ways to be broken, and what is said of each. */
const BROKEN: readonly (readonly [ending: string, content: () => Uint8Array | string, said: string])[] = [
  ['mp4', () => '', 'the file is empty'],
  ['mp4', () => 'This is no video at all.\n'.repeat(50), 'ffmpeg cannot read it as a video'],
  [
    'mov',
    () => Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251)),
    'ffmpeg cannot read it as a video',
  ],
  ['mp4', () => readFileSync(tiny()).subarray(0, 600), 'ffmpeg cannot read it as a video'],
  ['m4a', () => readFileSync(media('sound.m4a', '-f lavfi -i sine=d=0.5 -c:a aac')), 'the file has no video'],
  ['jpg', () => readFileSync(squirrel).subarray(0, 20), ''],
  ['png', () => '\x89PNG\r\n\x1a\n and nothing else', ''],
];

describe('60 files, 20 of them broken', { timeout: 300_000 }, () => {
  it('40 are labelled, 20 named with reasons, nothing is lost', async () => {
    const folder = scratch();
    const small = readFileSync(media('small.jpg', '-f lavfi -i testsrc2=s=32x32 -frames:v 1'));
    const broken = new Map<string, string>();
    const good: string[] = [];
    for (let i = 0; i < 60; i++) {
      const [ending, content, said] = (i % 3 === 1 && BROKEN[Math.floor(i / 3) % BROKEN.length]) || [
        'jpg',
        () => small,
      ];
      const file = path.join(folder, `${String(i).padStart(3, '0')}.${ending}`);
      writeFileSync(file, content());
      if (said === undefined) good.push(file);
      else broken.set(file, said);
    }
    const out = path.join(scratch(), 'all.ndjson');
    const files = [...good, ...broken.keys()].toSorted();
    const { code, stderr } = await batch('--out', out, ...files);
    const errors = errorsIn(stderr);
    expect([code, broken.size, errors.length]).toEqual([1, 20, 20]);
    for (const [file, said] of broken)
      expect(errors).toContainEqual(expect.stringMatching(new RegExp(`${file}: .*${said}`)));
    const lines = parse(readFileSync(out, 'utf8'));
    expect(lines.map(({ source }) => source)).toEqual(good);
  });
});

describe('what goes wrong on the way', { timeout: 120_000 }, () => {
  it('an input that is deleted is named; when it is back, the same command goes on', async () => {
    const folder = scratch();
    const [first, second] = [path.join(folder, 'a.mp4'), path.join(folder, 'b.mp4')];
    copyFileSync(long(), first);
    copyFileSync(long(), second);
    const out = path.join(scratch(), 'all.ndjson');
    const job = path.join(scratch(), 'job');
    const args = ['batch', '--quiet', ...NETWORK, '--workers', '1', '--job', job, '--out', out, first, second];
    const run = new Running(args);
    await run.until(() => partsIn(job) >= 1, 'a part');
    renameSync(second, `${second}.away`);
    const { code, stderr } = await run.ended;
    expect(errorsIn(stderr)).toEqual([expect.stringContaining(`${second}: no such file`)]);
    expect([code, parse(readFileSync(out, 'utf8')).length]).toEqual([1, 500]);
    expect((await sluice(args)).stderr).toContain(`${second} is gone`);
    renameSync(`${second}.away`, second);
    expect(await sluice(args)).toMatchObject({ code: 0, stderr: '' });
    expect(parse(readFileSync(out, 'utf8')).length).toBe(1000);
  });

  it('--out that cannot be written is an error before anything is read', async () => {
    const out = path.join(scratch(), 'missing/all.ndjson');
    const { code, stderr } = await batch('--out', out, squirrel);
    expect(stderr).toContain(`cannot write ${out}: `);
    expect(code).toBe(1);
  });

  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, main] as const;
  const asNobody = spawnSync(nobody[0], [...nobody.slice(1), '--version']).status === 0;
  it.skipIf(!asNobody)('a job folder without permission is named', async () => {
    const folder = scratch();
    chmodSync(folder, 0o755);
    for (const job of [path.join(folder, 'job'), folder]) {
      const args = ['batch', '--quiet', ...NETWORK, '--job', job, squirrel];
      const { code, stderr } = await sluice(args, { command: nobody });
      expect(errorsIn(stderr)).toEqual([expect.stringMatching(/job folder|cannot write into/)]);
      expect(stderr).toContain('permission denied');
      expect(code).toBe(1);
    }
  });

  const disk = scratch();
  const mounted = linux && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=40k', 'tmpfs', disk]).status === 0;
  afterAll(() => void (mounted && execFileSync('umount', [disk])));
  it.skipIf(!mounted)('a disk that is full stops the job, is named, and the same command goes on', async () => {
    const out = path.join(scratch(), 'all.ndjson');
    const args = ['batch', '--quiet', ...NETWORK, '--job', path.join(disk, 'job'), '--out', out, long()];
    const { code, stderr } = await sluice(args);
    expect(errorsIn(stderr)).toEqual([expect.stringContaining('ENOSPC: no space left on device')]);
    expect(stderr).toContain(`the finished work is kept in ${path.join(disk, 'job')}: run the same command to resume`);
    expect(code).toBe(1);
    execFileSync('mount', ['-o', 'remount,size=10m', disk]);
    expect(await sluice(args)).toMatchObject({ code: 0, stderr: '' });
    expect(parse(readFileSync(out, 'utf8')).length).toBe(500);
  });

  it('all files broken: --out is left as it was', async () => {
    const folder = scratch();
    const out = path.join(folder, 'all.ndjson');
    writeFileSync(out, 'old\n');
    const { code, stderr } = await batch('--out', out, '/nowhere/a.mp4', '/nowhere/b.mp4');
    expect([code, errorsIn(stderr).length]).toEqual([1, 2]);
    expect([readFileSync(out, 'utf8'), readdirSync(folder)]).toEqual(['old\n', ['all.ndjson']]);
  });
});

describe('which files are meant', { timeout: 120_000 }, () => {
  const folder = scratch();
  mkdirSync(path.join(folder, 'deep/deeper'), { recursive: true });
  for (const name of ['b.jpg', 'deep/a b.jpg', 'deep/deeper/ünï\ncode.jpg', '[1].jpg', '-dash.jpg'])
    copyFileSync(squirrel, path.join(folder, name));
  writeFileSync(path.join(folder, 'notes.txt'), 'no picture');
  const sources = async (...args: readonly string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await sluice(['batch', '--quiet', '--workers', '1', ...NETWORK, ...args], {
      cwd: folder,
    });
    expect([code, stderr]).toEqual([0, '']);
    return parse(stdout).map(({ source }) => source);
  };

  it('all videos and pictures of a folder, by name, each once', async () => {
    const all = ['-dash.jpg', '[1].jpg', 'b.jpg', 'deep/a b.jpg', 'deep/deeper/ünï\ncode.jpg'];
    expect(await sources('.')).toEqual(all);
    expect(await sources('b.jpg', './b.jpg', '*.jpg', 'b.jpg')).toEqual(['b.jpg', '-dash.jpg', '[1].jpg']);
  });

  it('patterns, a name that looks like one, and lists', async () => {
    expect(await sources('deep/**/*.jpg', '[1].jpg')).toEqual(['deep/a b.jpg', 'deep/deeper/ünï\ncode.jpg', '[1].jpg']);
    writeFileSync(path.join(folder, 'list.txt'), '[1].jpg\r\n\nb.jpg\n');
    writeFileSync(path.join(folder, 'list.nul'), 'deep/deeper/ünï\ncode.jpg\0b.jpg\0');
    expect(await sources('@list.txt')).toEqual(['[1].jpg', 'b.jpg']);
    expect(await sources('@list.nul')).toEqual(['deep/deeper/ünï\ncode.jpg', 'b.jpg']);
  });

  it.each([
    ['a pattern that matches no file', ['*.mp4'], '*.mp4: no file matches this pattern'],
    ['a folder without media', ['empty'], 'empty: the folder contains no video or picture'],
    ['a list that is missing', ['@gone.txt'], 'the list gone.txt cannot be read'],
    ['an empty list', ['@/dev/null'], 'there is no file to label'],
    ['no workers', ['--workers', '0', 'b.jpg'], '--workers'],
    ['memory that is no amount', ['--memory', 'much', 'b.jpg'], '--memory'],
    ['--out over an input', ['--out', 'b.jpg', '*.jpg'], 'b.jpg'],
    ['start after end', ['--start', '2', '--end', '1', 'b.jpg'], '--start 2 must be before --end 1'],
  ])('%s is wrong usage', async (_, args, said) => {
    mkdirSync(path.join(folder, 'empty'), { recursive: true });
    const { code, stderr, stdout } = await sluice(['batch', '--quiet', ...NETWORK, ...args], { cwd: folder });
    expect(stderr).toContain(said);
    expect([code, stdout]).toEqual([2, '']);
    rmSync(path.join(folder, 'empty'), { recursive: true });
  });
});

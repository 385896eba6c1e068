import { Buffer } from 'node:buffer';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findInputs } from '../../src/batch/inputs.ts';
import { NETWORK } from '../support/clips.ts';
import { scratch } from '../support/media.ts';
import { errorsIn, main, parse, Running, sample, sluice, tiny } from '../support/sluice.ts';

const posix = process.platform !== 'win32';
const linux = process.platform === 'linux';
const quiet = [...NETWORK, '--quiet'];
const batch = ['batch', ...quiet, '--workers', '1'];

describe('a name that exists is that file', { timeout: 60_000 }, () => {
  it('also if it looks like a list of files', async () => {
    const cwd = scratch();
    for (const name of ['@clip.mp4', 'clip.mp4']) copyFileSync(tiny(), path.join(cwd, name));
    const { code, stdout, stderr } = await sluice([...batch, '--every', '10', '@clip.mp4', 'clip.mp4'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(parse(stdout).map(({ source }) => source)).toEqual(['@clip.mp4', 'clip.mp4']);
  });

  it('a list is read if there is no such file, and a list that is called @list.txt as @@list.txt', async () => {
    const cwd = scratch();
    copyFileSync(tiny(), path.join(cwd, 'clip.mp4'));
    for (const name of ['list.txt', '@other.txt']) writeFileSync(path.join(cwd, name), path.join(cwd, 'clip.mp4'));
    const names = async (...given: string[]) =>
      (
        await findInputs(
          given.map((one) => one.replace('%', `${cwd}/`)),
          () => undefined,
        )
      ).map(({ name }) => name);
    expect(await names('@%list.txt')).toEqual([path.join(cwd, 'clip.mp4')]);
    expect(await names('@%@other.txt')).toEqual([path.join(cwd, 'clip.mp4')]);
    expect(await names('%@other.txt')).toEqual([path.join(cwd, '@other.txt')]);
  });
});

describe.skipIf(!posix)('a link in the folder of an input leads no output elsewhere', { timeout: 60_000 }, () => {
  function folderWithLinks(...links: readonly string[]): { cwd: string; victim: string } {
    const cwd = scratch();
    mkdirSync(path.join(cwd, 'in'));
    copyFileSync(tiny(), path.join(cwd, 'in/clip.mp4'));
    const victim = path.join(cwd, 'victim');
    writeFileSync(victim, 'precious');
    writeFileSync(`${victim}-labels`, 'precious');
    for (const name of links) {
      symlinkSync(name.includes('-labels') ? '../victim-labels' : '../victim', path.join(cwd, 'in', name));
    }
    symlinkSync('nowhere', path.join(cwd, 'in/clip.srt'));
    return { cwd, victim };
  }

  it.each([['classify'], ['batch']])('%s replaces the link', async (command) => {
    const { cwd, victim } = folderWithLinks('clip.csv', 'clip-labels.mp4');
    const workers = command === 'batch' ? ['--workers', '1'] : [];
    const outs = ['--out', '{dir}/{name}.csv', '--annotate', '{dir}/{name}-labels.mp4'];
    const { code, stderr } = await sluice([command, ...quiet, ...workers, ...outs, 'in/clip.mp4'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    for (const file of [victim, `${victim}-labels`]) expect(readFileSync(file, 'utf8')).toBe('precious');
    for (const name of ['clip.csv', 'clip-labels.mp4']) {
      expect(lstatSync(path.join(cwd, 'in', name)).isFile()).toBe(true);
      expect(lstatSync(path.join(cwd, 'in', name)).size).toBeGreaterThan(100);
    }
  });

  it('a link to nothing as well, and a link that the user names is followed', async () => {
    const { cwd, victim } = folderWithLinks('mine.csv');
    const srt = await sluice(['classify', ...quiet, '--out', '{dir}/{name}.srt', 'in/clip.mp4'], { cwd });
    expect([srt.code, srt.stderr, existsSync(path.join(cwd, 'in/nowhere'))]).toEqual([0, '', false]);
    expect(lstatSync(path.join(cwd, 'in/clip.srt')).isFile()).toBe(true);
    await sluice(['classify', ...quiet, '--out', 'in/mine.csv', 'in/clip.mp4'], { cwd });
    expect(readFileSync(victim, 'utf8')).toMatch(/^source,/);
  });

  it('a folder that is a link is the folder of the input', async () => {
    const { cwd } = folderWithLinks();
    symlinkSync('in', path.join(cwd, 'linked'));
    await sluice(['classify', ...quiet, '--out', '{dir}/{name}.csv', 'linked/clip.mp4'], { cwd });
    expect(readFileSync(path.join(cwd, 'in/clip.csv'), 'utf8')).toMatch(/^source,.*\r\nlinked\/clip\.mp4,/);
  });
});

describe.skipIf(!linux)('names that only look like ours, or like text', { timeout: 60_000 }, () => {
  it('an input that is called as results that are not complete is not replaced by Ctrl-C', async () => {
    const cwd = scratch();
    const input = path.join(cwd, 'o.ndjson.partial');
    copyFileSync(sample, input);
    const run = new Running(['classify', '--top', '1', '--out', 'o.ndjson', 'o.ndjson.partial'], { cwd });
    const begun = (): string => readdirSync(cwd).find((name) => name.endsWith('.tmp')) ?? '';
    await run.until(() => begun() !== '' && lstatSync(path.join(cwd, begun())).size > 300, 'results');
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended;
    expect([code, readFileSync(input).equals(readFileSync(sample))]).toEqual([130, true]);
    expect(stderr).toContain('interrupted: the results so far are in o.ndjson.2.partial\n');
    expect(parse(readFileSync(path.join(cwd, 'o.ndjson.2.partial'), 'utf8')).length).toBeGreaterThan(0);
  });

  const said = 'its name is not valid UTF-8, so it cannot be opened; rename it';

  it('a name that is not UTF-8 is one error, and the others are labelled', async () => {
    const cwd = scratch();
    mkdirSync(path.join(cwd, 'in'));
    for (const name of ['a\xff.mp4', 'b.mp4']) {
      copyFileSync(tiny(), Buffer.concat([Buffer.from(`${cwd}/in/`), Buffer.from(name, 'latin1')]));
    }
    mkdirSync(Buffer.concat([Buffer.from(`${cwd}/in/`), Buffer.from('c\xff', 'latin1')]));
    const { code, stdout, stderr } = await sluice([...batch, '--every', '10', 'in'], { cwd });
    expect(code).toBe(1);
    expect(parse(stdout).map(({ source }) => source)).toEqual(['in/b.mp4']);
    expect(errorsIn(stderr)).toEqual([`sluice: error: in/a\uFFFD.mp4: no such file: ${said}`]);
    expect(stderr).toMatch(/^sluice: warning: in\/c\uFFFD: the folder cannot be read and is left out: .*rename it$/m);
  });

  it('also as an argument', async () => {
    const cwd = scratch();
    copyFileSync(tiny(), Buffer.concat([Buffer.from(`${cwd}/`), Buffer.from('a\xff.mp4', 'latin1')]));
    copyFileSync(tiny(), path.join(cwd, 'b.mp4'));
    const script = `exec "$0" "$@" b.mp4 "$(printf 'a\\377.mp4')"`;
    for (const args of [['classify', ...quiet], batch]) {
      const { code, stdout, stderr } = await sluice([...args, '--every', '10'], {
        cwd,
        command: ['sh', '-c', script, process.execPath, main],
      });
      expect([code, parse(stdout).length]).toEqual([1, 1]);
      expect(stderr).toBe(`sluice: error: a\uFFFD.mp4: no such file: ${said}\n`);
    }
  });
});

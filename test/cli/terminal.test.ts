import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch } from '../support/media.ts';
import { main, sluice, tiny, type Ended } from '../support/sluice.ts';

/** What controls a terminal, hides text or reorders it. */
const RAW = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** What cli-progress draws its bars with. */
// eslint-disable-next-line no-control-regex -- it is what is searched for
const BARS = /\u001b(?:[78]|\[(?:\?25[lh]|\d*[AGJK]))/g;

const NASTY = '\u001b]0;PWN\u0007\u001b[31m\u202ered\u009b5m\u2066\r\nsluice: error: faked';
const model = path.resolve(import.meta.dirname, '../data/escapes');

function folder(): { cwd: string; video: string; labels: string } {
  const cwd = scratch();
  const video = `${NASTY}.mp4`;
  copyFileSync(tiny(), path.join(cwd, video));
  const labels = path.join(cwd, 'labels.json');
  writeFileSync(labels, JSON.stringify([`a${NASTY}`, `=b${NASTY}`, `c${NASTY}`]));
  return { cwd, video, labels };
}

function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

/** Runs the command on a terminal of its own. Its stdout and stderr come together. */
async function onTerminal(args: readonly string[], cwd: string): Promise<string> {
  const words = [process.execPath, main, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  // Waits, so that everything is read before the terminal goes.
  const command = ['script', '-qefc', words.join(' '), path.join(cwd, 'typescript')] as const;
  const { stdout } = await sluice([], { cwd, command: [...command] });
  // A terminal puts `\r` before each `\n`.
  return stdout.replaceAll(/\r+\n/g, '\n').replaceAll(BARS, '');
}

function expectClean({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): void {
  expect(RAW.exec(stdout)).toBeNull();
  expect(RAW.exec(stderr)).toBeNull();
  expect(stderr).not.toMatch(/^sluice: error: faked/m);
}

describe('names do not control the terminal', { timeout: 60_000 }, () => {
  const { cwd, video, labels } = folder();
  const own = ['--model', model, '--labels', labels];

  it.each<[string, readonly string[]]>([
    ['classify', ['classify', ...own, '--timings', video, video]],
    ['classify, stage by stage', ['classify', ...own, '--engine', 'wasm', video]],
    ['batch', ['batch', ...own, '--workers', '1', video, './missing']],
    ['batch as JSON', ['batch', ...own, '--workers', '1', '--progress', 'json', video, `${NASTY}.mkv`]],
    ['a missing file', ['classify', ...own, NASTY]],
    ['a missing model', ['classify', '--model', NASTY, video]],
    ['summary', ['summary', model]],
    ['summary as JSON', ['summary', '--json', model]],
    ['an option', ['classify', `--${NASTY}`, video]],
    ['the value of an option', ['classify', '--top', NASTY, video]],
    ['a choice', ['classify', '--format', NASTY, video]],
    ['a command', [NASTY]],
    ['models pull', ['models', 'pull', NASTY]],
    ['models path', ['models', 'path', NASTY]],
    ['a template', ['classify', '--out', `${NASTY}{x}`, video]],
    ['an output', ['classify', '--out', `${NASTY}/x.csv`, video]],
    ['ffmpeg', ['classify', '--ffmpeg', NASTY, video]],
  ])('%s', async (_what, args) => {
    expectClean(await sluice([...args], { cwd }));
  });

  it('the cache folder', async () => {
    expectClean(await sluice(['models', 'list'], { cwd, env: { SLUICE_CACHE: NASTY } }));
  });

  it('are in the stage names of a report, escaped', async () => {
    const { stderr } = await sluice(['classify', '--engine', 'wasm', ...own, video], { cwd });
    expect(stderr).toContain('d\\x1b]0;PWN\\x07\\x1b[31mRED\\nNL');
  });

  it('are the same in NDJSON, and exact in CSV that is no terminal', async () => {
    const args = ['classify', '--quiet', ...own, '--top', '3', '--end', '0.05', video];
    const { stdout } = await sluice(args, { cwd });
    const { source, classes } = JSON.parse(stdout) as { source: string; classes: { label: string }[] };
    expect(source).toBe(video);
    expect(classes.map(({ label }) => label).toSorted()).toEqual([`=b${NASTY}`, `a${NASTY}`, `c${NASTY}`]);
    const csv = await sluice([...args, '--format', 'csv'], { cwd });
    expect(csv.stdout).toContain(`"${video}",0,0,1,`);
  });

  it.skipIf(!hasScript()).each<[string, readonly string[]]>([
    ['NDJSON', ['classify', ...own, video]],
    ['CSV', ['classify', '--format', 'csv', ...own, video]],
    ['WebVTT', ['classify', '--format', 'vtt', ...own, video]],
    ['bars', ['classify', '--out', 'o.csv', ...own, video]],
    ['bars of a batch', ['batch', '--workers', '1', '--out', 'p.csv', ...own, video]],
    ['summary', ['summary', model]],
    ['usage', ['classify', `--${NASTY}`]],
  ])('%s on a terminal', async (_what, args) => {
    const text = await onTerminal(args, cwd);
    expect(text).not.toBe('');
    const { index = 0 } = RAW.exec(text) ?? {};
    expect(RAW.test(text) ? text.slice(index, index + 20) : '').toBe('');
  });
});

describe('csv that people open', { timeout: 60_000 }, () => {
  const { cwd, video, labels } = folder();
  const args = ['classify', '--quiet', '--model', model, '--labels', labels, '--top', '3', '--out', 'a.csv', video];

  it('is exact, with one warning if a spreadsheet would compute something', async () => {
    const { code, stderr } = await sluice(args, { cwd });
    expect(code).toBe(0);
    expect(stderr.match(/a\.csv: a spreadsheet may read =b\S+ .*--spreadsheet/g)).toHaveLength(1);
    expect(readFileSync(path.join(cwd, 'a.csv'), 'utf8')).toContain(',"=b');
  });

  it('needs no warning with --spreadsheet, or as a stream', async () => {
    const written = await sluice([...args, '--spreadsheet'], { cwd });
    expect(written.stderr).not.toContain('spreadsheet');
    expect(readFileSync(path.join(cwd, 'a.csv'), 'utf8')).toContain(`,"'=b`);
    const streamed = await sluice([...args.slice(0, -3), '--format', 'csv', video], { cwd });
    expect(streamed.stderr).not.toContain('spreadsheet');
  });

  it('has the warning of a batch, too', async () => {
    const { stderr } = await sluice(['batch', ...args.slice(1), '--workers', '1'], { cwd });
    expect(stderr.match(/a\.csv: a spreadsheet may read/g)).toHaveLength(1);
  });
});

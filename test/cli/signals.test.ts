import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch } from '../support/media.ts';
import {
  errorsIn,
  ffmpegsOf,
  parse,
  Running,
  runs,
  sample,
  squirrel,
  untilGone,
  withoutProgress,
  type Where,
} from '../support/sluice.ts';

/** A run that labels the sample, seen when it has written so much, with its decoder. */
async function underWay(options: readonly string[], where: Where = {}): Promise<{ run: Running; ffmpegs: number[] }> {
  const run = new Running(['classify', '--top', '1', ...options, sample], where);
  await run.untilLines(3);
  const ffmpegs = ffmpegsOf(run.pid);
  expect(ffmpegs.length).toBe(1);
  return { run, ffmpegs };
}

/** As {@link underWay}, into a file in a folder of its own, seen by the decoder that has started. */
async function intoFile(where: Where = {}): Promise<{ run: Running; folder: string; out: string; ffmpegs: number[] }> {
  const folder = scratch();
  const out = path.join(folder, 'labels.ndjson');
  writeFileSync(out, 'old\n');
  const run = new Running(['classify', '--top', '1', '--out', out, sample], where);
  const unfinished = (): string => readdirSync(folder).find((name) => name.endsWith('.tmp')) ?? '';
  await run.until(() => unfinished() !== '' && readFileSync(path.join(folder, unfinished())).length > 300, 'results');
  return { run, folder, out, ffmpegs: ffmpegsOf(run.pid) };
}

describe.skipIf(process.platform !== 'linux')('a run that is ended', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('by %s finishes its line, leaves no child and reports; exit code %i', async (signal, expected) => {
    const { run, ffmpegs } = await underWay([]);
    run.child.kill(signal);
    const { code, stdout, stderr } = await run.ended;
    expect(code).toBe(expected);
    expect(ffmpegs.filter(runs)).toEqual([]);
    const lines = parse(stdout);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i));
    expect(lines.length).toBeLessThan(280);
    expect(errorsIn(stderr)).toEqual([]);
    expect(withoutProgress(stderr)).toMatch(/^sluice: interrupted\nframes: \d+ produced, \d+ delivered, .*\n/);
    expect(stderr).toContain(`, ${lines.length} delivered, `);
  });

  it('by Ctrl-C, which reaches the decoder as well, says nothing of the decoder', async () => {
    const { run, folder, out, ffmpegs } = await intoFile({ group: true });
    process.kill(-run.pid, 'SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect([code, stdout]).toEqual([130, '']);
    expect(ffmpegs.filter(runs)).toEqual([]);
    expect(withoutProgress(stderr)).toMatch(
      new RegExp(`^sluice: interrupted: the results so far are in ${out}.partial\nframes: `),
    );
    expect(errorsIn(stderr)).toEqual([]);
    expect(readdirSync(folder).toSorted()).toEqual(['labels.ndjson', 'labels.ndjson.partial']);
    expect(readFileSync(out, 'utf8')).toBe('old\n');
    const lines = parse(readFileSync(`${out}.partial`, 'utf8'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i));
  });

  it('before there is anything to keep leaves nothing behind', async () => {
    const folder = scratch();
    const run = new Running(['classify', '--out', path.join(folder, 'labels.ndjson'), sample]);
    await run.until(() => ffmpegsOf(run.pid).length > 0, 'an ffmpeg');
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^sluice: interrupted\n/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('by SIGKILL takes the decoder with it, and nothing appears under the name', async () => {
    const { run, out, ffmpegs } = await intoFile();
    expect(ffmpegs.length).toBe(1);
    run.child.kill('SIGKILL');
    expect((await run.ended).signal).toBe('SIGKILL');
    await untilGone(ffmpegs, 5);
    expect(readFileSync(out, 'utf8')).toBe('old\n');
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'in its decoder, by %s, keeps the lines so far and labels the next file',
    async (signal) => {
      const run = new Running(['classify', '--top', '1', '--quiet', sample, squirrel]);
      await run.untilLines(3);
      for (const pid of ffmpegsOf(run.pid)) process.kill(pid, signal);
      const { code, stdout, stderr } = await run.ended;
      expect(code).toBe(1);
      expect(errorsIn(stderr)).toEqual([
        expect.stringMatching(/cockatoo\.mp4: ffmpeg (was ended by SIGKILL|failed with code 255) after \d+ frames/),
      ]);
      const lines = parse(stdout);
      expect(lines.length).toBeGreaterThan(3);
      expect(lines.length).toBeLessThan(281);
      expect(lines.at(-1)).toMatchObject({ source: squirrel, classes: [{ index: 336 }] });
    },
  );

  it('in its decoder, when there was only that file, keeps the lines beside FILE', async () => {
    const { run, folder, out, ffmpegs } = await intoFile();
    for (const pid of ffmpegs) process.kill(pid, 'SIGKILL');
    const { code, stderr } = await run.ended;
    expect(code).toBe(1);
    expect(errorsIn(stderr).length).toBe(1);
    expect(stderr).toContain(`sluice: the results so far are in ${out}.partial\n`);
    expect(readFileSync(out, 'utf8')).toBe('old\n');
    expect(parse(readFileSync(`${out}.partial`, 'utf8')).length).toBeGreaterThan(0);
    expect(readdirSync(folder).length).toBe(2);
  });
});

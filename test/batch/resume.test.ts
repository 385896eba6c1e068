import { readdirSync, readFileSync, rmSync, truncateSync, utimesSync, copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../support/media.ts';
import { errorsIn, Running, sluice, squirrel } from '../support/sluice.ts';
import { long, NETWORK, stream } from '../support/clips.ts';
import { below } from '../support/below.ts';
import { kill, partsIn, untilAllGone } from '../support/kills.ts';

const linux = process.platform === 'linux';
const files = () => [long(), stream(), squirrel];
const command = (out: string, more: readonly string[] = [], inputs: readonly string[] = files()) => [
  'batch',
  '--quiet',
  ...NETWORK,
  '--workers',
  '2',
  '--out',
  out,
  ...more,
  ...inputs,
];

describe.skipIf(!linux)('a job that is cut off', { timeout: 240_000 }, () => {
  let whole = '';
  beforeAll(async () => {
    const out = path.join(scratch(), 'whole.ndjson');
    expect(await sluice(command(out))).toMatchObject({ code: 0, stderr: '', stdout: '' });
    whole = readFileSync(out, 'utf8');
    expect(whole.split('\n').length - 1).toBe(500 + 300 + 1);
    expect(readdirSync(path.dirname(out))).toEqual(['whole.ndjson']);
  }, 120_000);

  it.each([0, 1, 3])(
    'by kill -9 after %i parts goes on with the same command, and no process is left',
    async (parts) => {
      const folder = scratch();
      const out = path.join(folder, 'all.ndjson');
      const run = new Running(command(out));
      await run.until(() => partsIn(`${out}.job`) >= parts && below(run.pid).length > 0, `${parts} parts`);
      const processes = below(run.pid);
      kill(run, 'parent', 0);
      await untilAllGone(run, processes);
      const before = partsIn(`${out}.job`);
      const again = new Running([...command(out), '--progress', 'json']);
      const { code } = await again.ended;
      expect([code, readFileSync(out, 'utf8') === whole]).toEqual([0, true]);
      expect(readdirSync(folder)).toEqual(['all.ndjson']);
      expect(before).toBeGreaterThanOrEqual(parts);
    },
  );

  it('by the end of its only worker, and of the one that takes its place while it starts', async () => {
    const out = path.join(scratch(), 'all.ndjson');
    const run = new Running(command(out).map((word) => (word === '2' ? '1' : word)));
    const killed = new Set<number>();
    const another = () => {
      const next = below(run.pid).find(({ pid, name }) => !name.startsWith('ffmpeg') && !killed.has(pid));
      if (next && (killed.size > 0 || partsIn(`${out}.job`) > 0)) {
        process.kill(next.pid, 'SIGKILL');
        killed.add(next.pid);
      }
      return killed.size >= 2;
    };
    await run.until(another, 'two workers');
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(readFileSync(out, 'utf8')).toBe(whole);
  });

  it.each([
    ['worker', 0],
    ['worker', 2],
    ['ffmpeg', 0],
    ['ffmpeg', 2],
  ] as const)('in a %s after %i parts has it done again', async (victim, parts) => {
    const out = path.join(scratch(), 'all.ndjson');
    const run = new Running(command(out));
    const killed = () => partsIn(`${out}.job`) >= parts && kill(run, victim, 0.5) !== undefined;
    await run.until(killed, `${parts} parts and a ${victim}`);
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(readFileSync(out, 'utf8')).toBe(whole);
  });

  it('by Ctrl-C, which reaches all its processes, says how to go on', async () => {
    const out = path.join(scratch(), 'all.ndjson');
    const run = new Running(command(out), { group: true });
    await run.until(() => partsIn(`${out}.job`) >= 1, 'a part');
    const processes = below(run.pid);
    process.kill(-run.pid, 'SIGINT');
    const { code, stderr } = await run.ended;
    await untilAllGone(run, processes);
    expect(code).toBe(130);
    expect(stderr).toBe(
      `sluice: interrupted; the finished work is kept in ${out}.job: run the same command to resume\n`,
    );
    expect((await sluice(command(out))).code).toBe(0);
    expect(readFileSync(out, 'utf8')).toBe(whole);
  });

  it('gives the same bytes when parts were damaged since, on stdout too, and keeps a --job', async () => {
    const job = path.join(scratch(), 'job');
    const args = ['batch', '--quiet', ...NETWORK, '--job', job, ...files()];
    expect((await sluice(args)).stdout).toBe(whole);
    const [results = ''] = readdirSync(job).filter((name) => name !== 'manifest.json');
    const parts = readdirSync(path.join(job, results)).filter((name) => name.endsWith('.ndjson'));
    expect(parts.length).toBeGreaterThan(4);
    // Cut off in a line, cut off at its end, empty, gone, of other content.
    const [a = '', b = '', c = '', d = '', e = ''] = parts.map((name) => path.join(job, results, name));
    truncateSync(a, 100);
    truncateSync(b, readFileSync(b, 'utf8').indexOf('\n') + 1);
    truncateSync(c, 0);
    rmSync(d);
    writeFileSync(e, 'nonsense\n');
    writeFileSync(path.join(job, results, 'rest.tmp'), 'what was being written');
    expect((await sluice(args)).stdout).toBe(whole);
    expect(readdirSync(path.join(job, results)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('does not go on with other inputs or options, names them, and starts over with --fresh', async () => {
    const folder = scratch();
    const [clip, other] = [path.join(folder, 'clip.jpg'), path.join(folder, 'other.jpg')];
    for (const file of [clip, other]) copyFileSync(squirrel, file);
    const run = (more: readonly string[], inputs: readonly string[]) =>
      sluice(['batch', '--quiet', ...NETWORK, '--job', path.join(folder, 'job'), ...more, ...inputs]);
    expect((await run([], [clip, other])).code).toBe(0);
    for (const [more, inputs, said] of [
      [['--top', '3'], [clip, other], 'top was not given and is 3'],
      [['--every', '2'], [clip, other], 'every was not given and is 2'],
      [['--engine', 'cpu'], [clip, other], 'engine was'],
      [[], [clip], `${other} is no longer among the files`],
      [[], [clip, other, squirrel], `${squirrel} was not among the files`],
      [[], [other, clip], 'the files come in another order'],
    ] as const) {
      const { code, stderr, stdout } = await run(more, inputs);
      expect(errorsIn(stderr)).toEqual([expect.stringContaining(said)]);
      expect(stderr).toContain('--fresh');
      expect([code, stdout]).toEqual([1, '']);
    }
    utimesSync(clip, new Date(0), new Date(0));
    expect((await run([], [clip, other])).stderr).toContain(`${clip} has changed`);
    const fresh = await run(['--fresh', '--top', '3'], [clip, other]);
    expect([fresh.code, fresh.stdout.split('\n').length]).toEqual([0, 3]);
    rmSync(clip);
    expect((await run(['--top', '3'], [clip, other])).stderr).toContain(`${clip} is gone`);
  });

  it('is refused a second run at once, with the process that works there', async () => {
    const out = path.join(scratch(), 'all.ndjson');
    const first = new Running(command(out));
    await first.until(() => partsIn(`${out}.job`) >= 1, 'a part');
    // Held in the middle of it: it would be through before the second has begun.
    first.child.kill('SIGSTOP');
    const second = await sluice(command(out));
    first.child.kill('SIGCONT');
    expect(second.code).toBe(1);
    expect(errorsIn(second.stderr)).toEqual([
      expect.stringContaining(`process ${first.pid} has been using ${out}.job since `),
    ]);
    expect((await first.ended).code).toBe(0);
    expect(readFileSync(out, 'utf8')).toBe(whole);
  });
});

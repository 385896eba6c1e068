import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { scratch } from '../support/media.ts';
import { Running, sluice, squirrel } from '../support/sluice.ts';
import { long, NETWORK, stream } from '../support/clips.ts';
import { below } from '../support/below.ts';
import { canMount, DiskImage } from '../support/disk-image.ts';
import { kill, untilAllGone, type Victim } from '../support/kills.ts';
import { randomFrom, seed } from '../support/random.ts';

/** By `npm run torture` alone: it takes a while. The suite kills at chosen moments (`resume.test.ts`). */
const KILLS = 50;
const wanted = process.env['MODE'] === 'torture' && process.platform === 'linux';
/** Which process is killed, and how far into a run. What it was doing then depends on the machine. */
const random = randomFrom(seed);
const VICTIMS: readonly Victim[] = ['parent', 'worker', 'ffmpeg'];

describe.skipIf(!wanted)(`kill -9 at any moment, seed ${seed}`, { timeout: 3_600_000 }, () => {
  it(`${KILLS} times, of anything: the same command comes to the same bytes, and nothing is left`, async () => {
    const folder = scratch();
    const out = path.join(folder, 'all.ndjson');
    const command = ['batch', '--quiet', ...NETWORK, '--workers', '2', '--out', out, long(), stream(), squirrel];
    const startedAt = performance.now();
    expect((await sluice(command)).code).toBe(0);
    const usual = performance.now() - startedAt;
    const whole = readFileSync(out, 'utf8');
    rmSync(out);
    for (let kills = 0; kills < KILLS;) {
      const run = new Running(command);
      const ended = run.ended.then(({ code }) => code);
      // At a moment of no meaning, and then perhaps again.
      await Promise.race([wait(random() * usual), ended]);
      const [victim = 'parent'] = VICTIMS.toSorted(() => random() - 0.5);
      const processes = below(run.pid);
      if (run.child.exitCode === null && kill(run, victim, random()) !== undefined) kills++;
      const code = await ended;
      await untilAllGone(run, processes);
      console.log(`${kills} of ${KILLS}: ${victim}, then exit code ${code}`);
      // What was killed once is done again; a run that was not killed itself comes to its end.
      expect(victim === 'parent' ? [0, null] : [0]).toContain(code);
      if (code !== 0) continue;
      expect(readFileSync(out, 'utf8') === whole).toBe(true);
      expect(existsSync(`${out}.job`)).toBe(false);
      rmSync(out);
    }
    expect((await sluice(command)).code).toBe(0);
    expect(readFileSync(out, 'utf8') === whole).toBe(true);
  });
});

/** A job in a folder: the command, and what it writes when nothing disturbs it. */
async function jobIn(folder: string) {
  const out = path.join(folder, 'all.ndjson');
  const command = ['batch', '--quiet', ...NETWORK, '--workers', '2', '--out', out, long(), squirrel];
  const startedAt = performance.now();
  expect((await sluice(command)).code).toBe(0);
  const usual = performance.now() - startedAt;
  const whole = readFileSync(out, 'utf8');
  rmSync(out);
  return { out, command, usual, whole };
}

const CUTS = 100;

describe.skipIf(!wanted || !canMount(scratch()))(
  `a power cut at any moment, seed ${seed}`,
  { timeout: 3_600_000 },
  () => {
    it(`${CUTS} times: the same command comes to the same bytes, and exit 0 always has its result`, async () => {
      const { usual, whole } = await jobIn(scratch());
      let [ends, cuts] = [0, 0];
      while (cuts < CUTS) {
        const disk = new DiskImage(scratch());
        const out = path.join(disk.at, 'all.ndjson');
        const command = (at: string) => [
          'batch',
          '--quiet',
          ...NETWORK,
          '--workers',
          '2',
          '--out',
          at,
          long(),
          squirrel,
        ];
        const run = new Running(command(out));
        let code: number | null | undefined;
        const ended = run.ended.then((end) => (code = end.code));
        const images: { readonly cut: DiskImage; readonly code: number | null | undefined }[] = [];
        for (let i = 0; i < 5; i++) {
          await Promise.race([wait((random() * usual) / 3), ended]);
          images.push({ code, cut: disk.cut(scratch()) });
        }
        await ended;
        images.push({ code, cut: disk.cut(scratch()) });
        expect(code).toBe(0);
        disk.unmount();
        for (const { cut, code: before } of images) {
          const after = path.join(cut.at, 'all.ndjson');
          if (before === 0) {
            ends++;
            expect(readFileSync(after, 'utf8') === whole, 'the result after exit 0').toBe(true);
          } else if (existsSync(after))
            expect(readFileSync(after, 'utf8') === whole, 'a result before the end').toBe(true);
          rmSync(after, { force: true });
          expect((await sluice(command(after))).code).toBe(0);
          expect(readFileSync(after, 'utf8') === whole, 'the result of the command after the cut').toBe(true);
          cut.unmount();
          cuts++;
        }
        console.log(`${cuts} of ${CUTS} cuts, ${ends} of them after exit 0`);
      }
      expect(ends).toBeGreaterThan(0);
    });
  },
);

const loaded = (script: string): string =>
  `--import=${pathToFileURL(path.resolve(import.meta.dirname, '../support', script)).href}`;

describe.skipIf(!wanted)('a disk or a clock that fails', { timeout: 3_600_000 }, () => {
  it.each(['write', 'fsync', 'rename', 'unlink', 'open'])(
    'the n-th %s: one line says it, and the command goes on',
    async (call) => {
      const folder = path.join(scratch(), 'work');
      mkdirSync(folder);
      const { out, command, whole } = await jobIn(folder);
      let failed = 0;
      for (let at = 1; ; at = Math.ceil(at * 1.4)) {
        const env = { NODE_OPTIONS: loaded('fail-nth.mjs'), FAIL_CALL: call, FAIL_AT: String(at), FAIL_BELOW: folder };
        const { code, stderr } = await sluice(command, { env });
        console.log(`${call} ${at}: exit ${code}: ${stderr.trim().split('\n').join(' | ').slice(0, 200)}`);
        if (code === 0) {
          expect(readFileSync(out, 'utf8') === whole).toBe(true);
          rmSync(out);
          // What could not be opened to be read is done again, with a warning.
          if (stderr !== '') failed++;
          else if (at > 8) break;
          continue;
        }
        failed++;
        expect(stderr).not.toMatch(/^ +at /m);
        expect(stderr).toContain('EIO');
        // A complete result stays; else the same command makes it.
        if (!existsSync(out)) expect((await sluice(command)).code).toBe(0);
        expect(readFileSync(out, 'utf8') === whole).toBe(true);
        for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
      }
      expect(failed).toBeGreaterThan(0);
    },
  );

  it('a clock that goes back: the same bytes', async () => {
    const { out, command, whole } = await jobIn(scratch());
    for (let i = 0; i < 5; i++) {
      const { code, stderr } = await sluice(command, { env: { NODE_OPTIONS: loaded('clock-back.mjs') } });
      expect([code, stderr]).toEqual([0, '']);
      expect(readFileSync(out, 'utf8') === whole).toBe(true);
      rmSync(out);
    }
  });
});

const CHANGES = 50;

describe.skipIf(!wanted)(`a job folder that somebody changes, seed ${seed}`, { timeout: 3_600_000 }, () => {
  it(`${CHANGES} times: the same bytes, or an error that says it`, async () => {
    const folder = scratch();
    const job = path.join(folder, 'job');
    const { out, command, whole } = await jobIn(folder);
    const kept = [...command, '--job', job];
    expect((await sluice(kept)).code).toBe(0);
    for (let i = 0; i < CHANGES; i++) {
      const files = readdirSync(job, { recursive: true, encoding: 'utf8' })
        .map((name) => path.join(job, name))
        .filter((file) => statSync(file).isFile());
      const file = files[Math.floor(random() * files.length)] ?? '';
      const bytes = readFileSync(file);
      const at = Math.floor(random() * bytes.length);
      if (random() < 0.3) writeFileSync(file, bytes.subarray(0, at));
      else {
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        writeFileSync(file, bytes);
      }
      rmSync(out, { force: true });
      const { code, stderr } = await sluice(kept);
      console.log(`${path.relative(job, file)}: exit ${code}: ${stderr.trim().slice(0, 200)}`);
      expect(stderr).not.toMatch(/^ +at /m);
      if (code === 0) expect(readFileSync(out, 'utf8') === whole).toBe(true);
      else expect((await sluice([...kept, '--fresh'])).code).toBe(0);
    }
  });
});

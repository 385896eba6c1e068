import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { scratch } from '../support/media.ts';
import { Running, sluice, squirrel } from '../support/sluice.ts';
import { long, NETWORK, stream } from '../support/clips.ts';
import { below } from '../support/below.ts';
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

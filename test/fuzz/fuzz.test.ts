import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { seed } from '../support/random.ts';
import { scratch } from '../support/media.ts';
import { fuzz } from './fuzz.ts';
import { targets } from './targets/index.ts';

// The seed is the same in every run, so a few inputs show what changes. `npm run fuzz` goes on as long as you like.

/** How many inputs of each target: those that start programs or write files are slow. */
const RUNS: Readonly<Record<string, number>> = { archives: 20, jobs: 12, playlists: 10, videos: 16 };
const USUAL = 100;
const folder = scratch();

describe(`mutated inputs, seed ${seed}`, { timeout: 600_000 }, () => {
  it.each(Object.keys(targets))('of %s are read or refused', async (target) => {
    const runs = RUNS[target] ?? USUAL;
    const outcome = await fuzz(target, { seed, runs, folder, findings: scratch() });
    expect(outcome.faults).toEqual([]);
    expect(outcome.runs).toBe(runs);
    expect(Object.values(outcome.outcomes).reduce((sum, count) => sum + count, 0)).toBe(runs);
  });
});

describe('a fault is found, kept with its input, and the next inputs are read', { timeout: 600_000 }, () => {
  it.each([
    ['faultyError', /^TypeError: not an error of sluice/],
    ['faultyLater', /^not caught: TypeError: thrown later/],
    ['faultyHang', /^it hung for 3 s$/],
    ['faultyDeath', /^ended with SIGKILL/],
    ['faultyMemory', /^it took \d+ MB$/],
    ['faultyConnection', /^it connected to a server: \//],
    ['faultyFile', /^it touched .*outside$/],
  ])('%s', async (target, what) => {
    const findings = scratch();
    // On a busy machine, the others take longer.
    const short = target === 'faultyHang' ? { hangMs: 3000 } : {};
    const { faults, runs } = await fuzz(target, { seed: 1, runs: 2, folder, findings, ...short });
    expect(runs).toBe(2);
    expect(faults.length).toBeGreaterThanOrEqual(target === 'faultyFile' ? 1 : 2);
    for (const fault of faults) expect(fault.what).toMatch(what);
    const [kept = ''] = readdirSync(findings);
    expect(readFileSync(path.join(findings, kept, 'what.txt'), 'utf8').trim()).toMatch(what);
    expect(existsSync(path.join(findings, kept, 'input/any.bin'))).toBe(true);
  });

  it('a target that there is not is an error', async () => {
    await expect(fuzz('none', { seed: 1, runs: 1, folder, findings: scratch() })).rejects.toThrow(
      /there is no target none: choose one of archives/,
    );
  });
});

// Reads mutated inputs: `npm run fuzz -- [--target NAME] [--runs N] [--seconds N] [--seed N]`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { seed as anySeed } from '../support/random.ts';
import { fuzz } from './fuzz.ts';
import { targets } from './targets/index.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: Object.keys(targets) },
    runs: { type: 'string', default: '1000' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: String(anySeed) },
  },
});
const seed = Number(values.seed);
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
let [total, found] = [0, 0];
for (const target of values.target) {
  const began = performance.now();
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
  const findings = path.resolve('fuzz-findings');
  const { runs, outcomes, faults } = await fuzz(target, { seed, runs: Number(values.runs), seconds, folder, findings });
  const counts = Object.entries(outcomes)
    .toSorted(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${count} ${outcome}`);
  const took = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${target}: ${runs} inputs in ${took} s, seed ${seed}: ${counts.join(', ')}`);
  for (const { run, what } of faults) console.log(`  finding at ${run}, kept in fuzz-findings: ${what.slice(0, 1000)}`);
  total += runs;
  found += faults.length;
}
console.log(`${total} inputs, ${found} findings`);
process.exitCode = found === 0 ? 0 : 1;

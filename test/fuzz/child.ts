/** A process that reads the inputs of one target, one after the other, and tells its parent about each. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '../../src/errors/errors.ts';
import type { Plan, Report } from './fuzz.ts';
import { inputOf } from './fuzz.ts';
import { targetNamed } from './targets/index.ts';

const { target: name, seed, first, end, folder, forbidden } = JSON.parse(process.argv[2] ?? '{}') as Plan;
const target = await targetNamed(name);
const tell = (report: Report): void => void process.send?.(report);
let now = first;

process.on('uncaughtException', (error) =>
  tell({ type: 'finding', run: now, what: `not caught: ${error.stack ?? String(error)}` }),
);

const seeds = await target.seeds(forbidden);
tell({ type: 'ready' });
// What the seeds and the modules take is no finding.
let peak = process.resourceUsage().maxRSS;
for (now = first; now < end; now++) {
  tell({ type: 'begin', run: now });
  const input = inputOf(seeds, { seed, run: now, forbidden });
  const own = mkdtempSync(path.join(folder, 'input-'));
  for (const [file, bytes] of Object.entries(input)) {
    mkdirSync(path.dirname(path.join(own, file)), { recursive: true });
    writeFileSync(path.join(own, file), bytes);
  }
  try {
    await target.read(input, { folder: own, forbidden });
    tell({ type: 'end', run: now, outcome: 'read' });
  } catch (error) {
    if (error instanceof SluiceError && error.message.length < 5000)
      tell({ type: 'end', run: now, outcome: /^[a-z-]+$/.test(error.code) ? error.code : 'another code' });
    else
      tell({
        type: 'finding',
        run: now,
        what: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
  }
  rmSync(own, { recursive: true, force: true, maxRetries: 5 });
  const { maxRSS } = process.resourceUsage();
  const grown = (maxRSS - peak) * 1024;
  peak = Math.max(peak, maxRSS);
  if (grown > 300e6) tell({ type: 'finding', run: now, what: `it took ${Math.round(grown / 1e6)} MB` });
}
process.disconnect?.();
process.exit(0);

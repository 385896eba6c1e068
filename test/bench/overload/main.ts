// npm run bench:browser: a camera and a network that is slower than it, in Chromium: how old labels are, and whether the page
// still paints, with the loop that tutorials show, with sluice on the page's thread, and with sluice in a worker. With --detector: a
// detector, whose boxes are drawn on the picture.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { build, preview, type InlineConfig } from 'vite';
import { fakeCamera } from '../../../scripts/fake-camera.ts';
import { pullModel } from '../../../src/models/registry/pull-model.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../../scripts/find-chromium.ts';
import type { Outcome, Task } from './page.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    engine: { type: 'string', default: 'wasm' },
    detector: { type: 'boolean', default: false },
    json: { type: 'boolean' },
  },
});
const NAMES = {
  plain: 'fromPixels → predict → data()',
  page: 'sluice on the page',
  worker: 'sluice with inWorker()',
};
const DETECTING = { 'page-boxes': 'sluice on the page', 'worker-boxes': 'sluice with inWorker()' };
const NAMES_OF: Readonly<Record<string, string>> = values.detector ? DETECTING : NAMES;
const HOWS = Object.keys(NAMES_OF) as Task['how'][];

const outDir = mkdtempSync(path.join(tmpdir(), 'sluice-overload-'));
const config: InlineConfig = {
  configFile: false,
  logLevel: 'error',
  root: import.meta.dirname,
  base: './',
  // The files of the detector.
  publicDir: values.detector ? path.dirname(await pullModel('coco-ssd')) : false,
  resolve: { tsconfigPaths: true },
  worker: { format: 'es' },
  build: { outDir, emptyOutDir: true, target: 'es2023' },
};
await build(config);
const server = await preview({ ...config, preview: { port: 0, host: '127.0.0.1' } });
const executablePath = findChromium();
const browser = await chromium.launch({
  args: [
    ...CHROMIUM_ARGUMENTS,
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${await fakeCamera()}`,
  ],
  ...(executablePath ? { executablePath } : {}),
});

/** In a page of its own, so that nothing is left of the one before. */
async function run(task: Task): Promise<Outcome> {
  const page = await browser.newPage();
  try {
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    await page.waitForFunction(() => 'run' in globalThis);
    return await page.evaluate(
      (given) => (globalThis as unknown as { run(task: Task): Promise<Outcome> }).run(given),
      task,
    );
  } finally {
    await page.close();
  }
}

const outcomes = new Map<Task['how'], Outcome[]>(HOWS.map((how) => [how, []]));
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const how of HOWS) {
      process.stderr.write(`round ${round + 1}: ${NAMES_OF[how]}\n`);
      const task = { how, engine: values.engine as Task['engine'], seconds: Number(values.seconds) };
      outcomes.get(how)?.push(await run(task));
    }
  }
} finally {
  await browser.close();
  await server.close();
  rmSync(outDir, { recursive: true, force: true });
}

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const at = (numbers: readonly number[], share: number) =>
  sorted(numbers)[Math.min(numbers.length - 1, Math.floor(share * numbers.length))] ?? NaN;

/** All rounds of one way put together; of the paints, the median round. */
function summed(how: Task['how']) {
  const rounds = outcomes.get(how) ?? [];
  const ages = rounds.flatMap((round) => round.ages);
  const services = rounds.flatMap((round) => round.services);
  const interval = at(
    rounds.map((round) => round.interval),
    0.5,
  );
  const perSecond = rounds.map(({ paints }) => (1000 * paints.length) / paints.reduce((a, b) => a + b, 0));
  const bound = 2 * at(services, 0.5) + interval;
  return {
    how: NAMES_OF[how] ?? how,
    frames: ages.length,
    age: { p50: at(ages, 0.5), p95: at(ages, 0.95), max: at(ages, 1) },
    service: { p50: at(services, 0.5), p95: at(services, 0.95) },
    interval,
    bound,
    within: ages.filter((age) => age <= bound).length / ages.length,
    paintsPerSecond: at(perSecond, 0.5),
    longestPause: Math.max(...rounds.flatMap(({ paints }) => paints)),
    labels: rounds.map(({ labels }) => labels),
  };
}

const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Chromium ${browser.version()}`;
const report = HOWS.map(summed);
if (values.json) console.log(JSON.stringify({ machine, ...values, report }, null, 2));
else {
  const ms = (number: number) => number.toFixed(0).padStart(7);
  console.log(
    `${machine}: ${values.detector ? 'COCO-SSD' : 'MobileNet v1'} on ${values.engine}, ${values.rounds} × ${values.seconds} s each; ms\n`,
  );
  console.log('                                 label is old                   takes    at most        page');
  console.log(
    '                                  p50    p95    max  frames       p50      bound  within   paints/s  longest pause',
  );
  for (const { how, frames, age, service, bound, within, paintsPerSecond, longestPause } of report) {
    const ages = ms(age.p50) + ms(age.p95) + ms(age.max);
    const share = `${(100 * within).toFixed(0)} %`.padStart(8);
    console.log(
      `${how.padEnd(30)}${ages}${ms(frames)}   ${ms(service.p50)}    ${ms(bound)}${share}   ` +
        `${paintsPerSecond.toFixed(1).padStart(8)}        ${ms(longestPause)}`,
    );
  }
  console.log(
    '\nold: from when an idle page would have had the frame to its label; bound: 2 × what it takes + one frame interval',
  );
}

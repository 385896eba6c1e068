// npm run soak:browser [-- --frames 54000 --where page|worker --engine wasm]: a camera's frames through a network in Chromium,
// as fast as they go (54,000 are half an hour of a camera); the page's memory at each tenth, after garbage is collected.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { build, preview, type InlineConfig } from 'vite';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../../scripts/find-chromium.ts';
import type { Level, Soak, Soaked } from './soak-camera.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '54000' },
    where: { type: 'string', default: 'page' },
    engine: { type: 'string', default: 'wasm' },
  },
});
const soak = { ...values, frames: Number(values.frames) } as Soak;
const MiB = 2 ** 20;

const outDir = mkdtempSync(path.join(tmpdir(), 'sluice-soak-'));
const config: InlineConfig = {
  configFile: false,
  logLevel: 'error',
  root: import.meta.dirname,
  base: './',
  resolve: { tsconfigPaths: true },
  worker: { format: 'es' },
  build: { outDir, emptyOutDir: true, target: 'es2023' },
  preview: { port: 0, host: '127.0.0.1' },
};
await build(config);
const server = await preview(config);
const executablePath = findChromium();
const browser = await chromium.launch({ args: CHROMIUM_ARGUMENTS, ...(executablePath ? { executablePath } : {}) });
const page = await browser.newPage();
const debugged = await page.context().newCDPSession(page);

/** The page's JavaScript heap (MiB), and the tensors there, at each tenth of the way. */
const heap: number[] = [];
const tensors: number[] = [];
let began = performance.now();

async function tell({ labelled, tensors: count }: Level): Promise<void> {
  await debugged.send('HeapProfiler.collectGarbage');
  // The numbers of typed arrays are kept beside the heap.
  const { usedSize, backingStorageSize } = await debugged.send('Runtime.getHeapUsage');
  heap.push((usedSize + backingStorageSize) / MiB);
  tensors.push(count);
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${String(labelled).padStart(7)} labelled ${heap.at(-1)?.toFixed(2).padStart(8)} MiB of heap ` +
      `${String(count).padStart(4)} tensors ${seconds.toFixed(0).padStart(6)} s`,
  );
}

let soaked: Soaked;
try {
  await page.exposeFunction('tell', tell);
  await page.goto(server.resolvedUrls?.local[0] ?? '');
  await page.waitForFunction(() => 'run' in globalThis);
  began = performance.now();
  soaked = await page.evaluate(
    (given) => (globalThis as unknown as { run(soak: Soak): Promise<Soaked> }).run(given),
    soak,
  );
} finally {
  await browser.close();
  await server.close();
  rmSync(outDir, { recursive: true, force: true });
}

const { counts, tensors: left, tracks } = soaked;
const { produced, delivered, discarded, dropped, failed, inFlight } = counts;
const sum = delivered + discarded + failed + inFlight + Object.values(dropped).reduce((a, b) => a + b, 0);
console.log(`${produced} frames: ${delivered} labelled, dropped ${JSON.stringify(dropped)}, ${failed} failed`);
/** Since the second tenth: short runs are warming up all the way. */
const growth = (levels: readonly number[]) => (levels.at(-1) ?? NaN) / (levels[1] ?? NaN);
const faults = [
  left !== 0 && `${left} tensors are left`,
  new Set(tensors).size > 1 && `the number of tensors changed: ${tensors.join(', ')}`,
  sum !== produced && `${sum} frames are accounted for, not ${produced}`,
  inFlight !== 0 && `${inFlight} frames are still in flight`,
  delivered < soak.frames && `only ${delivered} frames were labelled`,
  tracks.some((state) => state !== 'ended') && 'the camera is still on',
  !(growth(heap) <= 1.1) && `the heap grew by ${((growth(heap) - 1) * 100).toFixed(1)} %`,
].filter((fault) => fault !== false);
console.log(
  faults.length > 0
    ? `FAILED: ${faults.join('; ')}`
    : `passed: heap × ${growth(heap).toFixed(3)} since the second tenth`,
);
process.exitCode = faults.length > 0 ? 1 : 0;

// npm run soak:demo [-- frames [sample | camera]]: the demo's page for as many frames; what its memory does meanwhile.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { fakeCamera } from '../../scripts/fake-camera.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/find-chromium.ts';

const [frames = '54000', source = 'sample'] = process.argv.slice(2);
const [wanted, MiB] = [Number(frames), 2 ** 20];
const configFile = path.resolve(import.meta.dirname, '../../demo/vite.config.ts');
const outDir = mkdtempSync(path.join(tmpdir(), 'sluice-demo-'));
await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } });
const server = await preview({ configFile, logLevel: 'error', build: { outDir }, preview: { port: 0 } });
const executablePath = findChromium();
const camera = ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${await fakeCamera()}`];
const browser = await chromium.launch({
  args: [...CHROMIUM_ARGUMENTS, ...camera],
  ...(executablePath ? { executablePath } : {}),
});
const context = await browser.newContext({ permissions: ['camera'] });
const page = await context.newPage();
const devTools = await context.newCDPSession(page);

/** Frames labelled by now, MiB of heap and tensors after a collection. */
async function look(): Promise<{ done: number; heap: number; tensors: number }> {
  await devTools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devTools.send('Runtime.getHeapUsage');
  const tensors = await page.evaluate(() => {
    const { ['_tfengine']: engine } = globalThis as unknown as { _tfengine: { state: { numTensors: number } } };
    return engine.state.numTensors;
  });
  return { done: await labelled(), heap: usedSize / MiB, tensors };
}

const labelled = async () =>
  Number(await page.locator('.account dl > div', { hasText: 'labelled' }).locator('dd').textContent());

await page.goto(server.resolvedUrls?.local[0] ?? '');
await page.getByRole('status').filter({ hasText: 'Ready' }).waitFor();
await page.getByLabel('Engine').selectOption('wasm');
await page.getByLabel('Model').selectOption('lenet5');
await page.getByRole('status').filter({ hasText: 'Ready' }).waitFor();
if (source === 'sample') await page.getByLabel('Pace').selectOption('every');
await page.getByRole('button', { name: source === 'sample' ? 'Sample clip' : 'Camera' }).click();
const began = performance.now();
const looks: Awaited<ReturnType<typeof look>>[] = [];
while (looks.length < 10) {
  await page.waitForTimeout(1000);
  if ((await labelled()) * 10 < wanted * (looks.length + 1)) continue;
  const now = await look();
  looks.push(now);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${now.done} frames  ${now.heap.toFixed(1)} MiB of heap  ${now.tensors} tensors  ${seconds} s`);
}
await browser.close();
await server.close();
rmSync(outDir, { recursive: true, force: true });

// Its logs, of at most 9,000 labels, are full by then.
const [early, last] = [looks[2], looks.at(-1)];
const growth = (last?.heap ?? NaN) / (early?.heap ?? NaN);
const flat = growth <= 1.1 && (last?.tensors ?? NaN) <= (early?.tensors ?? NaN) + 20;
console.log(`${flat ? 'passed' : 'FAILED'}: heap × ${growth.toFixed(3)} since the third tenth`);
process.exitCode = flat ? 0 : 1;

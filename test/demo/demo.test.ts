import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { fakeCamera } from '../../scripts/fake-camera.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/find-chromium.ts';

const root = path.resolve(import.meta.dirname, '../..');
const outDir = mkdtempSync(path.join(tmpdir(), 'sluice-demo-'));
let server: PreviewServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let address: string;
/** Everything the page asked for, and what it complained of. */
let requests: string[];
let complaints: string[];

beforeAll(async () => {
  const configFile = path.join(root, 'demo/vite.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  // From a folder of a server, as it may be put anywhere.
  server = await preview({
    configFile,
    base: '/some/where/',
    logLevel: 'error',
    build: { outDir },
    preview: { port: 0, host: '127.0.0.1' },
  });
  address = server.resolvedUrls?.local[0] ?? '';
  const executablePath = findChromium();
  const camera = ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${await fakeCamera()}`];
  browser = await chromium.launch({
    args: [...CHROMIUM_ARGUMENTS, ...camera],
    ...(executablePath ? { executablePath } : {}),
  });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(outDir, { recursive: true, force: true });
});

beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  [requests, complaints] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(address);
  await page.getByRole('button', { name: 'Start' }).waitFor();
  await page.getByRole('combobox', { name: 'Engine' }).selectOption('webgl');
});

afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
  // Blobs are the page's own.
  expect(requests.filter((url) => !url.startsWith(address) && !/^(blob|data):/.test(url))).toEqual([]);
});

const button = (name: string) => page.getByRole('button', { name });
const label = () => page.locator('.label');
const problem = () => page.getByRole('alert');
const choose = (...files: string[]) =>
  page.locator('input[type=file]').setInputFiles(files.map((file) => path.join(root, file)));
const until = (what: string) => label().filter({ hasText: what }).waitFor({ timeout: 60_000 });
/** What the account says of a row. */
const count = async (row: string) =>
  Number(await page.locator('dl > div', { hasText: row }).first().locator('dd').textContent());

it('labels the sample clip, and every frame is accounted for', async () => {
  await button('Start').click();
  await until('sulphur-crested cockatoo');
  expect(await page.locator('.engine').textContent()).toBe('on webgl: asked for');
  expect(await page.getByRole('table').locator('tbody tr').count()).toBeGreaterThan(25);
  await button('Stop').click();
  await button('Start').waitFor();
  const [frames, labelled, flying] = [await count('frames'), await count('labelled'), await count('in flight')];
  expect(labelled).toBeGreaterThan(0);
  expect(labelled + flying).toBeLessThanOrEqual(frames);
});

it('labels the camera, by keyboard alone, while its gate is moved', async () => {
  await context.grantPermissions(['camera']);
  await button('Camera').focus();
  await page.keyboard.press('Enter');
  await until('sulphur-crested cockatoo');
  await page.getByRole('combobox', { name: 'Policy' }).selectOption('dropNewest');
  await page.locator('dl > div', { hasText: 'dropped: full' }).waitFor();
  const before = await count('labelled');
  await expect.poll(() => count('labelled'), { timeout: 30_000 }).toBeGreaterThan(before);
  expect(await problem().count()).toBe(0);
});

it('says that the camera is not allowed, and goes on with something else', async () => {
  await button('Camera').click();
  await problem().filter({ hasText: 'allow it in the address bar' }).waitFor();
  await button('Start').waitFor();
  await choose('test/data/squirrel_cls.jpg');
  await until('fox squirrel');
  expect(await problem().count()).toBe(0);
});

it('says that a file is no video', async () => {
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'holiday.mp4', mimeType: 'video/mp4', buffer: Buffer.from('nothing') });
  await problem().filter({ hasText: 'holiday.mp4 is no video' }).waitFor();
});

it('takes a Teachable Machine export, and says what is wrong with another', async () => {
  await choose(
    'test/data/teachable/model.json',
    'test/data/teachable/weights.bin',
    'test/data/teachable/metadata.json',
  );
  await choose('test/data/squirrel_cls.jpg');
  await label()
    .filter({ hasText: /^(cat|dog)$/ })
    .waitFor();
  expect(
    await page
      .getByRole('table')
      .getByRole('row', { name: /block_add/ })
      .count(),
  ).toBe(1);
  await choose('test/data/teachable/model.json', 'test/data/teachable/metadata.json');
  await problem()
    .filter({ hasText: 'model.json needs weights.bin, which is not among model.json, metadata.json' })
    .waitFor();
});

import path from 'node:path';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright';
import { preview, type PreviewServer } from 'vite';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { fakeCamera } from '../../scripts/fake-camera.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/find-chromium.ts';

export const root = path.resolve(import.meta.dirname, '../..');
let server: PreviewServer;
let browser: Browser;
let address: string;
let opened: BrowserContext | undefined;
/** The URLs that the page requested, and the errors that it logged. */
let requests: string[];
let complaints: string[];

/**
 * Serves the built page, with these headers, and starts Chromium for the tests of a file. A test fails if the page logs an
 * error or requests another server.
 */
export function demoPage(
  camera: 'cockatoo' | 'none' = 'cockatoo',
  headers: Readonly<Record<string, string>> = {},
): void {
  beforeAll(async () => {
    const configFile = path.join(root, 'demo/vite.config.ts');
    // Not at the root of the server: the page must work in any folder.
    server = await preview({
      configFile,
      base: '/some/where/',
      logLevel: 'error',
      build: { outDir: inject('demoPage') },
      preview: { port: 0, host: '127.0.0.1', headers },
    });
    address = server.resolvedUrls?.local[0] ?? '';
    const executablePath = findChromium();
    const cameras =
      camera === 'none'
        ? ['--use-fake-device-for-media-stream=device-count=0']
        : ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${await fakeCamera()}`];
    browser = await chromium.launch({
      // Without a GPU, to paint a page in software takes less than to paint it with a GPU in software. WebGL and WebGPU stay.
      args: [...CHROMIUM_ARGUMENTS, '--disable-gpu-compositing', ...cameras],
      ...(executablePath ? { executablePath } : {}),
    });
  });
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
    expect(complaints).toEqual([]);
    // Blobs and data URLs are inside the page.
    expect(requests.filter((url) => !url.startsWith(address) && !/^(blob|data):/.test(url))).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
}

/**
 * Chromium logs this for a frame that was on its way to the page when a track stopped. The page waits for it, but not for as long
 * as it may take on a busy machine. lifecycle.test.ts checks that the page closes its own frames.
 */
const CHROMES_OWN = /VideoFrame was garbage collected without being closed/;

interface Opened {
  /** Runs in the page before the page's scripts. */
  readonly before?: () => void;
  readonly context?: BrowserContextOptions;
  /** Errors that the page may log. */
  readonly expected?: RegExp;
  /** Default wasm, which is faster than WebGL without a GPU. */
  readonly engine?: 'auto' | 'webgl' | 'wasm' | 'cpu';
  /** Default lenet5, which is fast. */
  readonly model?: string;
  /** What the page's address ends with, in place of an engine and a model. */
  readonly query?: string;
  /** Does something to the page before it is loaded, such as a failing server; the page need not get ready. */
  readonly damage?: (page: Page) => Promise<unknown>;
}

/** Opens the page with an engine and a model, and waits until it is ready. */
export async function open({
  before,
  expected,
  context = {},
  engine = 'wasm',
  model = 'lenet5',
  damage,
  // What is damaged is the page as people open it.
  query = damage ? '' : `?${new URLSearchParams({ engine, model })}`,
}: Opened = {}): Promise<Page> {
  opened = await browser.newContext(context);
  const page = await opened.newPage();
  [requests, complaints] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !CHROMES_OWN.test(text) && !expected?.test(text)) complaints.push(text);
  });
  if (before) await page.addInitScript(before);
  await damage?.(page);
  await page.goto(address + query);
  if (!damage) await ready(page);
  return page;
}

/** The URLs that the page has requested so far. */
export const asked = (): readonly string[] => requests;

export const ready = (page: Page) => page.getByRole('status').filter({ hasText: 'Ready' }).waitFor();
export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
export const problem = (page: Page) => page.getByRole('alert');
/** Waits until the page has removed its dialog. A closed dialog loses its role before that. */
export const closed = (page: Page) => page.locator('dialog').waitFor({ state: 'detached' });
export const label = (page: Page) => page.locator('.label');
export const choose = (page: Page, ...files: string[]) =>
  page.locator('input[type=file]').setInputFiles(files.map((file) => path.join(root, file)));
/** The number in a row of the account. */
export const count = async (page: Page, row: string) =>
  Number(await page.locator('.account dl > div', { hasText: row }).first().locator('dd').textContent());
/** Waits until at least this number of frames are labelled. */
export const labelled = (page: Page, atLeast: number) =>
  expect.poll(() => count(page, 'labelled'), { timeout: 110_000 }).toBeGreaterThanOrEqual(atLeast);
/** The number of tensors, from tfjs's global state. */
export const tensors = (page: Page) =>
  page.evaluate(() => {
    const { ['_tfengine']: engine } = globalThis as unknown as { _tfengine: { state: { numTensors: number } } };
    return engine.state.numTensors;
  });

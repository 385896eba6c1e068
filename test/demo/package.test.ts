import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser } from 'playwright';
import { build, preview, type InlineConfig } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/find-chromium.ts';

// The built package (dist/) in a page that Vite builds with its default settings.

const outDir = mkdtempSync(path.join(tmpdir(), 'sluice-package-'));
let browser: Browser;

beforeAll(async () => {
  const executablePath = findChromium();
  browser = await chromium.launch({ args: CHROMIUM_ARGUMENTS, ...(executablePath ? { executablePath } : {}) });
});

afterAll(async () => {
  await browser?.close();
  rmSync(outDir, { recursive: true, force: true });
});

it.each([
  ['in one file, as the package has it', 'iife', 'cpu'],
  ['in modules, from a script of the page', 'es', 'webgl'],
] as const)('labels in a worker that is bundled %s', async (_how, format, engine) => {
  const config: InlineConfig = {
    configFile: false,
    logLevel: 'error',
    root: path.join(import.meta.dirname, 'package-page'),
    base: './',
    worker: { format },
    build: { outDir: path.join(outDir, format), emptyOutDir: true, target: 'es2023' },
  };
  await build(config);
  const server = await preview({ ...config, preview: { port: 0, host: '127.0.0.1' } });
  const page = await browser.newPage();
  try {
    const scripts: string[] = [];
    page.on('response', async (response) => {
      if (response.url().endsWith('.js')) scripts.push(await response.text());
    });
    await page.goto(`${server.resolvedUrls?.local[0]}?engine=${engine}&own=${format === 'es'}`);
    const output = page.locator('output');
    await output.filter({ hasText: /./ }).waitFor();
    expect(await output.textContent()).toBe('fox squirrel');
    expect(await output.getAttribute('data-engine')).toBe(engine);
    await expect.poll(() => page.workers().length).toBe(0);
    // A worker made of modules loads only the engine that it uses.
    const wasm = scripts.some((text) => text.includes('The WASM backend was already initialized'));
    expect(wasm).toBe(format === 'iife');
  } finally {
    await page.close();
    await server.close();
  }
});

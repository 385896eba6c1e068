import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser } from 'playwright';
import { build, preview, type InlineConfig } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/find-chromium.ts';

// What a page downloads for its engine, and how many threads wasm uses, with and without cross-origin isolation.

const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** What a careful server sends: nothing but the page's own files, and no code but theirs and wasm. */
const STRICT = { 'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" };

const outDir = mkdtempSync(path.join(tmpdir(), 'sluice-engines-'));
const config: InlineConfig = {
  configFile: false,
  logLevel: 'error',
  root: path.join(import.meta.dirname, 'engine-page'),
  base: './',
  resolve: { tsconfigPaths: true },
  worker: { format: 'es' },
  build: { outDir, emptyOutDir: true, target: 'es2023' },
};
let browser: Browser;

beforeAll(async () => {
  const executablePath = findChromium();
  browser = await chromium.launch({ args: CHROMIUM_ARGUMENTS, ...(executablePath ? { executablePath } : {}) });
  await build(config);
});

afterAll(async () => {
  await browser?.close();
  rmSync(outDir, { recursive: true, force: true });
});

interface Told {
  readonly reason: string;
  readonly isolated: boolean;
  readonly scores: readonly number[];
}

/** The page's text, the wasm files that it requested, and its number of workers. */
async function visit(query: string, headers: Readonly<Record<string, string>> = {}, cores = 8) {
  const server = await preview({ ...config, preview: { port: 0, host: '127.0.0.1', headers } });
  const page = await browser.newPage();
  try {
    // tfjs uses half of the cores at most: on a small machine that is one.
    await page.addInitScript((value) => Object.defineProperty(navigator, 'hardwareConcurrency', { value }), cores);
    const files: string[] = [];
    page.on('request', (request) => {
      const [, file] = /([^/]+?)(?:-[\w-]{8})?\.wasm$/.exec(request.url()) ?? [];
      if (file !== undefined) files.push(file);
    });
    await page.goto(`${server.resolvedUrls?.local[0]}?${query}`);
    const output = page.locator('output');
    await output.filter({ hasText: /./ }).waitFor();
    const text = (await output.textContent()) ?? '';
    return {
      text,
      told: text.startsWith('{') ? (JSON.parse(text) as Told) : undefined,
      files,
      workers: page.workers().length,
    };
  } finally {
    await page.close();
    await server.close();
  }
}

it('wasm uses threads in an isolated page, one thread elsewhere, and gives the same scores', async () => {
  const alone = await visit('engine=wasm');
  expect(alone.told).toMatchObject({ isolated: false, reason: 'asked for' });
  expect([alone.files, alone.workers]).toEqual([['tfjs-backend-wasm-simd'], 0]);
  const together = await visit('engine=wasm&threads=2', ISOLATED);
  expect(together.told).toMatchObject({ isolated: true, reason: 'asked for; on 2 threads' });
  // The main thread computes as well.
  expect(together.workers).toBeGreaterThanOrEqual(1);
  expect(together.files).toContain('tfjs-backend-wasm-threaded-simd');
  expect(together.files).not.toContain('tfjs-backend-wasm-simd');
  expect(together.told?.scores.length).toBe(3);
  for (const [i, score] of (together.told?.scores ?? []).entries()) {
    expect(Math.abs(score - (alone.told?.scores[i] ?? NaN))).toBeLessThan(1e-5);
  }
});

it.each([
  ['', 8, '; on 4 threads'],
  ['', 4, '; on 2 threads'],
  ['', 2, ''],
  ['&threads=3', 8, '; on 3 threads'],
  ['&threads=1', 8, ''],
])('%s on %i cores: asked for%s', async (query, cores, threads) => {
  const { told } = await visit(`engine=wasm${query}`, ISOLATED, cores);
  expect(told?.reason).toBe(`asked for${threads}`);
});

it.each([
  ['their script throws', '&broken', {}, /nobody is not defined/],
  ['they never answer', '&silent', {}, /they did not answer for 1.5 s/],
  ['the page’s policy refuses their script', '', STRICT, /the browser refused to start them/],
  ['the server has no wasm file for them', '&absent', {}, /its backend did not start with them/],
])('wasm uses one thread and says why if %s', async (_, query, headers, why) => {
  const { told, files, workers } = await visit(`engine=wasm${query}`, { ...ISOLATED, ...headers });
  expect(told?.isolated).toBe(true);
  expect(told?.reason).toMatch(/^asked for; on one thread, because more did not start: /);
  expect(told?.reason).toMatch(why);
  expect(told?.scores.length).toBe(3);
  expect([files.at(-1), workers]).toEqual(['tfjs-backend-wasm-simd', 0]);
});

it('wasm uses threads under a policy that allows blob: for workers only', async () => {
  const policy = `${STRICT['Content-Security-Policy']}; worker-src 'self' blob:`;
  const { told } = await visit('engine=wasm&threads=2', { ...ISOLATED, 'Content-Security-Policy': policy });
  expect(told?.reason).toBe('asked for; on 2 threads');
});

it.each(['0', '1.5', 'many'])('threads of %s are refused', async (threads) => {
  expect((await visit(`engine=wasm&threads=${threads}`, ISOLATED)).text).toContain(
    'useEngine: threads must be a whole number of at least 1',
  );
});

it.each(['webgl', 'webgpu', 'cpu'])('a page on %s downloads no wasm', async (engine) => {
  const { told, files } = await visit(`engine=${engine}`);
  expect(told?.scores.length).toBe(3);
  expect(files).toEqual([]);
});

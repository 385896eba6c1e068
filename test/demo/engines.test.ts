import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser } from 'playwright';
import { build, preview, type InlineConfig } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
const executablePath = findChromium();
const launch = (args: readonly string[]) =>
  chromium.launch({ args: [...args], ...(executablePath ? { executablePath } : {}) });
/** With a GPU computed in software for WebGL and WebGPU, and as a machine without a GPU starts it. */
let [browser, plain]: Browser[] = [];

beforeAll(async () => {
  [browser, plain] = await Promise.all([launch(CHROMIUM_ARGUMENTS), launch(['--no-sandbox'])]);
  await build(config);
});

afterAll(async () => {
  await Promise.all([browser?.close(), plain?.close()]);
  rmSync(outDir, { recursive: true, force: true });
});

interface Told {
  readonly name: string;
  readonly reason: string;
  /** The reason of a second choice. */
  readonly again: string;
  /** How many tensors there were after the choices. */
  readonly tensors: number;
  readonly isolated: boolean;
  readonly scores: readonly number[];
}

interface Visit {
  readonly headers?: Readonly<Record<string, string>>;
  readonly cores?: number;
  readonly from?: Browser | undefined;
  /** Runs in the page before its scripts. */
  readonly before?: () => void;
}

/** The page's text, the wasm files and the scripts of GPU engines that it requested, and its number of workers. */
async function visit(query: string, { headers = {}, cores = 8, from = browser, before }: Visit = {}) {
  const server = await preview({ ...config, preview: { port: 0, host: '127.0.0.1', headers } });
  const page = await from!.newPage();
  try {
    // tfjs uses half of the cores at most: on a small machine that is one.
    await page.addInitScript((value) => Object.defineProperty(navigator, 'hardwareConcurrency', { value }), cores);
    if (before) await page.addInitScript(before);
    const files: string[] = [];
    page.on('request', (request) => {
      const [, file] = /([^/]+?)(?:-[\w-]{8})?\.wasm$/.exec(request.url()) ?? [];
      if (file !== undefined) files.push(file);
    });
    await page.goto(`${server.resolvedUrls?.local[0]}?${query}`);
    const output = page.locator('output');
    await output.filter({ hasText: /./ }).waitFor({ timeout: 150_000 });
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
  const together = await visit('engine=wasm&threads=2', { headers: ISOLATED });
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
  const { told } = await visit(`engine=wasm${query}`, { headers: ISOLATED, cores });
  expect(told?.reason).toBe(`asked for${threads}`);
});

it.each([
  ['their script throws', '&broken', {}, /nobody is not defined/],
  ['they never answer', '&silent', {}, /they did not answer for 1.5 s/],
  ['the page’s policy refuses their script', '', STRICT, /the browser refused to start them/],
  ['the server has no wasm file for them', '&absent', {}, /its backend did not start with them/],
])('wasm uses one thread and says why if %s', async (_, query, headers, why) => {
  const { told, files, workers } = await visit(`engine=wasm${query}`, { headers: { ...ISOLATED, ...headers } });
  expect(told?.isolated).toBe(true);
  expect(told?.reason).toMatch(/^asked for; on one thread, because more did not start: /);
  expect(told?.reason).toMatch(why);
  expect(told?.scores.length).toBe(3);
  expect([files.at(-1), workers]).toEqual(['tfjs-backend-wasm-simd', 0]);
});

it('wasm uses threads under a policy that allows blob: for workers only', async () => {
  const policy = `${STRICT['Content-Security-Policy']}; worker-src 'self' blob:`;
  const { told } = await visit('engine=wasm&threads=2', {
    headers: { ...ISOLATED, 'Content-Security-Policy': policy },
  });
  expect(told?.reason).toBe('asked for; on 2 threads');
});

it.each(['0', '1.5', 'many'])('threads of %s are refused', async (threads) => {
  expect((await visit(`engine=wasm&threads=${threads}`, { headers: ISOLATED })).text).toContain(
    'useEngine: threads must be a whole number of at least 1',
  );
});

it.each(['webgl', 'webgpu', 'cpu'])('a page on %s downloads no wasm', async (engine) => {
  const { told, files } = await visit(`engine=${engine}`);
  expect(told?.scores.length).toBe(3);
  expect(files).toEqual([]);
});

describe('auto', () => {
  const WASM = ['tfjs-backend-wasm-simd'];

  it('takes wasm where Chromium is started without flags and has no GPU', async () => {
    const { told, files } = await visit('engine=auto', { from: plain });
    expect(told?.reason).toBe(
      'the fastest that works here; webgpu does not work: the browser has no GPU for it; ' +
        'webgl is left out: its GPU is software (SwiftShader)',
    );
    expect(files).toEqual(WASM);
  });

  it('takes wasm where WebGPU and WebGL are software, and says so', async () => {
    const { told, files } = await visit('engine=auto');
    expect(told?.reason).toBe(
      'the fastest that works here; webgpu is left out: its GPU is software (swiftshader); ' +
        'webgl is left out: its GPU is software (SwiftShader)',
    );
    expect(files).toEqual(WASM);
  });

  /** As browsers do that do not tell pages about the machine. */
  const hideNames = () => {
    const info = { vendor: '', architecture: '', device: '', description: '' };
    Object.defineProperty(
      (globalThis as unknown as { GPUAdapter: { prototype: object } }).GPUAdapter.prototype,
      'info',
      {
        get: () => info,
      },
    );
    for (const { prototype } of [WebGLRenderingContext, WebGL2RenderingContext]) {
      const getExtension = Reflect.get(prototype, 'getExtension') as (name: string) => unknown;
      Object.assign(prototype, {
        getExtension(name: string) {
          return name === 'WEBGL_debug_renderer_info' ? null : getExtension.call(this, name);
        },
      });
    }
  };

  it('times GPUs that do not say what they are, once, and takes wasm if it is faster', async () => {
    const { told } = await visit('engine=auto&twice', { before: hideNames });
    const timed = String.raw`a convolution took (too long|[\d.]+ ms), and [\d.]+ ms on wasm`;
    expect(told?.reason).toMatch(
      new RegExp(
        `^the fastest that works here; webgpu is left out: ${timed}; ` +
          `webgl is left out: (${timed}|webgpu was too slow on the same GPU)$`,
      ),
    );
    // The second choice gives the same times: nothing was timed again.
    expect(told?.again).toBe(told?.reason);
    expect(told?.tensors).toBe(0);
  });

  it('takes such a GPU untimed if wasm does not work', async () => {
    // Of the two, WebGL takes a third of the time here.
    const { told } = await visit('engine=auto&nowasm&nogpu', { before: hideNames });
    expect(told?.name).toBe('webgl');
    expect(told?.reason).toMatch(/^the fastest that works here; wasm does not work: ./);
    expect(told?.scores.length).toBe(3);
  });

  it('takes cpu if wasm does not work and the GPU is software', async () => {
    const { told } = await visit('engine=auto&nowasm', { from: plain });
    expect(told?.name).toBe('cpu');
    expect(told?.reason).toMatch(/; webgl is left out: its GPU is software \(SwiftShader\); wasm does not work: ./);
  });

  it('an engine that is asked for by name is taken as asked, also on a software GPU', async () => {
    const { told } = await visit('engine=webgl', { from: plain });
    expect(told).toMatchObject({ name: 'webgl', reason: 'asked for' });
  });
});

import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeCamera } from '../../scripts/fake-camera.ts';
import { findChromium } from '../../scripts/find-chromium.ts';
import { example } from './example.ts';
import { installIn } from './install-in.ts';
import { runIn } from '../consumer/run-in.ts';
import { ownEnv } from './own-env.ts';
import { serveFolder } from './serve-folder.ts';

// The bundlers of docs/bundlers.md: each builds the same page, and Chromium opens it. What a test does by hand after the
// bundler (it copies files, or writes the page) is what the guide tells its readers to do.

const project = mkdtempSync(path.join(tmpdir(), 'sluice-bundlers-'));
const installed = path.join(project, 'node_modules/sluice/dist');
const guide = readFileSync('docs/bundlers.md', 'utf8');
/** A safety net, for a machine that does much else. */
const WAIT = { timeout: 120_000 };
let browser: Browser | undefined;

/** A bundler: how it is run, and what to add to its output. */
interface Bundler {
  readonly program: string;
  readonly args: (out: string) => readonly string[];
  /** Where the output is; by default where it was told to put it. */
  readonly folder?: string;
  /** For a bundler that does not copy `public/` and does not write the page. */
  readonly complete?: (out: string) => void;
}

const vite = (version: number): Bundler => ({ program: 'vite.js', args: (out) => [String(version), out] });

/** What a bundler without pages needs beside its output. */
function addPage(out: string): void {
  cpSync(path.join(project, 'public'), out, { recursive: true });
  const page = '<!doctype html><title>A page</title><script type="module" src="./main.js"></script>';
  writeFileSync(path.join(out, 'index.html'), page);
}

const BUNDLERS: Readonly<Record<string, Bundler>> = {
  'Vite 5': vite(5),
  'Vite 6': vite(6),
  'Vite 7': vite(7),
  'Vite 8': vite(8),
  'webpack 5': {
    program: 'node_modules/webpack-cli/bin/cli.js',
    args: (out) => ['--output-path', path.resolve(project, out)],
    complete: addPage,
  },
  'Rollup 4': { program: 'node_modules/rollup/dist/bin/rollup', args: (out) => ['-c', '-d', out], complete: addPage },
  esbuild: {
    program: 'node_modules/esbuild/bin/esbuild',
    args: (out) => ['src/main.js', '--bundle', '--splitting', '--format=esm', `--outdir=${out}`],
    complete: (out) => {
      addPage(out);
      for (const file of [
        'pipelines/mobilenet-v1/weights.safetensors',
        'pipelines/mobilenet-v1/labels.json',
        'worker/worker-bundle.js',
      ]) {
        copyFileSync(path.join(installed, file), path.join(out, path.basename(file)));
      }
    },
  },
  'Next 16': { program: 'node_modules/next/dist/bin/next', args: () => ['build'], folder: 'out' },
};

beforeAll(async () => {
  cpSync(path.join(import.meta.dirname, 'pages'), project, { recursive: true });
  for (const [file, code] of [
    ['src/engine.js', example('docs/browser.md', 'js browser', 'await useEngine(')],
    ['src/camera.js', example('README.md', 'js browser', 'webcam(')],
    ['rollup.config.js', example('docs/bundlers.md', 'js', 'nodeResolve(')],
    ['app/page.jsx', example('docs/bundlers.md', 'jsx', 'export default')],
  ] as const) {
    writeFileSync(path.join(project, file), code);
  }
  await installIn(project, 'the bundlers');
  const wasm = path.join(project, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
  mkdirSync(path.join(project, 'public/wasm'), { recursive: true });
  for (const file of readdirSync(wasm).filter((name) => name.endsWith('.wasm'))) {
    copyFileSync(path.join(wasm, file), path.join(project, 'public/wasm', file));
  }
  copyFileSync('test/data/squirrel_cls.jpg', path.join(project, 'public/squirrel.jpg'));
  const executablePath = findChromium();
  browser = await chromium.launch({
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-software-rasterizer',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${await fakeCamera()}`,
    ],
    ...(executablePath ? { executablePath } : {}),
  });
});

afterAll(async () => {
  await browser?.close();
  await rm(project, { recursive: true, force: true });
});

/** Opens a built page, without the file that is `missing`, and waits until it has printed all these lines. */
async function prints(out: string, lines: readonly RegExp[], missing?: string): Promise<void> {
  if (!browser) throw new Error('there is no browser');
  const server = await serveFolder(out);
  const page = await browser.newPage();
  const printed: string[] = [];
  page.on('console', (message) => printed.push(message.text()));
  page.on('pageerror', ({ message }) => printed.push(message));
  if (missing) await page.route(`**/${missing}`, (route) => route.fulfill({ status: 404 }));
  try {
    await page.goto(server.url);
    const left = () => lines.filter((line) => !printed.some((text) => line.test(text)));
    await expect
      .poll(() => (left().length > 0 ? { left: left(), printed: printed.slice(0, 10) } : 'all'), WAIT)
      .toBe('all');
  } finally {
    await page.close();
    await server.close();
  }
}

async function build(name: string, { program, args, folder, complete }: Bundler): Promise<string> {
  const out = outOf(name);
  const env = ownEnv({ NEXT_TELEMETRY_DISABLED: '1' });
  const { code, stdout, stderr } = await runIn(project, process.execPath, [program, ...args(out)], { env });
  expect(code, `${name} ended with ${code}\n${stdout}\n${stderr}`).toBe(0);
  const built = path.join(project, folder ?? out);
  complete?.(built);
  return built;
}

function outOf(name: string): string {
  return path.join('built', name.replace(' ', '-').toLowerCase());
}

describe.each(Object.entries(BUNDLERS))('%s', (name, bundler) => {
  it('has a row in the guide, with the version that is tested', () => {
    const { devDependencies, dependencies } = JSON.parse(
      readFileSync(path.join(import.meta.dirname, 'pages/package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    const tested = { ...dependencies, ...devDependencies };
    const version = [name.replace(' ', '-'), name.split(' ')[0] ?? '']
      .map((key) => tested[key.toLowerCase()])
      .find((found) => found !== undefined);
    expect(guide).toMatch(new RegExp(`^\\| ${name} +\\| ${version?.split('@').at(-1)} +\\|`, 'm'));
  });

  it("builds the documentation's examples, and the page works", async () => {
    await prints(await build(name, bundler), [
      /^wasm the fastest/,
      /^sulphur-crested cockatoo$/,
      /^in a worker: fox squirrel$/,
    ]);
  });
});

// With esbuild, each of these files is copied by hand.
it.each([
  ['weights.safetensors', /^cannot read http:\S+\/weights\.safetensors: the server answered 404/],
  ['worker-bundle.js', /WorkerError: inWorker's worker did not start/],
  [
    'wasm/*.wasm',
    /^cpu .*its file tfjs-backend-wasm-simd\.wasm is not at http:\S+\/wasm\/tfjs-backend-wasm-simd\.wasm/,
  ],
])('a page without %s says so', async (missing, line) => {
  await prints(path.join(project, outOf('esbuild')), [line], missing);
});

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import type { BrowserCommand } from 'vitest/node';
import { fakeCamera } from './scripts/fake-camera.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from './scripts/find-chromium.ts';
import { locateFfmpeg } from './src/sources/ffmpeg/locate.ts';

const executablePath = findChromium();
const camera = ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${await fakeCamera()}`];

/** Lets pages use the camera, or not: what a person would answer. */
const allowCamera: BrowserCommand<[allowed: boolean]> = async ({ context }, allowed) => {
  if (allowed) await context.grantPermissions(['camera']);
  else await context.clearPermissions();
};

/** Those of the page and of its frames, as the browser itself counts them. */
const countWorkers: BrowserCommand = ({ page }) => Promise.resolve(page.workers().length);

/** What Node makes of the sample clip, and of pictures, as JSON. */
const fromNode =
  (script: string): BrowserCommand =>
  async () =>
    (await promisify(execFile)(process.execPath, ['--import', 'tsx', script], { maxBuffer: 100_000_000 })).stdout;
const nodeFrames = fromNode('test/browser/node-frames.ts');
const nodePictures = fromNode('test/browser/node-pictures.ts');

/** A file that ffmpeg makes with these arguments, in base64. */
const madeByFfmpeg: BrowserCommand<[args: string, name: string]> = async (_, args, name) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-clip-'));
  try {
    const file = path.join(folder, name);
    await promisify(execFile)((await locateFfmpeg()).path, ['-v', 'error', ...args.split(' '), file]);
    return (await readFile(file)).toString('base64');
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** The folder with the light models of ONNX, which is not in the repository. */
const light = process.env['SLUICE_ONNX_LIGHT'] ?? '';
const lightModels: BrowserCommand = async () =>
  light === '' ? [] : (await readdir(light)).filter((name) => name.endsWith('.onnx'));
const lightModel: BrowserCommand<[name: string]> = async (_, name) =>
  (await readFile(path.join(light, name))).toString('base64');

export default defineConfig({
  resolve: { tsconfigPaths: true },
  define: Object.fromEntries(
    ['ALL_FRAMES', 'CONFORMANCE', 'FUZZ_SEED'].map((name) => [
      `import.meta.env.${name}`,
      JSON.stringify(process.env[name] ?? ''),
    ]),
  ),
  // Found beforehand: a package that is found while the tests run makes the page load anew.
  optimizeDeps: {
    include: [
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgl',
      '@tensorflow/tfjs-backend-webgpu',
      '@tensorflow/tfjs-converter',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      'fast-check',
      'mediabunny',
      'onnxruntime-web/wasm',
      'rxjs',
    ],
  },
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: 'test/support/run-folder.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: { args: [...CHROMIUM_ARGUMENTS, ...camera], ...(executablePath ? { executablePath } : {}) },
      }),
      commands: { allowCamera, countWorkers, lightModel, lightModels, madeByFfmpeg, nodeFrames, nodePictures },
      instances: [{ browser: 'chromium' }],
    },
  },
});

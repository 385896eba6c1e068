// npm test: gets what the tests need, builds dist/ (they run the command line from it), and runs all tests: in Node, then
// in Chromium, then the demo, then the packed package in a project of its own. Arguments go to Vitest and run tests in Node only:
// `npm test -- test/flow`. SLUICE_NO_BROWSER=1 leaves out the tests that need Chromium.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium, installChromium } from './find-chromium.ts';
import { runPackage } from './run.ts';

/** Installs a package of Debian, where that can be done without asking. Returns whether it did. */
function installed(name: string, what: string): boolean {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false;
  console.log(`Installing ${what} with apt-get …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { env, timeout: 120_000 });
  const install = ['install', '-y', '-qq', '--no-install-recommends', name];
  return spawnSync('apt-get', install, { env, timeout: 300_000 }).status === 0;
}

/** The bundled ffmpeg is of 2018; the sources are tested with a current one as well, where one can be had. */
function installFfmpeg(): void {
  if (spawnSync('ffmpeg', ['-version']).status === 0) return;
  if (installed('ffmpeg', 'ffmpeg, to test with a current one as well,')) return;
  console.log(
    'No ffmpeg on PATH: decoding is tested with the bundled one of 2018 only. Install ffmpeg to test with yours.',
  );
}

/** ONNX's own cases for its operators. */
function installOnnxCases(): void {
  if (existsSync('/usr/share/libonnx-testdata') || installed('libonnx-testdata', "ONNX's own test cases")) return;
  console.log("ONNX's own cases for its operators are not tested. Debian has them: apt install libonnx-testdata.");
}

function requireChromium(): void {
  if (findChromium() ?? installChromium()) return;
  console.error(
    'No Chromium or Chrome was found, and none could be installed. Install one (https://www.chromium.org) or say where ' +
      'it is with CHROME_PATH; SLUICE_NO_BROWSER=1 runs the tests without it.',
  );
  process.exit(1);
}

const only = process.argv.slice(2);
const inBrowser = only.length === 0 && process.env['SLUICE_NO_BROWSER'] !== '1';

installFfmpeg();
installOnnxCases();
if (inBrowser) requireChromium();
runPackage('tsx', 'dist/cli.mjs', ['scripts/build.ts']);
runPackage('vitest', 'vitest.mjs', ['run', ...only]);
if (inBrowser) {
  for (const config of ['vitest.browser.config.ts', 'vitest.demo.config.ts']) {
    runPackage('vitest', 'vitest.mjs', ['run', '--config', config]);
  }
} else if (only.length === 0) console.log('Not tested: what runs in Chromium (SLUICE_NO_BROWSER=1).');
if (only.length === 0) runPackage('vitest', 'vitest.mjs', ['run', '--config', 'vitest.consumer.config.ts']);

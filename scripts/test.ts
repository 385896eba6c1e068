// npm test: gets what the tests need, builds dist/ (they run the command line from it), and runs all tests: in Node, then
// in Chromium, then the demo, then the packed package in a project of its own. Arguments go to Vitest and run tests in Node only:
// `npm test -- test/flow`. SLUICE_NO_BROWSER=1 leaves out the tests that need Chromium.
import { spawnSync } from 'node:child_process';
import { findChromium, installChromium } from './find-chromium.ts';
import { runPackage } from './run.ts';

/** The bundled ffmpeg is of 2018; the sources are tested with a current one as well, where one can be had. */
function installFfmpeg(): void {
  if (spawnSync('ffmpeg', ['-version']).status === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && spawnSync('apt-get', ['--version']).status === 0) {
    console.log('Installing ffmpeg with apt-get, to test with a current one as well …');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const install = ['install', '-y', '-qq', '--no-install-recommends', 'ffmpeg'];
    spawnSync('apt-get', ['update', '-qq'], { env, timeout: 120_000 });
    if (spawnSync('apt-get', install, { env, timeout: 300_000 }).status === 0) return;
  }
  console.log(
    'No ffmpeg on PATH: decoding is tested with the bundled one of 2018 only. Install ffmpeg to test with yours.',
  );
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
if (inBrowser) requireChromium();
runPackage('tsx', 'dist/cli.mjs', ['scripts/build.ts']);
runPackage('vitest', 'vitest.mjs', ['run', ...only]);
if (inBrowser) {
  for (const config of ['vitest.browser.config.ts', 'vitest.demo.config.ts']) {
    runPackage('vitest', 'vitest.mjs', ['run', '--config', config]);
  }
} else if (only.length === 0) console.log('Not tested: what runs in Chromium (SLUICE_NO_BROWSER=1).');
if (only.length === 0) runPackage('vitest', 'vitest.mjs', ['run', '--config', 'vitest.consumer.config.ts']);

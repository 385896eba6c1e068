// npm test: gets what the tests need, builds dist/ (they run the command line from it), and runs them all.
// Arguments go to vitest: `npm test -- test/flow`.
import { spawnSync } from 'node:child_process';
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

installFfmpeg();
runPackage('tsx', 'dist/cli.mjs', ['scripts/build.ts']);
runPackage('vitest', 'vitest.mjs', ['run', ...process.argv.slice(2)]);

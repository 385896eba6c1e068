import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { build, type Rolldown } from 'vite';

const SCRIPT = 'dist/worker/worker-bundle.js';
const NOTICE =
  '/*! sluice (MIT) with TensorFlow.js, RxJS and long.js (Apache License 2.0, in worker-bundle.LICENSE.txt) and seedrandom ' +
  '(MIT, Copyright 2019 David Bau). */';

/** Bundlers that bundle the script again read some comments, such as `webpackIgnore`. */
const COMMENTS = { annotation: true, jsdoc: false, legal: false };

/** Replaces the script that `inWorker` starts by one minified file that imports nothing. */
export async function bundleWorker(): Promise<void> {
  const [{ output }] = (await build({
    configFile: false,
    // webpack takes `typeof __filename` for 'string'; TensorFlow.js then reads the variable, which is not there.
    define: { __filename: 'undefined', __dirname: 'undefined' },
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2023',
      lib: { entry: SCRIPT, formats: ['es'] },
      rolldownOptions: { output: { codeSplitting: false, minify: true, comments: COMMENTS } },
    },
  })) as [Rolldown.RolldownOutput];
  const [chunk, ...others] = output;
  if (others.length > 0) throw new Error(`${SCRIPT} was to be one file, but is ${output.length}`);
  writeFileSync(SCRIPT, `${NOTICE}\n${chunk.code}`);
  // It describes the script as it was.
  rmSync(`${SCRIPT}.map`);
  copyFileSync('node_modules/rxjs/LICENSE.txt', 'dist/worker/worker-bundle.LICENSE.txt');
}

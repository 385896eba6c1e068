// The script that `inWorker` starts. The build replaces it by one file that also holds all that it imports, TensorFlow.js
// included, so that a bundler need not split it into chunks, and a server can serve it as it is. `sluice/worker` is not bundled.
// eslint-disable-next-line import/no-unassigned-import -- it runs
import './worker.ts';

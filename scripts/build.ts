// Builds dist/: the library and the command line from src/, then the bundled networks with their files.
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { bundleWorker } from './bundle-worker.ts';
import { runPackage } from './run.ts';

rmSync('dist', { recursive: true, force: true });
for (const project of ['tsconfig.build.json', 'pipelines/tsconfig.build.json']) {
  runPackage('typescript', 'bin/tsc', ['-p', project]);
}
cpSync('pipelines', 'dist/pipelines', {
  recursive: true,
  filter: (path) => !path.endsWith('.ts') && !path.endsWith('tsconfig.build.json'),
});
await bundleWorker();
chmodSync('dist/cli/main.js', 0o755);

// Builds dist/: the library and the command line from src/, then the bundled networks with their files.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';

const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

rmSync('dist', { recursive: true, force: true });
for (const project of ['tsconfig.build.json', 'pipelines/tsconfig.json']) {
  execFileSync(process.execPath, [compiler, '-p', project], { stdio: 'inherit' });
}
cpSync('pipelines', 'dist/pipelines', {
  recursive: true,
  filter: (path) => !['.ts'].includes(extname(path)) && !path.endsWith('tsconfig.json'),
});
chmodSync('dist/cli/main.js', 0o755);

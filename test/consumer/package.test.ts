import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build } from 'vite';
import { expect, inject, it } from 'vitest';
import { npm, printedBy } from './run-in.ts';

const [project, tarball] = [inject('consumer'), inject('tarball')];
const installed = path.join(project, 'node_modules/sluice');
const { version, exports }: Manifest = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8'));

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const attw = createRequire(import.meta.url)
  .resolve('@arethetypeswrong/cli/package.json')
  .replace('package.json', 'dist/index.js');

it('holds only what the build made, and no sources', () => {
  expect(readdirSync(installed).toSorted()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  expect(JSON.stringify(exports)).not.toContain('src/');
});

it('publint finds nothing to say', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

it('attw finds that every entry point has the right types, for projects of ES modules', async () => {
  const args = [attw, tarball, '--profile', 'esm-only', '--no-color', '--format', 'ascii'];
  // It exits with another code than 0 where it finds a problem.
  expect(await printedBy(project, process.execPath, args)).toContain('"sluice/node"');
});

it('`npx sluice --version` prints its version', async () => {
  expect((await npm(project, 'npx', '--no-install', 'sluice', '--version')).trim()).toBe(version);
});

it('Vite bundles a page that uses it, with its worker and the weights', async () => {
  const root = path.join(project, 'page');
  const { output } = (await build({
    configFile: false,
    logLevel: 'error',
    root,
    base: './',
    worker: { format: 'es' },
    build: { target: 'es2023', outDir: path.join(project, 'page-built') },
  })) as { output: readonly { readonly fileName: string }[] };
  const files = output.map(({ fileName }) => fileName).join('\n');
  expect(files).toMatch(/^index\.html$/m);
  expect(files).toMatch(/worker-[\w-]+\.js$/m);
  expect(files).toMatch(/weights-[\w-]+\.(bin|safetensors)$/m);
});

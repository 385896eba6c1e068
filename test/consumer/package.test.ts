import { createRequire } from 'node:module';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

it('holds only what the build made and documentation, and no sources', () => {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(installed, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
  const others = files.filter((file) => !/^dist\/|^docs\/(pictures\/)?[\w-]+\.(md|png|jpg)$|\.md$/.test(file));
  expect(others.toSorted()).toEqual(['LICENSE', 'package.json']);
  expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([]);
  expect(JSON.stringify(exports)).not.toContain('src/');
});

/** The places that a Markdown file links to, pictures included, and not those in code. */
function linksIn(markdown: string): string[] {
  const text = markdown.replaceAll(/^```[\s\S]*?^```|`[^`\n]*`/gm, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
}

/** The names by which one can link to the headings of a Markdown file. */
function anchorsIn(markdown: string): string[] {
  const text = markdown.replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const guides = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs')
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

it.each(guides)('each link in %s leads to a file of the package, or is absolute', (guide) => {
  const links = linksIn(readFileSync(path.join(installed, guide), 'utf8')).filter(
    (link) => !link.startsWith('https://'),
  );
  const broken = links.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path.join(installed, guide) : path.join(installed, path.dirname(guide), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsIn(readFileSync(target, 'utf8')).includes(anchor);
  });
  expect(broken).toEqual([]);
  if (guide === 'README.md') expect(links.length).toBeGreaterThan(20);
});

it('the reader of links finds pictures and headings, and nothing in code', () => {
  expect(linksIn('[a](b.md#c) ![p](d.jpg)\n```js\nx[0](y)\n```\n`[n](m)`')).toEqual(['b.md#c', 'd.jpg']);
  expect(anchorsIn('# The `wasm` files\n```sh\n# no heading\n```\n## Top-level `await`')).toEqual([
    'the-wasm-files',
    'top-level-await',
  ]);
});

it('publint finds nothing to say', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

it('attw finds that the entry points have the right types, for projects of ES modules', async () => {
  // Each takes seconds, and those of networks are all alike. That their files exist, publint has found.
  const networks = Object.keys(exports).filter((entry) => entry.startsWith('./pipelines/'));
  const others = networks.filter((entry) => entry !== './pipelines/mobilenet-v1').map((entry) => entry.slice(2));
  expect(others.length).toBeGreaterThan(10);
  const options = ['--profile', 'esm-only', '--no-color', '--format', 'ascii', '--exclude-entrypoints', ...others];
  const args = [attw, tarball, ...options];
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
    build: { target: 'es2023', outDir: path.join(project, 'page-built') },
  })) as { output: readonly { readonly fileName: string }[] };
  const files = output.map(({ fileName }) => fileName).join('\n');
  expect(files).toMatch(/^index\.html$/m);
  expect(files).toMatch(/worker-bundle-[\w-]+\.js$/m);
  expect(files).toMatch(/weights-[\w-]+\.(bin|safetensors)$/m);
});

import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { beforeAll, expect, it } from 'vitest';
import { DOWNLOADED } from '../../demo/model-files.ts';
import { DOWNLOADED_MODELS } from '../../demo/src/run/downloaded-models.ts';

// What the page loads first: index.html, the files that it names, and the files that those import.

type Output = Rolldown.RolldownOutput['output'];
let output: Output;

beforeAll(async () => {
  const configFile = path.resolve(import.meta.dirname, '../../demo/vite.config.ts');
  const built = await build({ configFile, logLevel: 'error', build: { write: false } });
  output = (built as Rolldown.RolldownOutput).output;
});

const file = (name: string) => {
  const found = output.find(({ fileName }) => fileName === name);
  if (!found) throw new Error(`${name} is not in the build`);
  return found;
};
const textOf = (name: string) => {
  const found = file(name);
  return found.type === 'chunk' ? found.code : String(found.source);
};

/** index.html, the scripts and styles that it names, and the scripts that those import. */
function first(): string[] {
  const html = textOf('index.html');
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map(([, name = '']) => name);
  const files = new Set(['index.html', ...named]);
  for (const name of files) {
    const found = file(name);
    if (found.type === 'chunk') found.imports.forEach((imported) => files.add(imported));
  }
  return [...files];
}

it('the build downloads each model that the page offers beyond its own', () => {
  expect(DOWNLOADED_MODELS.map(({ name }) => name)).toEqual(DOWNLOADED);
});

it('the first load is at most 350 kB, gzipped, without weights', () => {
  const sizes = first().map((name) => [name, gzipSync(textOf(name), { level: 9 }).length] as const);
  const sum = sizes.reduce((total, [, size]) => total + size, 0);
  expect(sum, JSON.stringify(sizes)).toBeLessThanOrEqual(350_000);
  // The files were really found.
  expect(sizes.length).toBeGreaterThan(2);
  expect(sum).toBeGreaterThan(50_000);
});

const LATER = [
  ...['webgpu', 'webgl', 'wasm', 'cpu'].map((engine) => `/tfjs-backend-${engine}/`),
  '/tfjs-converter/',
  '/mediabunny/',
  '/engines/onnxruntime/',
];

it.each(LATER)('%s is not in the first load', (what) => {
  const chunks = output.filter((found) => found.type === 'chunk');
  // A module that holds only a file's URL does not count.
  const holders = chunks.filter(({ moduleIds }) => moduleIds.some((id) => id.includes(what) && !id.endsWith('?url')));
  expect(holders.length).toBeGreaterThan(0);
  const early = first();
  expect(holders.map(({ fileName }) => fileName).filter((name) => early.includes(name))).toEqual([]);
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}
interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}

const { scripts, files, exports }: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));

it('no script depends on one that npm runs before or after it: .npmrc switches those off', () => {
  expect(readFileSync('.npmrc', 'utf8')).toMatch(/^ignore-scripts=true$/m);
  const hooks = Object.keys(scripts).filter((name) => /^(pre|post)/.test(name));
  expect(hooks).toEqual([]);
});

it('`start` and `release` build the package first', () => {
  expect(files[0]).toBe('dist');
  // Besides, only documentation.
  expect(files.slice(1).filter((file) => file !== 'docs' && !file.endsWith('.md'))).toEqual([]);
  for (const name of ['start', 'release']) expect(scripts[name]).toMatch(/^npm run --silent build && /);
});

describe('exports', () => {
  const { './package.json': manifest, ...entries } = exports;

  it('name only files of dist/, which is what the package holds, and package.json', () => {
    expect(manifest).toBe('./package.json');
    for (const [name, entry] of Object.entries(entries)) {
      expect(Object.keys(entry), name).toEqual(['types', 'default']);
      for (const file of Object.values(entry)) expect(file, name).toMatch(/^\.\/dist\//);
    }
  });

  it.each(Object.entries(entries))('%s is in dist/ after a build', (_, entry) => {
    expect(Object.values(entry).filter((file) => !existsSync(file))).toEqual([]);
  });
});

it('every source map holds its sources: src/ is not in the package', () => {
  const maps = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.map'));
  expect(maps.length).toBeGreaterThan(100);
  const bad = maps.filter((file) => {
    const map: SourceMap = JSON.parse(readFileSync(path.join('dist', file), 'utf8'));
    const isWhole = map.sourcesContent?.length === map.sources.length && !map.sourcesContent.includes(null);
    return !isWhole || map.sources.some((source) => path.isAbsolute(source));
  });
  expect(bad).toEqual([]);
});

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
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

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const { scripts, files }: { scripts: Record<string, string>; files: string[] } = JSON.parse(
  readFileSync('package.json', 'utf8'),
);

it('no script counts on one that npm runs before or after it: .npmrc ignores those', () => {
  expect(readFileSync('.npmrc', 'utf8')).toMatch(/^ignore-scripts=true$/m);
  const hooks = Object.keys(scripts).filter((name) => /^(pre|post)/.test(name));
  expect(hooks).toEqual([]);
});

it('what is started and what is published is built first', () => {
  expect(files).toEqual(['dist']);
  for (const name of ['start', 'release']) expect(scripts[name]).toMatch(/^npm run --silent build && /);
});

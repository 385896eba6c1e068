import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { circles, importGraph, importsOf } from '../support/import-graph.ts';

// The structure of the source: ARCHITECTURE.md says which folders there are, and in which order they may import.

const root = path.resolve(import.meta.dirname, '../..');
const src = importGraph(path.join(root, 'src'));
const picture = treeOf(readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8'));
const order = picture.flatMap((entry) => /^src\/([\w-]+)\/$/.exec(entry)?.[1] ?? []);

/** The paths in the first fenced block: two spaces a level, a folder's name ends with a slash. */
function treeOf(markdown: string): string[] {
  const block = /^```\n([\s\S]*?)^```$/m.exec(markdown)?.[1] ?? '';
  const above: string[] = [];
  return block.split('\n').flatMap((line) => {
    const [, indent = '', name = ''] = /^( *)(\S+)/.exec(line) ?? [];
    if (name === '') return [];
    above.length = indent.length / 2;
    const entry = above.join('') + name;
    above.push(name);
    return [entry];
  });
}

/** The folders of the repository itself, and all that are below src/. */
function folders(): string[] {
  const ignored = readFileSync(path.join(root, '.gitignore'), 'utf8').split('\n');
  const own = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !ignored.includes(`${entry.name}/`))
    .map(({ name }) => `${name}/`);
  const below = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(root, 'src', name)).isDirectory())
    .map((name) => `src/${name.split(path.sep).join('/')}/`);
  return [...own, ...below].toSorted();
}

describe('ARCHITECTURE.md', () => {
  it('shows each folder of the repository and each folder below src/, and no other', () => {
    expect(picture.filter((entry) => entry.endsWith('/')).toSorted()).toEqual(folders());
  });

  it('shows each file that is in src/ itself, and no other: the entry points', () => {
    const files = [...src.keys()].filter((file) => !file.includes('/')).map((file) => `src/${file}`);
    expect(picture.filter((entry) => !entry.endsWith('/')).toSorted()).toEqual(files.toSorted());
  });
});

describe('src/', () => {
  it('has no circle of imports, types included', () => {
    expect(circles(src)).toEqual([]);
  });

  it('has no folder that imports from a folder after it in ARCHITECTURE.md', () => {
    const backwards = [...src].flatMap(([file, imports]) => {
      const folder = order.indexOf(file.split('/')[0] as string);
      if (folder < 0) return [];
      return imports.filter((to) => order.indexOf(to.split('/')[0] as string) > folder).map((to) => `${file} → ${to}`);
    });
    expect(backwards).toEqual([]);
  });

  it('has no file that imports an entry point, nor one outside of src/', () => {
    const wrong = [...src].flatMap(([file, imports]) =>
      imports.filter((to) => !to.includes('/') || to.startsWith('..')).map((to) => `${file} → ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it('imports only files that exist', () => {
    const missing = [...src].flatMap(([file, imports]) =>
      imports.filter((to) => !to.startsWith('..') && !src.has(to)).map((to) => `${file} → ${to}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('instanceof', () => {
  /** The names of classes that a file asks for with `instanceof`, and neither imports nor declares. */
  function foreign(text: string): string[] {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|\/\^.*$/gm, '');
    const asked = [...code.matchAll(/\binstanceof (\w+)/g)].map(([, name = '']) => name);
    const known = (name: string) => new RegExp(`\\b(class ${name}|import [^;]*\\b${name})\\b`).test(code);
    return asked.filter((name) => !known(name));
  }

  it('asks only for classes of sluice and its dependencies: built-in ones may come from another realm (isA)', () => {
    const found = [...src.keys()].flatMap((file) =>
      foreign(readFileSync(path.join(root, 'src', file), 'utf8')).map((name) => `${file}: ${name}`),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['if (a instanceof Uint8Array) b();', ['Uint8Array']],
    ["import { Own } from './own.ts';\nif (a instanceof Own) b(a instanceof URL);", ['URL']],
    ['class Own {}\nif (a instanceof Own) b();', []],
    ['// a instanceof Error\n/* b instanceof Error */', []],
  ])('%j', (text, names) => {
    expect(foreign(text)).toEqual(names);
  });
});

describe('demo/src/', () => {
  const demo = importGraph(path.join(root, 'demo/src'));

  it('has no circle of imports, types included', () => {
    expect(circles(demo)).toEqual([]);
  });

  it('imports no source from outside but an example: both use the public API', () => {
    const outside = [...demo].flatMap(([file, imports]) =>
      imports.filter((to) => /^\.\..*\.tsx?$/.test(to)).map((to) => `${file} → ${to}`),
    );
    expect(outside.filter((one) => !/→ (\.\.\/)+examples\/play\//.test(one))).toEqual([]);
    const example = [...importGraph(path.join(root, 'examples/play')).values()].flat();
    expect(example.filter((to) => to.startsWith('..'))).toEqual([]);
  });
});

describe('the reader of imports', () => {
  it.each([
    ['values', "import { a, b as c } from './x.ts';"],
    ['several lines', "import {\n  a,\n  type B,\n} from './x.ts';"],
    ['types', "import type { A } from './x.ts';"],
    ['re-exports', "export { a } from './x.ts';"],
    ['re-exported types', "export type { A } from './x.ts';"],
    ['side effects', "import './x.ts';"],
    ['dynamic imports', "const a = await import('./x.ts');"],
    ['types in place', "let a: import('./x.ts').A;"],
    ['the scripts of workers', "new Worker(new URL('./x.ts', import.meta.url));"],
  ])('finds %s', (_, source) => {
    expect(importsOf(source, 'folder/file.ts')).toEqual(['folder/x.ts']);
  });

  it.each([
    ['packages', "import { a } from 'rxjs';"],
    ['examples in comments', "/**\n * import { a } from './x.ts';\n */"],
    ['other files', "new URL('./x.wasm', import.meta.url);"],
  ])('ignores %s', (_, source) => {
    expect(importsOf(source, 'folder/file.ts')).toEqual([]);
  });

  it('finds a circle through several files, and one of a file with itself', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', ['d']],
    ]);
    expect(circles(graph)).toEqual([
      ['a', 'b', 'c', 'a'],
      ['d', 'd'],
    ]);
    expect(
      circles(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', []],
        ]),
      ),
    ).toEqual([]);
  });
});

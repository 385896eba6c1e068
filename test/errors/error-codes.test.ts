import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as sluice from 'sluice';
import type { ErrorCode } from 'sluice';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => String(found));

const CODES = matches(read('src/errors/error-code.ts'), /^ {2}\| '([a-z-]+)'/gm);
const ROWS = matches(read('docs/flow.md').split('## Error codes')[1] ?? '', /^(\| `.*\|)$/gm).map((row) =>
  row.split('|').map((cell) => cell.trim()),
);

describe('the codes of errors', () => {
  it('are a union of literals, so a switch over them is checked', () => {
    expectTypeOf<sluice.SluiceError['code']>().toEqualTypeOf<ErrorCode>();
    expectTypeOf<string>().not.toExtend<ErrorCode>();
    // @ts-expect-error there is no such code
    expect(new sluice.SluiceError('optoin', 'misspelt').code).toBe('optoin');
  });

  it('are each listed once in docs/flow.md, with what happened and what to do', () => {
    expect(CODES.length).toBeGreaterThan(40);
    expect(ROWS.map(([, code]) => code)).toEqual(CODES.map((code) => `\`${code}\``));
    for (const [, code, , happened, remedy] of ROWS) {
      expect(happened, code).toMatch(/\.$/);
      expect(remedy, code).not.toBe('');
    }
  });

  it('name classes that exist', () => {
    for (const [, code, classes = ''] of ROWS) {
      for (const name of matches(classes, /`(\w+)`/g)) expect(sluice, code).toHaveProperty(name);
    }
  });

  it('are all used somewhere in the sources', () => {
    const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' });
    const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('error-code.ts'));
    const text = sources.map((file) => read(path.join('src', file))).join('\n');
    expect(CODES.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });
});

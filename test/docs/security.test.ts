import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('every bound in docs/security.md names a test that there is', () => {
  const rows = readFileSync('docs/security.md', 'utf8')
    .split('\n')
    .filter(
      (line) =>
        line.startsWith('| ') && !line.startsWith('| input') && !line.startsWith('| ---') && !line.startsWith('| **'),
    );
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    const tests = [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file);
    expect(tests.length, row).toBeGreaterThan(0);
    expect(
      tests.filter((file) => !existsSync(file)),
      row,
    ).toEqual([]);
  }
});

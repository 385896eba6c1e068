import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const cli = path.resolve(import.meta.dirname, '../../src/cli');

it('the command line writes text by src/cli/output.ts only, which escapes what controls a terminal', () => {
  const files = readdirSync(cli, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  expect(files).toContain('output.ts');
  const others = files.filter((file) => file !== 'output.ts');
  const raw = others.filter((file) =>
    /std(out|err)\s*\.write|[sS]tream\s*\.write|console\./.test(readFileSync(path.join(cli, file), 'utf8')),
  );
  expect(raw).toEqual([]);
});

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { runIn } from './run-in.ts';

const project = inject('consumer');

const VERSIONS = ['5.6', '5.9', '7'];
const RESOLUTIONS = { nodenext: 'nodenext', bundler: 'esnext' } as const;
type Resolution = keyof typeof RESOLUTIONS;

/** A program and the types of Node, or a page without them. */
const PROGRAMS = {
  node: {
    types: ['node'],
    files: ['node.ts', 'types/flow.test-d.ts', 'types/misfit.test-d.ts', 'types/pipeline.test-d.ts'],
  },
  page: { types: [], files: ['page/main.ts'] },
} as const;
type Program = keyof typeof PROGRAMS;

const cases = VERSIONS.flatMap((version) =>
  (['nodenext', 'bundler'] as const).flatMap((resolution) =>
    (['node', 'page'] as const).map((program) => ({ version, resolution, program })),
  ),
);

/** The compiler's errors, one a line. */
async function errors(version: string, name: string, config: object): Promise<string[]> {
  const file = `tsconfig.${version}.${name}.json`;
  writeFileSync(path.join(project, file), JSON.stringify(config));
  const compiler = path.join(project, `node_modules/typescript-${version}/bin/tsc`);
  const { code, stdout, stderr } = await runIn(project, process.execPath, [compiler, '-p', file, '--pretty', 'false']);
  expect(stderr).toBe('');
  const lines = stdout.split('\n').filter((line) => /error TS\d+/.test(line));
  expect(code === 0).toBe(lines.length === 0);
  return lines;
}

function options(resolution: Resolution, program: Program, more: object): object {
  return {
    target: 'es2022',
    module: RESOLUTIONS[resolution],
    moduleResolution: resolution,
    types: PROGRAMS[program].types,
    strict: true,
    noEmit: true,
    paths: { vitest: ['./vitest.d.ts'] },
    ...more,
  };
}

describe('with skipLibCheck', () => {
  it.each(cases)('TypeScript $version, $resolution: $program', async ({ version, resolution, program }) => {
    const compilerOptions = options(resolution, program, { skipLibCheck: true });
    const name = `${resolution}.${program}`;
    expect(await errors(version, name, { compilerOptions, files: PROGRAMS[program].files })).toEqual([]);
  });
});

describe('without skipLibCheck', () => {
  // The typings of tfjs have errors of their own, which depend on the compiler's version. They are left out by their path.
  const ofOthers = (line: string) => line.startsWith('node_modules/') && !line.startsWith('node_modules/sluice/');

  it.each(cases)('TypeScript $version, $resolution: $program', async ({ version, resolution, program }) => {
    const strict = { skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const compilerOptions = options(resolution, program, strict);
    const name = `${resolution}.${program}.libs`;
    const found = await errors(version, name, { compilerOptions, files: PROGRAMS[program].files });
    expect(found.filter((line) => !ofOthers(line))).toEqual([]);
  });
});

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
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

/** How strictly a program is compiled. */
const MODES = {
  'with skipLibCheck': { skipLibCheck: true },
  // All typings are checked, but not those of the compiler itself.
  'without skipLibCheck': {
    skipLibCheck: false,
    skipDefaultLibCheck: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  },
} as const;
type Mode = keyof typeof MODES;

interface Case {
  readonly resolution: Resolution;
  readonly program: Program;
  readonly mode: Mode;
}

const CASES = (['nodenext', 'bundler'] as const).flatMap((resolution) =>
  (['node', 'page'] as const).flatMap((program) =>
    (Object.keys(MODES) as Mode[]).map((mode): Case => ({ resolution, program, mode })),
  ),
);

const fileOf = (version: string, { resolution, program, mode }: Case) =>
  `tsconfig.${version}.${resolution}.${program}.${mode.replaceAll(' ', '-')}.json`;

/** The errors of each case, one a line. One process compiles them all, because it reads the typings that they share once. */
async function compile(version: string): Promise<ReadonlyMap<Case, readonly string[]>> {
  for (const one of CASES) {
    const config = { compilerOptions: options(one), files: PROGRAMS[one.program].files };
    writeFileSync(path.join(project, fileOf(version, one)), JSON.stringify(config));
  }
  const compiler = path.join(project, `node_modules/typescript-${version}/bin/tsc`);
  const files = CASES.map((one) => fileOf(version, one));
  const args = [compiler, '--build', ...files, '--force', '--verbose', '--pretty', 'false'];
  const { code, stdout, stderr } = await runIn(project, process.execPath, args);
  expect(stderr).toBe('');
  const errorsIn = (text: string) => text.split('\n').filter((line) => /error TS\d+/.test(line));
  expect(code === 0).toBe(errorsIn(stdout).length === 0);
  const [before = '', ...compiled] = stdout.split(/Building project '/);
  expect(errorsIn(before)).toEqual([]);
  expect(compiled).toHaveLength(CASES.length);
  return new Map(
    CASES.map((one) => {
      const file = fileOf(version, one);
      const text = compiled.find((part) => part.slice(0, part.indexOf("'...")).endsWith(file));
      if (text === undefined) throw new Error(`${file} was not compiled: ${stdout}`);
      return [one, errorsIn(text)];
    }),
  );
}

function options({ resolution, program, mode }: Case): object {
  return {
    target: 'es2022',
    module: RESOLUTIONS[resolution],
    moduleResolution: resolution,
    types: PROGRAMS[program].types,
    strict: true,
    noEmit: true,
    paths: { vitest: ['./vitest.d.ts'] },
    ...MODES[mode],
  };
}

/** The typings of tfjs have errors of their own, which depend on the compiler's version. They are left out by their path. */
const ofOthers = (line: string) => line.startsWith('node_modules/') && !line.startsWith('node_modules/sluice/');

describe.each(VERSIONS)('TypeScript %s', (version) => {
  let errors: ReadonlyMap<Case, readonly string[]>;
  beforeAll(async () => {
    errors = await compile(version);
  }, 540_000);

  it.each(CASES)('$resolution, $program, $mode', (one) => {
    const found = errors.get(one) ?? [];
    expect(one.mode === 'with skipLibCheck' ? found : found.filter((line) => !ofOthers(line))).toEqual([]);
  });
});

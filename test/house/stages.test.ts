import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as sluice from 'sluice';
import { fromSpec, normalize, preprocess, resize, toTensor, type AnyStage, type Spec } from 'sluice';
import { CASES } from '../conformance/cases.ts';
import { STAGES } from '../../src/models/registered-stages.ts';
import { COMPOSITE_LOWERINGS, LOWERINGS } from '../../src/onnx/lower.ts';

// The parts a stage consists of, and what is missing where one lacks some: see CONTRIBUTING.md, "Add a stage".

/** Stages that take pictures: ONNX Runtime gets their bytes by another way (`fromPixels`). */
const NOT_LOWERED = ['preprocess', 'resize', 'toTensor'];

/** Stages that cannot be in the table of conformance cases, which has tensors as inputs, and where they are tested. */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  normalize: 'test/preprocess/normalize.test.ts',
  pipeline: 'test/laws/pipe-is-pipeline.test.ts',
  preprocess: 'test/preprocess/preprocess.test.ts',
  resize: 'test/preprocess/resize.test.ts',
  toTensor: 'test/preprocess/to-tensor.test.ts',
};

const EXAMPLES: readonly AnyStage[] = [
  normalize({ range: [-1, 1] }),
  preprocess({ width: 8, height: 6, range: [0, 1] }),
  resize({ width: 8, height: 6 }),
  toTensor(),
];

/** Every spec inside a spec, itself included. */
function specsIn(value: unknown): Spec[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(specsIn);
  return 'op' in value && typeof value.op === 'string' ? [value as Spec, ...inner] : inner;
}

const caseSpecs = CASES.flatMap(({ stage }) => specsIn(stage.spec));
const exports: Readonly<Record<string, unknown>> = sluice;
const ops = [...STAGES.keys()];

/** The names set as code in the first column of the documentation's table of stages (the one headed "stage"). */
function documentedStages(): string[] {
  const files = ['README.md', ...readdirSync('docs').map((file) => `docs/${file}`)];
  const markdown = files.filter((file) => file.endsWith('.md')).map((file) => readFileSync(file, 'utf8'));
  const tables = markdown.flatMap((text) => text.match(/(?:^\|.*\n)+/gm) ?? []);
  const stages = tables.filter((table) => /^\|\s*stages?\s*\|/i.test(table));
  const cells = stages.flatMap((table) => table.split('\n').map((row) => row.split('|')[1] ?? ''));
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)/g)].map(([, name = '']) => name));
}

describe.each(ops)('%s', (op) => {
  test('is exported by src/index.ts', () => {
    expect(exports[op]).toBeTypeOf('function');
  });

  test('is written as ONNX by src/onnx/lower.ts', () => {
    const lowered = LOWERINGS.has(op) || COMPOSITE_LOWERINGS.has(op);
    expect(lowered).toBe(!NOT_LOWERED.includes(op));
  });

  test('has cases in test/conformance/cases.ts', () => {
    const elsewhere = TESTED_ELSEWHERE[op];
    if (elsewhere === undefined) expect(CASES.some(({ stage }) => stage.spec.op === op)).toBe(true);
    else expect(existsSync(elsewhere), elsewhere).toBe(true);
  });

  test('has a row in the table of stages in README.md or docs/', () => {
    // `pipeline` is what the table's stages are put into.
    expect([...documentedStages(), 'pipeline']).toContain(op);
  });

  test('comes back from its spec', () => {
    const spec = [...caseSpecs, ...EXAMPLES.map((example) => example.spec)].find((one) => one.op === op);
    expect(spec, 'no example').toBeDefined();
    const again = fromSpec(JSON.parse(JSON.stringify(spec)) as Spec);
    expect(again.spec).toEqual(spec);
    expect(again.compilable).toBe(!NOT_LOWERED.includes(op));
  });
});

describe('nothing is left out of src/models/registered-stages.ts', () => {
  test('no stage that src/index.ts exports', () => {
    const index = readFileSync('src/index.ts', 'utf8');
    const values = [...index.matchAll(/^export (?!type)\{([^}]*)\} from '\.\/(?:stages|preprocess)\//gm)]
      .flatMap(([, names = '']) => names.split(','))
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '));
    expect(values.length).toBeGreaterThan(20);
    // Two make stages of the user's own, and `presets` are options.
    const others = ['asyncStage', 'presets', 'stage'];
    expect(values.filter((name) => !others.includes(name) && !STAGES.has(name))).toEqual([]);
  });

  test('no stage that can be written as ONNX', () => {
    const lowered = [...LOWERINGS.keys(), ...COMPOSITE_LOWERINGS.keys()];
    expect(lowered.filter((op) => !STAGES.has(op))).toEqual([]);
  });

  test('no stage that has conformance cases', () => {
    expect(caseSpecs.map(({ op }) => op).filter((op) => !STAGES.has(op))).toEqual([]);
  });
});

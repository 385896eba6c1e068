import { mkdirSync, copyFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { errorsIn, sample, sluice as run, squirrel, type Line } from '../support/sluice.ts';
import { scratch } from '../support/media.ts';

const INT8 = ['--precision', 'int8'] as const;

async function first(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await run([...args, '--top', '1', squirrel], { env });
  expect(code).toBe(0);
  const [best] = (JSON.parse(stdout) as Line).classes;
  return { label: best?.label, score: best?.score ?? NaN, stderr };
}

/** As in a project that has not installed the package. */
const WITHOUT_RUNTIME = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`export async function resolve(name, context, next) {
  if (name !== 'onnxruntime-node') return next(name, context);
  throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
}\`));`;

test('classify: the same class, nearly the same score, and no warning on onnxruntime', async () => {
  const [floats, integers] = [await first(['classify']), await first(['classify', ...INT8])];
  expect(integers.label).toBe(floats.label);
  expect(integers.score).not.toBe(floats.score);
  expect(Math.abs(integers.score - floats.score)).toBeLessThan(0.05);
  expect(integers.stderr).not.toContain('warning');
}, 60_000);

test('on an engine that computes in floats it says so, with the remedy, unless it is to be quiet', async () => {
  const { label, stderr } = await first(['classify', ...INT8, '--engine', 'wasm']);
  expect(label).toBe('fox squirrel');
  expect(stderr).toMatch(/warning: --precision int8 is faster on onnxruntime only: wasm \(asked for/);
  expect(stderr).toContain('onnxruntime-node, or leave out --precision');
  const hook = `data:text/javascript,${encodeURIComponent(WITHOUT_RUNTIME)}`;
  const missing = await first(['classify', ...INT8], { NODE_OPTIONS: `--import ${hook}` });
  expect(missing.label).toBe('fox squirrel');
  expect(missing.stderr).toMatch(/warning: .* wasm \(.*the package onnxruntime-node is not installed/);
  const quiet = await first(['classify', ...INT8, '--engine', 'wasm', '--quiet']);
  expect(quiet.stderr).not.toContain('precision');
}, 120_000);

test('batch gives the same bytes in each run; a job goes on only with the precision that it began with', async () => {
  const at = scratch();
  const job = ['--job', path.join(at, 'job')];
  const label = async (out: string, more: readonly string[]) =>
    run(['batch', '--every', '40', '--top', '1', '--out', path.join(at, out), ...more, sample]);
  expect(await label('one.ndjson', INT8)).toMatchObject({ code: 0 });
  expect(await label('two.ndjson', [...INT8, ...job])).toMatchObject({ code: 0 });
  const [one, two] = await Promise.all(['one', 'two'].map((name) => readFile(path.join(at, `${name}.ndjson`), 'utf8')));
  expect(one).toBe(two);
  expect(one?.trim().split('\n')).toHaveLength(7);
  const floats = await label('three.ndjson', job);
  expect(floats.code).not.toBe(0);
  expect(floats.stderr).toMatch(/precision/);
}, 120_000);

test('evaluate, embed and export take it', async () => {
  const at = scratch();
  for (const name of ['fox squirrel', 'tabby']) {
    mkdirSync(path.join(at, name), { recursive: true });
    copyFileSync(squirrel, path.join(at, name, 'a.jpg'));
  }
  const evaluated = await run(['evaluate', '--data', at, ...INT8, '--format', 'json', '--workers', '1']);
  expect(evaluated.code).toBe(0);
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ accuracy: { value: 0.5 }, frames: 2 });
  const embedded = await run(['embed', ...INT8, squirrel]);
  expect((JSON.parse(embedded.stdout) as { vector: readonly number[] }).vector).toHaveLength(1024);
  const file = path.join(at, 'again.onnx');
  expect(await run(['export', ...INT8, file])).toMatchObject({ code: 0 });
  const bytes = await readFile(file);
  expect(bytes.length).toBeLessThan(4.7e6);
  expect(bytes.includes('DequantizeLinear')).toBe(true);
}, 120_000);

test.each([
  [['classify', '--model', 'resnet50', squirrel], /is for mobilenet-v1: resnet50 has no weights of 8 bits/],
  [['classify', '--weights', 'w.safetensors', squirrel], /--weights/],
  [['quantize', '--calibrate', squirrel, '--out', 'x.onnx'], /quantize begins with floats: leave out --precision/],
])('refused: %j', async (args, message) => {
  const { code, stdout, stderr } = await run([...args, ...INT8]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(errorsIn(stderr).join('\n')).toMatch(message);
});

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { below } from '../support/below.ts';
import { long, NETWORK } from '../support/clips.ts';
import { kill, partsIn, untilAllGone } from '../support/kills.ts';
import { Running, sample, sluice as run, squirrel, tiny } from '../support/sluice.ts';
import { scratch } from '../support/media.ts';
import type { QuantizationReport } from '../../src/quantization/quantize.ts';

let at: string;
let model: string;
let quantized: Awaited<ReturnType<typeof run>>;

beforeAll(async () => {
  at = scratch();
  model = path.join(at, 'mobilenet.int8.onnx');
  quantized = await run([...['quantize', '--calibrate', sample, squirrel, '--frames', '12', '--out', model, '--json']]);
}, 120_000);

test('the bundled model, on the sample: a report on stdout, a file of a quarter of the size', async () => {
  expect(quantized).toMatchObject({ code: 0 });
  const report = JSON.parse(quantized.stdout) as QuantizationReport;
  expect(report.layers).toHaveLength(28);
  expect(report.others).toEqual([]);
  expect(report.agreement?.of).toBe(report.heldOut);
  expect(quantized.stderr).toContain('mobilenet-v1 with integers of 8 bits');
  const bytes = (await readFile(model)).length;
  expect(bytes).toBeGreaterThan(4.2e6);
  expect(bytes).toBeLessThan(4.8e6);
});

test('classify takes it like any model: the same class, the labels and the preparation come from the file', async () => {
  const { code, stdout } = await run(['classify', '--model', model, '--top', '1', squirrel]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ classes: [{ label: 'fox squirrel' }] });
});

test('batch gives the same bytes in each run, and the classes of the float model where that is sure', async () => {
  const label = async (name: string, out: string) => {
    const file = path.join(at, out);
    const { code } = await run(['batch', '--model', name, '--every', '20', '--top', '1', '--out', file, sample]);
    expect(code).toBe(0);
    return readFile(file, 'utf8');
  };
  const [float, one, other] = [
    await label('mobilenet-v1', 'float.ndjson'),
    await label(model, 'one.ndjson'),
    await label(model, 'other.ndjson'),
  ];
  expect(one).toBe(other);
  const first = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { classes: readonly { label: string; score: number }[] }).classes[0]);
  const sure = first(float)
    .map((best, i) => ({ best, same: first(one)[i] }))
    .filter(({ best }) => (best?.score ?? 0) > 0.6);
  expect(sure.length).toBeGreaterThan(4);
  for (const { best, same } of sure) expect(same?.label).toBe(best?.label);
}, 120_000);

test('export writes it again, and a batch that was killed goes on to the bytes of one that was not', async () => {
  const small = path.join(at, 'lenet5.int8.onnx');
  const made = await run(['quantize', ...NETWORK, '--calibrate', tiny(), '--method', 'entropy', '--out', small]);
  expect(made).toMatchObject({ code: 0 });
  const again = path.join(at, 'again.onnx');
  expect(await run(['export', '--model', small, again])).toMatchObject({ code: 0 });
  const command = (name: string, out: string) => [
    ...['batch', '--quiet', '--model', name, '--fit', 'contain', '--workers', '1', '--out', path.join(at, out), long()],
  ];
  const killed = new Running(command(small, 'killed.ndjson'));
  const job = path.join(at, 'killed.ndjson.job');
  await killed.until(() => partsIn(job) >= 1 && below(killed.pid).length > 0, 'a part');
  const processes = below(killed.pid);
  kill(killed, 'parent', 0);
  await untilAllGone(killed, processes);
  const labelled = async (name: string, out: string) => {
    expect(await run(command(name, out))).toMatchObject({ code: 0 });
    return readFile(path.join(at, out), 'utf8');
  };
  const resumed = await labelled(small, 'killed.ndjson');
  expect(resumed.trim().split('\n')).toHaveLength(500);
  expect(await labelled(small, 'whole.ndjson')).toBe(resumed);
  expect(await labelled(again, 'exported.ndjson')).toBe(resumed);
}, 240_000);

test('a table of the layers, and those that stay float', async () => {
  const out = path.join(at, 'lenet5.safetensors');
  const given = [
    '--model',
    'lenet5',
    '--calibrate',
    tiny(),
    '--out',
    out,
    '--keep-float',
    'c1',
    '--method',
    'percentile',
  ];
  const { code, stdout } = await run(['quantize', ...given]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^c1 .*floats *$/m);
  expect(stdout).toMatch(/^c3 .*integers *$/m);
  expect(stdout).toMatch(/compared on 2 others \(every fourth\)/);
  expect(stdout).toMatch(/first class is the same on \d of 2/);
  expect(await run(['classify', '--model', out, tiny()])).toMatchObject({ code: 0 });
});

test('wrong usage: one error each, and no file', async () => {
  const empty = path.join(at, 'empty');
  mkdirSync(empty, { recursive: true });
  const out = path.join(at, 'none.onnx');
  const refused = async (given: readonly string[], message: RegExp, code = 2) => {
    const ended = await run(['quantize', ...given]);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(existsSync(out)).toBe(false);
  };
  await refused(['--calibrate', empty, '--out', out], /contains no video or picture/);
  await refused(['--calibrate', sample, '--out', 'model.tflite'], /must end in \.onnx or \.safetensors/);
  await refused(['--calibrate', sample, '--out', out, '--max-loss', '100%'], /percentage from 0 to under 100/);
  await refused(
    ['--calibrate', sample, '--out', out, '--model', 'lenet5', '--keep-float', 'conv9'],
    /no layer "conv9"/,
  );
  await refused(['--calibrate', sample, '--model', model, '--out', model], /is .*, which is read: give another name/);
  const broken = path.join(at, 'broken.jpg');
  writeFileSync(broken, 'no picture');
  await refused(['--calibrate', broken, '--out', out], /broken\.jpg/, 1);
}, 120_000);

test('one picture: a warning, and the file is written', async () => {
  const out = path.join(at, 'one.onnx');
  const ended = await run(['quantize', '--model', 'lenet5', '--calibrate', squirrel, '--out', out]);
  expect(ended.code).toBe(0);
  expect(ended.stderr).toMatch(/warning: calibrated with one picture only/);
  expect(ended.stdout).toContain('Calibrated on one frame, compared on the same.');
  expect(existsSync(out)).toBe(true);
});

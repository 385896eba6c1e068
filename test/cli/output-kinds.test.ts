import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { layer, sequential, written } from '../models/layers/written.ts';
import { scratch } from '../support/media.ts';
import { classify, sluice, squirrel, tiny } from '../support/sluice.ts';

/** The folder of a model that takes the mean colour, and ends with this layer. */
async function modelFolder(name: string, units: number, activation: string): Promise<string> {
  const mean = layer('GlobalAveragePooling2D', 'mean', { batch_input_shape: [null, 8, 8, 3] });
  const last = layer('Dense', 'last', { units, activation, use_bias: false });
  const data = Array.from({ length: 3 * units }, (_, i) => (i % 3) + 1);
  const folder = path.join(scratch(), name);
  mkdirSync(folder, { recursive: true });
  for (const file of written(sequential(mean, last), { 'last/kernel': { shape: [3, units], data } })) {
    writeFileSync(path.join(folder, file.name), new Uint8Array(await file.arrayBuffer()));
  }
  return folder;
}

const models: Record<'binary' | 'logits' | 'labels' | 'one', string> = { binary: '', logits: '', labels: '', one: '' };

beforeAll(async () => {
  models.binary = await modelFolder('binary', 1, 'sigmoid');
  models.logits = await modelFolder('logits', 3, 'linear');
  models.labels = await modelFolder('labels', 3, 'sigmoid');
  models.one = await modelFolder('one', 1, 'linear');
});

const ON_CPU = ['--quiet', '--engine', 'cpu', '--range', '0,1'];
const run = async (model: string, ...more: string[]) => {
  const on = model === 'mobilenet-v1' ? ['--quiet'] : ON_CPU;
  const { code, stdout, stderr } = await sluice(['classify', ...on, '--model', model, ...more, squirrel]);
  const lines = stdout.trim().split('\n').filter(Boolean);
  return {
    code,
    stderr,
    stdout,
    result: (lines[0]?.startsWith('{') ? JSON.parse(lines[0]) : {}) as Record<string, unknown>,
  };
};

describe('sluice classify', () => {
  it('one sigmoid is two classes, without a warning', async () => {
    const { code, lines, stderr } = await classify([...ON_CPU, '--model', models.binary, squirrel]);
    expect([code, stderr]).toEqual([0, '']);
    const [first, second] = lines[0]?.classes ?? [];
    expect([first?.label, second?.label]).toEqual(['class 1', 'class 0']);
    expect((first?.score ?? 0) + (second?.score ?? 0)).toBeCloseTo(1, 5);
  });

  it('logits without labels get their softmax, and one warning names the option', async () => {
    const { code, lines, stderr } = await classify([...ON_CPU, '--model', models.logits, squirrel]);
    expect(code).toBe(0);
    expect(lines[0]?.classes.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
    expect(stderr.match(/warning: /g)).toHaveLength(1);
    expect(stderr).toMatch(/taken as logits.*--output-kind/);
    const told = await classify([...ON_CPU, '--model', models.logits, '--output-kind', 'logits', squirrel]);
    expect([told.stderr, told.lines]).toEqual(['', lines]);
  });

  it('several sigmoids are labels, each for itself', async () => {
    const { lines, stderr } = await classify([...ON_CPU, '--model', models.labels, squirrel]);
    expect(lines[0]?.classes.every(({ score }) => score >= 0.5)).toBe(true);
    expect(lines[0]?.classes).toHaveLength(3);
    expect(stderr).toMatch(/judged for itself.*--min-score/);
    const high = await classify([...ON_CPU, '--model', models.labels, '--min-score', '0.9999', squirrel]);
    expect(high.lines[0]?.classes).toEqual([]);
  });

  it('one number is a value; a value in each format', async () => {
    const { code, result, stderr } = await run(models.one);
    expect(code).toBe(0);
    expect(Object.keys(result)).toEqual(['source', 'seq', 'timestamp', 'value']);
    expect(result['value']).toBeGreaterThan(0.5);
    expect(stderr).toMatch(/one number.*taken as a value.*--output-kind/);
    const csv = await run(models.one, '--output-kind', 'value', '--format', 'csv');
    expect(csv.stdout).toBe(`source,seq,timestamp,value\r\n${squirrel},0,0,${String(result['value'])}\r\n`);
    expect(csv.stderr).toBe('');
    const vtt = await run(models.one, '--output-kind', 'value', '--format', 'vtt');
    expect(vtt.stdout).toContain(Number((result['value'] as number).toPrecision(3)).toString());
  });

  it('a vector of the same model, and its binary reading', async () => {
    const { result } = await run(models.logits, '--output-kind', 'vector');
    expect(result['vector']).toHaveLength(3);
    const binary = await run(models.one, '--output-kind', 'binary', '--from-logits');
    expect(binary.result['classes']).toHaveLength(2);
  });

  it.each([
    ['--top for a value', 'one', ['--top', '1'], /--top selects classes, but the model gives none/],
    [
      '--min-score for a vector',
      'logits',
      ['--output-kind', 'vector', '--min-score', '0'],
      /--min-score selects classes/,
    ],
    ['subtitles of a vector', 'logits', ['--output-kind', 'vector', '--format', 'srt'], /holds captions/],
    ['binary of three numbers', 'logits', ['--output-kind', 'binary'], /one score for two classes/],
    ['an unknown kind', 'one', ['--output-kind', 'age'], /Allowed choices are scores, logits, binary/],
    ['--from-logits for logits', 'logits', ['--from-logits'], /fromLogits is for outputKind binary/],
    [
      '--output-kind for a ready-made model',
      undefined,
      ['--output-kind', 'vector'],
      /mobilenet-v1 gives scores of one picture: leave out --output-kind/,
    ],
  ] as const)('refuses %s', async (_, name, more, message) => {
    const { code, stdout, stderr } = await run(name ? models[name] : 'mobilenet-v1', ...more);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});

describe('sluice batch', () => {
  const batch = (...more: string[]) => sluice(['batch', ...ON_CPU, '--workers', '1', ...more, tiny()]);

  it('gives the values of each second, as classify does', async () => {
    const more = ['--model', models.one, '--output-kind', 'value', '--per', 'second', '--format', 'csv'];
    const { code, stdout } = await batch(...more);
    const classified = await sluice(['classify', ...ON_CPU, ...more, tiny()]);
    expect(code).toBe(0);
    expect(stdout.split('\r\n')[0]).toBe('source,seq,timestamp,end,frames,value');
    expect(stdout).toBe(classified.stdout);
  });

  it('writes vectors to a file, and says before the work what does not fit', async () => {
    const out = path.join(scratch(), 'vectors.ndjson');
    expect((await batch('--model', models.logits, '--output-kind', 'vector', '--out', out)).code).toBe(0);
    const subtitles = await batch(
      '--model',
      models.logits,
      '--output-kind',
      'vector',
      '--out',
      path.join(scratch(), 'v.vtt'),
    );
    expect(subtitles.code).toBe(2);
    expect(subtitles.stderr).toMatch(/holds captions/);
    const top = await batch('--model', models.one, '--top', '3');
    expect([top.code, top.stdout]).toEqual([2, '']);
    expect(top.stderr).toMatch(/--top selects classes/);
  });
});

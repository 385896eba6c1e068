import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { foreign } from '../models/onnx/foreign.ts';
import { floats, ints, node, tiny } from '../models/onnx/tiny.ts';
import { scratch } from '../support/media.ts';
import { classify, parse, sluice, squirrel, tiny as clip } from '../support/sluice.ts';

// What stages cannot do runs on ONNX Runtime, where the command line says so.

/** Softmax of the two greatest of four averages. */
const graph = tiny(
  [1, 3, 16, 16],
  [
    node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }),
    node('GlobalAveragePool', ['c'], 'g'),
    node('Flatten', ['g'], 'f', { axis: 1 }),
    { name: 'best', op: 'TopK', inputs: ['f', 'k'], outputs: ['t', 'i'], attributes: {} },
    node('Softmax', ['t'], 'y', { axis: 1 }),
  ],
  { w: floats([4, 3, 3, 3], 0.3, -0.2, 0.1, 0.25, -0.15), k: ints(2) },
);
const model = path.join(scratch(), 'top.onnx');
writeFileSync(model, foreign(graph));
const args = ['--quiet', '--model', model, '--preset', 'tf'];

describe('--onnx-runtime', () => {
  it('is needed, and the error says so', async () => {
    const { code, stderr, stdout } = await classify([...args, squirrel]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /top\.onnx has operators that sluice does not know: TopK \(best\)\. .*--onnx-runtime\) if you trust the file/,
    );
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('gives the same with the whole and with the rest, in both commands and on each engine', async () => {
    const results: string[] = [];
    for (const engine of ['wasm', 'onnxruntime']) {
      for (const part of ['whole', 'rest']) {
        const { code, stderr, lines } = await classify([...args, '--engine', engine, '--onnx-runtime', part, squirrel]);
        expect([code, stderr]).toEqual([0, '']);
        results.push(lines[0]?.classes.map(({ index, score }) => `${index} ${score.toFixed(4)}`).join() ?? '');
      }
    }
    expect(new Set(results).size).toBe(1);
    expect(results[0]).toMatch(/^0 0\.\d+,1 0\.\d+$/);
    const folder = path.join(scratch(), 'batch');
    mkdirSync(folder);
    const out = path.join(folder, 'out.ndjson');
    const labelling = [...args, '--engine', 'wasm', '--onnx-runtime', 'rest'];
    const { code } = await sluice(['batch', ...labelling, '--out', out, clip()]);
    const { lines } = await classify([...labelling, clip()]);
    expect(code).toBe(0);
    const plain = (all: readonly { classes: unknown }[]) => all.map(({ classes }) => classes);
    expect(plain(parse(readFileSync(out, 'utf8')))).toEqual(plain(lines));
    expect(lines.length).toBeGreaterThan(1);
  });

  it('summary names the stage; export says what cannot be written', async () => {
    const { stdout } = await sluice(['summary', '--onnx-runtime', 'rest', model]);
    expect(stdout).toMatch(/^c +conv2d/m);
    expect(stdout).toMatch(/^onnxRuntime +onnxRuntime +\[1, 2\]/m);
    const out = path.join(scratch(), 'none.onnx');
    const { code, stderr } = await sluice([
      'export',
      '--model',
      model,
      '--preset',
      'raw',
      '--onnx-runtime',
      'rest',
      out,
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'cannot be written as ONNX: only stages of sluice that take tensors can, and onnxRuntime (onnxRuntime)',
    );
  });

  it.each([
    [['--onnx-runtime', 'all'], 'Allowed choices are whole, rest'],
    [['--model', 'resnet50', '--seed', '1', '--onnx-runtime', 'rest'], 'leave out --onnx-runtime'],
    [['--model', 'test/data/teachable', '--onnx-runtime', 'rest'], 'is no ONNX model, and onnxRuntime is for those'],
  ])('%j is wrong usage', async (given, message) => {
    const { code, stderr } = await classify([...given, squirrel]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

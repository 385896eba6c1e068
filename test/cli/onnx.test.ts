import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { foreign } from '../models/onnx/foreign.ts';
import { floats, node, tiny } from '../models/onnx/tiny.ts';
import { sluice } from '../support/sluice.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const photo = new URL('../data/squirrel_cls.jpg', import.meta.url).pathname;
const written = (name: string, graph: ReturnType<typeof tiny>) => {
  writeFileSync(join(folder, name), foreign(graph));
  return join(folder, name);
};
const network = [
  { ...node('Conv', ['x', 'w'], 'c', { kernel_shape: [3, 3], strides: [2, 2] }), name: '/features/conv' },
  node('GlobalAveragePool', ['c'], 'p'),
  node('Flatten', ['p'], 'f'),
  node('Softmax', ['f'], 'y'),
];
const weights = { w: floats([2, 3, 3, 3], 0.1, -0.2, 0.3) };
const fixed = () => written('fixed.onnx', tiny([1, 3, 32, 32], network, weights));
const open = () => written('open.onnx', tiny(['N', 3, 'h', 'w'], network, weights));

describe('an .onnx file as --model', () => {
  it('is summed up by its nodes', async () => {
    const { code, stdout } = await sluice(['summary', fixed()]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tiny: input \[1, 32, 32, 3\]/);
    expect(stdout).toMatch(/features\.conv +conv2d +\[1, 15, 15, 2\] +54/);
    expect(stdout).toMatch(/\ny +softmax +\[1, 2\]/);
  });

  it('classifies, and what export writes of it gives the same scores', async () => {
    const again = join(folder, 'again.onnx');
    const scores = async (model: string) => {
      const { code, stdout } = await sluice([
        'classify',
        '--model',
        model,
        '--range',
        '0,1',
        '--engine',
        'wasm',
        photo,
      ]);
      expect(code).toBe(0);
      return (JSON.parse(stdout) as { classes: { score: number }[] }).classes.map(({ score }) => score);
    };
    expect(await sluice(['export', '--model', fixed(), '--range', '0,1', again])).toMatchObject({ code: 0 });
    const [first, second] = [await scores(fixed()), await scores(again)];
    expect(first.length).toBe(2);
    second.forEach((score, i) => expect(Math.abs(score - (first[i] ?? NaN))).toBeLessThan(1e-5));
  });

  it('whose size is open is led to --size, which is enough', async () => {
    const refused = await sluice(['summary', open()]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('give inputShape (--size)');
    const { code, stdout } = await sluice(['summary', '--size', '64x48', open()]);
    expect(code).toBe(0);
    expect(stdout).toContain('input [1, 48, 64, 3]');
  });

  it('with operators that sluice does not know is one error that names them', async () => {
    const graph = tiny([1, 3, 8, 8], [{ ...node('NonMaxSuppression', ['x'], 'y'), name: 'nms' }]);
    const { code, stdout, stderr } = await sluice(['summary', written('nms.onnx', graph)]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('has operators that sluice does not know: NonMaxSuppression (nms)');
  });

  it('that is cut is one error', async () => {
    const file = join(folder, 'cut.onnx');
    writeFileSync(file, foreign(tiny([1, 3, 32, 32], network, weights)).subarray(0, 150));
    const { code, stderr } = await sluice(['classify', '--model', file, photo]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^sluice: .*cut\.onnx is damaged, or no ONNX model: it has a field that is longer than the rest/,
    );
  });
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  classification,
  conv2d,
  globalAvgPool,
  pipeline,
  residual,
  softmax,
  writeModel,
  writeSafetensors,
  type Model,
  type Summary,
} from 'sluice';
import { sluice, squirrel, type Line } from '../support/sluice.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-summary-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** By hand: stem 3·3·3·2 + 2 = 56; inner 3·3·2·2 + 2 = 38. */
const network: Model = {
  name: 'two',
  task: classification(),
  preprocess: { width: 8, height: 8, range: [0, 1] },
  pipeline: pipeline(
    { name: 'two', inputShape: [1, 8, 8, 3] },
    conv2d({ name: 'stem', filters: 2, kernelSize: 3, padding: 'same', seed: 1 }),
    residual({ name: 'skip' }, conv2d({ name: 'inner', filters: 2, kernelSize: 3, padding: 'same', seed: 2 })),
    globalAvgPool(),
    softmax(),
  ),
  labels: ['dark', 'bright'],
};
const model = join(folder, 'two.safetensors');
writeFileSync(model, writeModel(network));

const samples = join(import.meta.dirname, '../../samples');

describe('sluice summary', () => {
  test('--json of the bundled network has its totals, on stdout alone', async () => {
    const { code, stdout, stderr } = await sluice(['summary', 'mobilenet-v1', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'mobilenet-v1',
      parameters: 4_222_057,
      macs: 568_741_376,
      memory: { weights: 4 * 4_222_057 },
    });
  });
  test('of a model file shows what a stage is made of, and counts it once', async () => {
    const { code, stdout } = await sluice(['summary', model, '--json']);
    expect(code).toBe(0);
    const summary = JSON.parse(stdout) as Summary;
    expect(summary.parameters).toBe(56 + 38);
    expect(summary.macs).toBe(64 * 54 + 64 * 36);
    // The first stage has 192 numbers in and 128 out.
    expect(summary.memory).toEqual({ weights: 4 * 94, activations: 4 * 320 });
    expect(summary.rows[1]).toMatchObject({
      stage: 'skip',
      parameters: 38,
      rows: [{ stage: 'inner', parameters: 38 }],
    });
  });
  test('as text: a line a stage, those inside indented', async () => {
    const { code, stdout } = await sluice(['summary', model]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^two: input \[1, 8, 8, 3\]\n/);
    expect(stdout).toMatch(/^stem +conv2d +\[1, 8, 8, 2\] +56 +3,456 +1\.5 kB *$/m);
    expect(stdout).toMatch(/^ {2}inner +conv2d +\[1, 8, 8, 2\] +38 +2,304 /m);
    expect(stdout).toMatch(/^parameters: 94$/m);
  });
  test.each([
    ['a name that does not exist', ['summary', 'vgg99'], 2, /no model and no file is called vgg99: give /],
    ['a folder without a model', ['summary', samples], 2, /has no model\.json and no other model \(found /],
    ['__proto__', ['summary', '__proto__'], 2, /no model and no file is called __proto__/],
    ['no pipeline', ['summary'], 2, /missing required argument/],
    ['two', ['summary', model, model], 2, /too many arguments/],
    ['a URL that is none', ['summary', 'http://:x'], 2, /is not a URL/],
    ['a server that is not there', ['summary', 'http://127.0.0.1:9/m.safetensors'], 1, /cannot read http:/],
    [
      'a picture',
      ['summary', squirrel],
      1,
      /squirrel_cls\.jpg is not a model file: it is neither a safetensors file nor/,
    ],
  ])('refuses %s', async (_what, args, wanted, message) => {
    const { code, stdout, stderr } = await sluice(args);
    expect({ code, stdout }).toEqual({ code: wanted, stdout: '' });
    expect(stderr).toMatch(message);
  });
  test('says that a file of weights alone is no model', async () => {
    const weights = join(folder, 'weights.safetensors');
    writeFileSync(weights, writeSafetensors({ a: { shape: [1], data: new Float32Array(1) } }));
    const { code, stderr } = await sluice(['summary', weights]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/is not a model file of sluice: its __metadata__ has no spec\. If it holds only weights/);
  });
});

describe('sluice classify --model', () => {
  const labelled = async (pipelineName: string) => {
    const { code, stdout } = await sluice(['classify', '--quiet', '--model', pipelineName, squirrel]);
    expect(code).toBe(0);
    return JSON.parse(stdout) as Line;
  };
  test('takes a model file, from disk and by URL, with the same scores', async () => {
    const server = createServer((_request, response) => response.end(writeModel(network)));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const line = await labelled(model);
      expect(line.classes.map(({ label }) => label).toSorted()).toEqual(['bright', 'dark']);
      const { port } = server.address() as AddressInfo;
      expect((await labelled(`http://127.0.0.1:${port}/two.safetensors`)).classes).toEqual(line.classes);
    } finally {
      server.close();
    }
  });
  test('refuses a name that does not exist, before anything is decoded', async () => {
    const { code, stdout, stderr } = await sluice(['classify', '--model', 'nothing', squirrel]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/no model and no file is called nothing/);
  });
});

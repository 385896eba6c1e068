import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { importModel, writeModel } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { writtenGraph } from '../models/graph/written-graph.ts';
import { layer, sequential, written } from '../models/layers/written.ts';
import { media, scratch } from '../support/media.ts';
import { classify, parse, sluice, squirrel } from '../support/sluice.ts';

describe('a model of your own', () => {
  const exported = path.join(import.meta.dirname, '../data/teachable');

  it.each([
    ['its folder', exported],
    ['its model.json', path.join(exported, 'model.json')],
  ])('by %s, with its labels and its range', async (_, model) => {
    const { code, lines, stderr } = await classify(['--quiet', '--model', model, squirrel]);
    expect([code, stderr]).toEqual([0, '']);
    const scores = lines[0]?.classes ?? [];
    expect(scores.map(({ label }) => label).toSorted()).toEqual(['cat', 'dog']);
    expect(scores.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
  });

  const keras = (name: string) => path.join(import.meta.dirname, '../data/keras', name);

  it.each(['teachable', 'teachable/keras_model.h5'])('the Keras export of Teachable Machine: %s', async (name) => {
    const { code, lines, stderr } = await classify(['--quiet', '--model', keras(name), squirrel]);
    expect([code, stderr]).toEqual([0, '']);
    expect(lines[0]?.classes.map(({ label }) => label).toSorted()).toEqual(['cat', 'red squirrel']);
  });

  it('a .keras file: summarized, and written as ONNX', async () => {
    const { stdout } = await sluice(['summary', '--json', keras('two-blocks.keras')]);
    const { rows } = JSON.parse(stdout) as { rows: { stage: string }[] };
    expect(rows.map(({ stage }) => stage)).toEqual(['stem', 'add', 're_lu', 'last', 'flatten', 'head']);
    const onnx = path.join(scratch(), 'two-blocks.onnx');
    const { code } = await sluice(['export', '--model', keras('two-blocks.keras'), onnx]);
    expect([code, existsSync(onnx)]).toEqual([0, true]);
  });

  it('one of another program says how to convert it', async () => {
    const pickle = path.join(scratch(), 'model.pt');
    writeFileSync(pickle, Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc));
    const { code, stderr } = await sluice(['classify', '--model', pickle, squirrel]);
    expect(code).toBe(1);
    expect(stderr).toContain('torch.onnx.export');
  });

  it('summarized: its layers, and what they hold together', async () => {
    const { stdout } = await sluice(['summary', '--json', exported]);
    const { parameters, macs, rows } = JSON.parse(stdout) as {
      parameters: number;
      macs: number;
      rows: { stage: string }[];
    };
    // 3·3·3·8 + 4·8 + 3·3·8 + 8·8 + 8·10 + 10 + 10·2; 16·16·(27·8 + 9·8 + 8·8) + 8·10 + 10·2.
    expect([parameters, macs]).toEqual([494, 90_212]);
    expect(rows.map(({ stage }) => stage)).toEqual([
      'Conv1',
      'bn_Conv1',
      'Conv1_relu',
      'block_add',
      'global_average_pooling2d',
      'dense_Dense1',
      'dense_Dense2',
    ]);
  });

  it('a graph model, and a model of sluice made of another', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-own-'));
    for (const file of writtenGraph()) {
      writeFileSync(path.join(folder, file.name), new Uint8Array(await file.arrayBuffer()));
    }
    const graph = await classify(['--quiet', '--model', folder, squirrel]);
    const imported = await importModel(pathToFileURL(path.join(exported, 'model.json')));
    writeFileSync(path.join(folder, 'own.safetensors'), writeModel(imported));
    const own = await classify(['--quiet', '--model', path.join(folder, 'own.safetensors'), squirrel]);
    const same = await classify(['--quiet', '--model', exported, squirrel]);
    rmSync(folder, { recursive: true });
    expect([graph.code, graph.lines[0]?.classes.length]).toEqual([0, 3]);
    expect(graph.stderr).toContain('warning: ');
    expect([own.code, own.lines[0]?.classes]).toEqual([0, same.lines[0]?.classes]);
  });

  it('by URL', async () => {
    const server = createServer((request, response) => {
      const file = path.join(exported, path.basename(new URL(request.url ?? '/', 'http://localhost').pathname));
      response.statusCode = existsSync(file) ? 200 : 404;
      response.end(existsSync(file) ? readFileSync(file) : undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const run = await classify(['--quiet', '--model', `http://127.0.0.1:${port}/model.json`, squirrel]);
    const gone = await classify(['--quiet', '--model', `http://127.0.0.1:${port}/gone.json`, squirrel]);
    server.close();
    expect([run.code, run.lines.length]).toEqual([0, 1]);
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('gone.json: the server answered 404')]);
  });

  it.each<[string, string[], number, string]>([
    ['a folder without a model', ['--model', path.dirname(exported)], 2, 'has no model.json'],
    [
      'JSON that is no model',
      ['--model', path.join(exported, 'metadata.json')],
      1,
      'metadata.json has undefined as modelTopology',
    ],
    ['a photo', ['--model', squirrel], 1, 'squirrel_cls.jpg is not a model file: it is neither a safetensors file nor'],
    [
      'a size that is not its own',
      ['--model', exported, '--size', '64x64'],
      2,
      'takes [null, 32, 32, 3], but inputShape is [1, 64, 64, 3]',
    ],
    ['a size that is none', ['--model', exported, '--size', '64'], 2, 'It must be a width and a height in pixels'],
    ['a range that is none', ['--model', exported, '--range', '1,-1'], 2, 'It must be two numbers, the lower first'],
    ['a range for a network that has one', ['--range', '0,1'], 2, 'mobilenet-v1 has a fixed range of pixel values'],
    ['a size for a network that has one', ['--size', '8x8'], 2, 'mobilenet-v1 has a fixed input size'],
  ])('names %s', async (_what, args, code, message) => {
    const run = await sluice(['classify', '--quiet', ...args, squirrel]);
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toContain('    at ');
    expect({ code: run.code, stdout: run.stdout }).toEqual({ code, stdout: '' });
  });
});

/** The head of many transfer-learning guides: a Dense layer without an activation. */
describe('a model whose scores are below 0', () => {
  const picture = (name: string, rgb: readonly number[]) =>
    media(
      `${name}.png`,
      '-f rawvideo -pix_fmt rgb24 -s 8x8 -i -',
      Uint8Array.from({ length: 192 }, (_, i) => rgb[i % 3] ?? 0),
    );
  const red = picture('red', [255, 0, 0]);
  const blue = picture('blue', [0, 0, 255]);
  let options: readonly string[];

  beforeAll(async () => {
    const folder = scratch();
    const net = sequential(
      layer('GlobalAveragePooling2D', 'mean', { batch_input_shape: [null, 8, 8, 3] }),
      layer('Dense', 'logits', { units: 3 }),
    );
    const weights = {
      'logits/kernel': { shape: [3, 3], data: [10, 0, 0, 0, 10, 0, 0, 0, 10] },
      'logits/bias': { shape: [3], data: [-20, -21, -22] },
    };
    for (const file of written(net, weights)) {
      writeFileSync(path.join(folder, file.name), new Uint8Array(await file.arrayBuffer()));
    }
    options = ['--quiet', '--engine', 'cpu', '--model', folder, '--range', '0,1', '--output-kind', 'scores'];
  });

  const RED = [
    [0, -10],
    [1, -21],
    [2, -22],
  ];
  const BLUE = [
    [2, -12],
    [0, -20],
    [1, -21],
  ];
  const scores = (text: string) => parse(text).map(({ classes }) => classes.map(({ index, score }) => [index, score]));

  it('gives all of them, the best first', async () => {
    const { code, stdout, stderr } = await sluice(['classify', ...options, red, blue]);
    expect(scores(stdout)).toEqual([RED, BLUE]);
    expect([code, stderr]).toEqual([0, '']);
  });

  it.each([
    ['-12', [RED.slice(0, 1), BLUE.slice(0, 1)]],
    ['-20.5', [RED.slice(0, 1), BLUE.slice(0, 2)]],
    ['-1e3', [RED, BLUE]],
    ['0', [[], []]],
    ['7', [[], []]],
  ])('leaves out what is under --min-score %s', async (least, expected) => {
    const { code, stdout } = await sluice(['classify', ...options, '--min-score', least, red, blue]);
    expect(scores(stdout)).toEqual(expected);
    expect(code).toBe(0);
  });

  it.each(['classify', 'batch'])('gives all of them as the mean of a file with %s', async (command) => {
    const { code, stdout } = await sluice([command, ...options, '--per', 'file', red, blue]);
    expect(scores(stdout)).toEqual([RED, BLUE]);
    expect(code).toBe(0);
  });

  it('has subtitles', async () => {
    const { stdout } = await sluice(['classify', ...options, '--format', 'vtt', red]);
    expect(stdout).toBe('WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nclass 0\n\n');
  });
});

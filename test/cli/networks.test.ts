import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { withSeed, writeModel, writeSafetensors, type Summary } from 'sluice';
import { lenet5, lenet5Pipeline } from 'sluice/pipelines/lenet5';
import { TorchGraph } from '../models/torch/torch-graph.ts';
import { squeezenet } from '../models/torch/torch-networks.ts';
import { enlarged, mnistDigits, photo } from '../support/handwriting.ts';
import { classify, sluice, squirrel, type Line } from '../support/sluice.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-networks-'));
afterAll(() => rmSync(folder, { recursive: true }));
const place = (name: string, content: Uint8Array | string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const weights = place('lenet5.safetensors', writeSafetensors(withSeed(lenet5Pipeline(), 1).weights([1, 32, 32, 1])));
const graph = new TorchGraph(1);
squeezenet(graph);
const torch = place('torch.safetensors', writeSafetensors(Object.fromEntries(graph.state)));
const digits = place('digits.json', JSON.stringify('0123456789'.split('')));
const model = place('model.safetensors', writeModel(await lenet5({ seed: 1 })));

const classifyOnLenet5 = (...more: readonly string[]) =>
  sluice(['classify', '--quiet', '--model', 'lenet5', ...more, squirrel]);

describe.concurrent('networks by name', () => {
  test('classify --model lenet5 reads photographed digits', async () => {
    const pictures = Array.from({ length: 10 }, (_, digit) => {
      const { width, height, data } = photo(enlarged(mnistDigits()[2 * digit + 1] as Uint8Array, 5), {
        ...{ width: 400, height: 260, at: [190, 60] as const, noise: 6, seed: digit + 1 },
      });
      const head = Buffer.from(`P6 ${width} ${height} 255\n`);
      return place(`${digit}.ppm`, Buffer.concat([head, new Uint8Array(data)]));
    });
    const { code, lines, stderr } = await classify(['--quiet', '--model', 'lenet5', ...pictures]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines.map(({ classes: [best] }) => `${best?.index} ${best?.label}`)).toEqual(
      pictures.map((_, digit) => `${digit} ${digit}`),
    );
  });

  test('classify --model alexnet-cifar10 has weights and labels', async () => {
    const { code, lines, stderr } = await classify(['--quiet', '--model', 'alexnet-cifar10', '--top', '10', squirrel]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { classes = [] } = lines[0] ?? {};
    expect(classes.map(({ label }) => label).toSorted()).toEqual([
      'airplane',
      'automobile',
      'bird',
      'cat',
      'deer',
      'dog',
      'frog',
      'horse',
      'ship',
      'truck',
    ]);
    // An animal, at least.
    expect(classes[0]?.index).toBeGreaterThanOrEqual(2);
    expect(classes[0]?.index).toBeLessThanOrEqual(7);
  });

  test.each([
    ['lenet5', 61_706],
    ['alexnet', 62_378_344],
    ['alexnet-cifar10', 241_658],
    ['vgg16', 138_357_544],
    ['mobilenet-v1', 4_222_057],
    ['mobilenet-v2', 3_538_984],
    ['resnet50', 25_636_712],
    ['squeezenet', 1_235_496],
  ])('summary %s needs no weights: %i parameters', async (name, parameters) => {
    const { code, stdout, stderr } = await sluice(['summary', name, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ name, parameters } satisfies Partial<Summary>);
  });

  test('classify with --seed, with the same weights of a file, and with a model file: the same scores', async () => {
    const runs = await Promise.all([
      classifyOnLenet5('--seed', '1'),
      classifyOnLenet5('--weights', weights, '--labels', digits),
      sluice(['classify', '--quiet', '--model', model, '--labels', digits, squirrel]),
    ]);
    const [seeded, given, whole] = runs.map(({ code, stdout, stderr }) => {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout) as Line;
    });
    expect(given?.classes.map(({ score }) => score)).toEqual(seeded?.classes.map(({ score }) => score));
    expect(new Set(seeded?.classes.map(({ label }) => label))).toEqual(new Set(['untrained: no labels']));
    expect(given?.classes.map(({ index }) => String(index))).toEqual(given?.classes.map(({ label }) => label));
    expect(whole?.classes).toEqual(given?.classes);
  });

  test('classify and export with weights of torchvision: the network and the preparation follow from their names', async () => {
    const given = ['--model', 'squeezenet', '--weights', torch, '--labels', 'imagenet'];
    const { code, stdout, stderr } = await sluice(['classify', '--quiet', '--top', '1', ...given, squirrel]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const stated = ['--preset', 'torch', '--central-fraction', '0.875', '--resize-method', 'antialias'];
    const again = await sluice(['classify', '--quiet', '--top', '1', ...given, ...stated, squirrel]);
    expect(again.stdout).toBe(stdout);
    const other = await sluice(['classify', '--quiet', '--top', '1', ...given, '--preset', 'tf', squirrel]);
    expect(other.stdout).not.toBe(stdout);
    const exported = await sluice(['export', ...given, join(folder, 'torch.onnx')]);
    expect(exported.code).toBe(0);
    expect(exported.stderr).toContain('squeezenet-torchvision as ONNX');
  });

  test.each([
    ['mobilenet-v1', []],
    ['squeezenet', []],
    ['lenet5', ['--per', 'file']],
  ])('%s with random weights says so in place of labels', async (name, more) => {
    const { code, stdout, stderr } = await sluice([
      'classify',
      '--quiet',
      '--model',
      name,
      '--seed',
      '3',
      ...more,
      squirrel,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { classes } = JSON.parse(stdout) as Line;
    expect(classes.map(({ label }) => label)).toEqual(Array.from({ length: 5 }, () => 'untrained: no labels'));
    expect(new Set(classes.map(({ index }) => index)).size).toBe(5);
  });

  test('names that are given with random weights are used', async () => {
    const { stdout } = await classifyOnLenet5('--seed', '1', '--labels', digits);
    const { classes } = JSON.parse(stdout) as Line;
    expect(classes.map(({ label }) => label)).toEqual(classes.map(({ index }) => String(index)));
  });

  test('weights without names are numbered: they may be trained', async () => {
    const { stdout } = await classifyOnLenet5('--weights', weights);
    const { classes } = JSON.parse(stdout) as Line;
    expect(classes.map(({ label }) => label)).toEqual(classes.map(({ index }) => `class ${index}`));
  });

  test('subtitles of random weights say so once', async () => {
    const { stdout } = await classifyOnLenet5('--seed', '1', '--format', 'vtt');
    expect(stdout).toBe('WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nuntrained: no labels\n\n');
  });

  test.each<[string, string[], number, string]>([
    ['a network without weights', ['--model', 'vgg16'], 2, 'vgg16 has no weights'],
    ['the options that give them', ['--model', 'squeezenet'], 2, '(--weights FILE, --seed N)'],
    ['--seed and --weights', ['--model', 'lenet5', '--seed', '1', '--weights', weights], 2, 'cannot be used with'],
    ['a seed that is no number', ['--model', 'lenet5', '--seed', 'x'], 2, '--seed'],
    ['weights of another network', ['--model', 'squeezenet', '--weights', weights], 1, 'lacks conv1/kernel'],
    [
      'weights of PyTorch for another network',
      ['--model', 'vgg16', '--weights', torch],
      1,
      "looks like torchvision's SqueezeNet 1.1",
    ],
    ['only weights as a model', ['--model', torch], 1, 'give them to a network: --model NAME --weights FILE'],
    ['weights that are missing', ['--model', 'lenet5', '--weights', join(folder, 'gone')], 1, 'gone'],
    [
      'too many labels',
      ['--labels', digits],
      1,
      'mobilenet-v1 gives 1001 scores and needs one label for each, but got 10 labels',
    ],
    [
      'labels that do not fit a model file',
      ['--model', model, '--labels', place('two.json', '["a","b"]')],
      1,
      '2 labels',
    ],
    ['weights for a model file', ['--model', model, '--weights', weights], 2, 'leave out --weights'],
    ['a seed for a model file', ['--model', model, '--seed', '1'], 2, 'leave out --seed'],
    ['a name in another case', ['--model', 'LeNet5'], 2, 'no model and no file is called LeNet5'],
    ['a key of every object', ['--model', '__proto__'], 2, 'no model and no file is called __proto__'],
  ])('names %s', async (_what, args, code, message) => {
    const run = await sluice(['classify', '--quiet', ...args, squirrel]);
    expect(run.stderr).toContain(message);
    expect({ code: run.code, stdout: run.stdout }).toEqual({ code, stdout: '' });
  });
});

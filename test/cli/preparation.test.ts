import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { infer, OptionError, useEngine, type Classification, type Model } from 'sluice';
import { images, labelFiles } from 'sluice/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { kindOptions, modelOptions } from '../../src/cli/commands/labelling.ts';
import type { ModelChoice } from '../../src/models/model-choice.ts';
import { loadModel } from '../../src/models/named-model.ts';
import { layer, sequential, written } from '../models/layers/written.ts';
import { media } from '../support/media.ts';
import { classify, sluice } from '../support/sluice.ts';

const picture = (name: string, rgb: readonly number[]) =>
  media(
    `prepared-${name}.png`,
    '-f rawvideo -pix_fmt rgb24 -s 8x8 -i -',
    Uint8Array.from({ length: 192 }, (_, i) => rgb[i % 3] ?? 0),
  );
const purple = picture('purple', [200, 50, 100]);

/** A folder with a network that gives the mean of each channel of what it gets, and these files beside it. */
async function folderOf(beside: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-prepared-'));
  const net = sequential(
    layer('GlobalAveragePooling2D', 'mean', { batch_input_shape: [null, 8, 8, 3] }),
    layer('ReLU', 'relu', { negative_slope: 1 }),
  );
  for (const file of written(net)) {
    writeFileSync(path.join(folder, file.name), new Uint8Array(await file.arrayBuffer()));
  }
  for (const [name, content] of Object.entries(beside)) writeFileSync(path.join(folder, name), content);
  return folder;
}

let plain: string;
beforeAll(async () => {
  await useEngine('cpu');
  plain = await folderOf();
});

/** The result for the picture, of the model that these options choose. The process is this one, so that many can be tested. */
async function chosen(args: readonly string[]): Promise<Classification> {
  const quiet = { writeOut: () => undefined, writeErr: () => undefined };
  const command = kindOptions(modelOptions(new Command('classify').exitOverride().configureOutput(quiet)));
  command.parse(args, { from: 'user' });
  const model = (await loadModel(command.opts<ModelChoice>())) as Model;
  const pictures = images([purple], { resize: model.preprocess });
  return firstValueFrom(pictures.pipe(infer(model, { top: 1000 })));
}

/** What is said of options that are wrong usage: errors of these classes end the command line with exit code 2. */
async function refused(args: readonly string[]): Promise<string> {
  const error: unknown = await chosen(args).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(
    [CommanderError, OptionError].some((one) => error instanceof one),
    String(error),
  ).toBe(true);
  return (error as Error).message;
}

/** What the network gets, as means of its channels in their order. */
async function seen(args: readonly string[], model = plain): Promise<number[]> {
  const { classes } = await chosen(['--output-kind', 'scores', '--model', model, ...args]);
  return classes.toSorted((a, b) => a.index - b.index).map(({ score }) => score);
}
const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4) as number);

describe('how pictures are prepared', () => {
  it.each<[string, number[]]>([
    ['--preset tf', [200 / 127.5 - 1, 50 / 127.5 - 1, 100 / 127.5 - 1]],
    ['--preset torch', [(200 / 255 - 0.485) / 0.229, (50 / 255 - 0.456) / 0.224, (100 / 255 - 0.406) / 0.225]],
    ['--preset caffe', [100 - 103.939, 50 - 116.779, 200 - 123.68]],
    ['--preset keras', [200, 50, 100]],
    ['--preset raw --resize-method bicubic', [200, 50, 100]],
    ['--range 0,1 --channel-order bgr', [100 / 255, 50 / 255, 200 / 255]],
    ['--mean 0.5 --std 0.25', [(200 / 255 - 0.5) / 0.25, (50 / 255 - 0.5) / 0.25, (100 / 255 - 0.5) / 0.25]],
    ['--mean 100,50,0 --std 1,2,4 --scale 1', [100, 0, 25]],
    ['--mean 0 --std 1 --scale 1/127.5', [200 / 127.5, 50 / 127.5, 100 / 127.5]],
    ['--range 0,255 --central-fraction 0.5 --fit fill --layout nhwc --channels 3', [200, 50, 100]],
    // There is no digit in a picture of one colour.
    ['--range 0,255 --fit digit', [0, 0, 0]],
  ])('%s', async (args, wanted) => {
    expect(await seen(args.split(' '))).toEqual(near(wanted));
  });

  it('as the files beside the model say, in a folder', async () => {
    const processor = { size: { height: 8, width: 8 }, image_mean: [0, 0, 0], image_std: [1, 1, 1], rescale_factor: 1 };
    const config = { model_type: 'x', id2label: { 0: 'red', 1: 'green', 2: 'blue' } };
    const files = { 'preprocessor_config.json': JSON.stringify(processor), 'config.json': JSON.stringify(config) };
    const folder = await folderOf(files);
    expect(await seen([], folder)).toEqual(near([200, 50, 100]));
    // An option comes before them.
    expect(await seen(['--preset', 'tf'], folder)).toEqual(near([200, 50, 100].map((x) => x / 127.5 - 1)));
    const { classes } = await chosen(['--output-kind', 'scores', '--model', folder]);
    expect(classes.map(({ label }) => label)).toEqual(['red', 'blue', 'green']);
  });

  it('in batch jobs, and in code', async () => {
    const args = ['--quiet', '--engine', 'cpu', '--output-kind', 'scores', '--model', plain];
    const caffe = ['--mean', '103.939,116.779,123.68', '--std', '1', '--scale', '1', '--channel-order', 'bgr'];
    const one = await sluice(['classify', ...args, ...caffe, purple]);
    const many = await sluice(['batch', '--workers', '1', ...args, ...caffe, purple]);
    expect([many.code, many.stdout]).toEqual([0, one.stdout]);
    const results = labelFiles([purple], {
      model: plain,
      engine: 'cpu',
      outputKind: 'scores',
      workers: 1,
      preset: 'caffe',
    });
    const [result] = await lastValueFrom(results.pipe(toArray()));
    expect(result?.classes).toEqual((JSON.parse(one.stdout) as { classes: unknown }).classes);
  });

  it('is written into what is exported', async () => {
    const file = path.join(plain, 'caffe.onnx');
    const args = ['--output-kind', 'scores', '--preset', 'caffe', '--resize-method', 'bicubic'];
    const { code } = await sluice(['export', '--model', plain, ...args, file]);
    const text = readFileSync(file).toString('utf8');
    expect(code).toBe(0);
    expect(text).toContain('"channelOrder":"bgr"');
    expect(text).toContain('"resizeMethod":"bicubic"');
    expect(text).toContain('"mean":[103.939,116.779,123.68]');
  });

  it.each<[string, string]>([
    ['--preset torch --mean 0.5 --std 0.5', '--preset and --mean and --std exclude each other'],
    ['--preset tf --range 0,1', '--preset and --range exclude each other'],
    ['--range 0,1 --std 0.5', '--range and --std exclude each other'],
    ['--mean 0.5', '--mean and --std belong together'],
    ['--std 0.5', '--mean and --std belong together'],
    ['--scale 1', '--mean and --std belong together'],
    ['--preset caffe --channel-order rgb', 'preset caffe is for bgr, not rgb'],
    ['--preset keras2', 'Allowed choices are tf, torch, caffe, keras, raw'],
    ['--mean 0.5,x --std 1', 'It must be numbers such as 0.5, with commas between them'],
    ['--mean 0 --std 0', 'It must be numbers over 0, with commas between them'],
    ['--mean 0,0 --std 1', 'mean and std must be one number or three, not 2'],
    ['--mean 0 --std 1 --scale 0', 'It must be a number over 0, or a fraction, as in 1/255'],
    ['--mean 0 --std 1 --scale 1/0', 'It must be a number over 0, or a fraction'],
    ['--channels 2', 'It must be 1 (grey) or 3 (colours)'],
    ['--channels 1', 'takes [1, 8, 8, 3], but channels is 1'],
    ['--layout nchw', 'takes [1, 8, 8, 3], not pictures of 1 or 3 channels as nchw'],
    ['--channel-order grb', 'Allowed choices are rgb, bgr'],
    ['--central-fraction 0', 'It must be a number over 0 and at most 1'],
    ['--resize-method cubic', 'Allowed choices are area, bilinear'],
  ])('%s is an error', async (args, message) => {
    expect(await refused(['--model', plain, ...args.split(' ')])).toContain(message);
  });

  it('an error is wrong usage on the command line', async () => {
    for (const args of ['--preset tf --range 0,1', '--mean 0,0 --std 1']) {
      const run = await sluice(['classify', '--quiet', '--model', plain, ...args.split(' '), purple]);
      expect({ code: run.code, stdout: run.stdout }).toEqual({ code: 2, stdout: '' });
      expect(run.stderr.split('\n').length).toBeLessThanOrEqual(3);
    }
  });

  it.each([
    ['--preset caffe', '--preset'],
    ['--mean 0 --std 1', '--range, --mean and --std'],
    ['--channel-order bgr', '--channel-order'],
  ])('%s is an error for a network with its own weights', async (args, option) => {
    expect(await refused(args.split(' '))).toContain(
      `mobilenet-v1 has a fixed range of pixel values: leave out ${option}, or give --weights`,
    );
  });
});

describe('labels', () => {
  const placed = (name: string, content: string) => {
    const file = path.join(plain, name);
    writeFileSync(file, content);
    return ['--output-kind', 'scores', '--preset', 'raw', '--model', plain, '--labels', file];
  };
  const label = (name: string, content: string) =>
    classify(['--quiet', '--engine', 'cpu', ...placed(name, content), purple]);
  it.each([
    ['names.txt', 'red\r\ngreen\r\nblue\r\n\r\n'],
    ['numbered.txt', '\uFEFF0: red\n1: green\n2: blue\n'],
    ['names.json', '{"0": "red", "1": "green", "2": "blue"}'],
    ['names.csv', 'index,name\n0,red\n1,green\n2,blue\n'],
    ['metadata.json', '{"labels": ["red", "green", "blue"]}'],
  ])('%s', async (name, content) => {
    const { classes } = await chosen(placed(name, content));
    expect(classes.map((one) => one.label)).toEqual(['red', 'blue', 'green']);
  });
  it('with the background first: says that it is left out', async () => {
    const { code, lines, stderr } = await label('background.txt', 'background\nred\ngreen\nblue\n');
    expect([code, lines[0]?.classes[0]?.label]).toEqual([0, 'red']);
    expect(stderr).toContain('gives 3 scores, and there are 4 labels: the first one, background, is left out');
  });
  it('too few: names both counts and the remedy', async () => {
    const { code, stderr } = await label('few.txt', 'red\ngreen\n');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'gives 3 scores and needs one label for each, but got 2 labels. One list may have a class for',
    );
  });
  it('imagenet, for a network of 1,000 scores', async () => {
    const args = ['--quiet', '--model', 'squeezenet', '--seed', '1', '--labels', 'imagenet', '--top', '1000'];
    const { code, lines, stderr } = await classify([...args, purple]);
    expect([code, stderr]).toEqual([0, '']);
    const names = lines[0]?.classes.toSorted((a, b) => a.index - b.index).map((one) => one.label);
    expect([names?.length, names?.[0], names?.[335]]).toEqual([1000, 'tench', 'fox squirrel']);
  });
});

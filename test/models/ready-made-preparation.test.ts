import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OptionError, useEngine, withSeed, writeSafetensors } from 'sluice';
import { squeezenetPipeline } from 'sluice/pipelines/squeezenet';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/models/named-model.ts';
import type { ModelChoice } from '../../src/models/model-choice.ts';

let weights: string;
beforeAll(async () => {
  await useEngine('cpu');
  const net = withSeed(squeezenetPipeline(), 1);
  weights = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-ready-')), 'w.safetensors');
  writeFileSync(weights, writeSafetensors(net.weights([1, 227, 227, 3])));
});

const load = (choice: Partial<ModelChoice>) => loadModel({ model: 'squeezenet', ...choice });

describe('a ready-made model with weights of your own', () => {
  it('prepares pictures as the weights need them', async () => {
    const own = (await load({ weights })).preprocess;
    const { preprocess } = await load({ weights, preset: 'caffe', resizeMethod: 'bilinear' });
    const { width, height, fit } = own;
    expect(preprocess).toMatchObject({ width, height, fit, channelOrder: 'bgr', scale: 1, resizeMethod: 'bilinear' });
    expect((await load({ weights, mean: [0.5], std: [0.25] })).preprocess).toMatchObject({ mean: [0.5], std: [0.25] });
  });
  it('has the geometry that is asked for, also with random weights', async () => {
    const { preprocess } = await load({ seed: 1, fit: 'fill', centralFraction: 0.5 });
    expect(preprocess).toMatchObject({ fit: 'fill', centralFraction: 0.5 });
  });
  it('gets the names of ImageNet, or those of a file', async () => {
    const { labels } = await load({ weights, labels: 'imagenet' });
    expect([labels.length, labels[0], labels[999]]).toEqual([1000, 'tench', 'toilet tissue']);
  });
  it.each<[Partial<ModelChoice>, string]>([
    [{ seed: 1, preset: 'tf' }, 'leave out --preset, or give --weights'],
    [{ seed: 1, range: [0, 1] }, 'leave out --range, --mean and --std, or give --weights'],
    [{ channels: 1 }, 'channels is 1, but the model takes 3: leave it out'],
    [{ layout: 'nchw' }, 'layout is "nchw", but the model takes nhwc: leave it out'],
    [{ preset: 'tf', range: [0, 1] }, '--preset and --range exclude each other'],
    [{ fit: 'stretch' as 'fill' }, 'fit must be one of cover, contain, fill'],
  ])('refuses %j', async (choice, message) => {
    const given = 'seed' in choice ? choice : { weights, ...choice };
    const error: unknown = await load(given).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message).toContain(message);
  });
  it('names both counts for labels that do not fit', async () => {
    const file = path.join(path.dirname(weights), 'labels.txt');
    writeFileSync(file, 'cat\ndog\n');
    await expect(load({ weights, labels: file })).rejects.toThrow(
      'gives 1000 scores and needs one label for each, but got 2',
    );
  });
});

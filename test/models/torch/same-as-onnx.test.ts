import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { useEngine, withTorchWeights, writeSafetensors, type Model, type ModelFiles, type Weight } from 'sluice';
import { alexnet } from 'sluice/pipelines/alexnet';
import { mobilenetV2 } from 'sluice/pipelines/mobilenet-v2';
import { resnet50 } from 'sluice/pipelines/resnet50';
import { squeezenet, squeezenetPipeline } from 'sluice/pipelines/squeezenet';
import { vgg16 } from 'sluice/pipelines/vgg16';
import { writeModel, type Beside } from '../../../src/onnx/onnx-model.ts';
import { joined } from '../../../src/onnx/protobuf.ts';
import { randomGrid } from '../../support/compute.ts';
import { byRuntime, planar } from '../onnx/by-runtime.ts';
import { timmMobilenetV2Names } from './timm-names.ts';
import { TorchGraph, type Value } from './torch-graph.ts';
import * as networks from './torch-networks.ts';

beforeAll(() => useEngine('wasm'));

const picture = randomGrid([1, 224, 224, 3], 5);

type Load = (files: ModelFiles) => Promise<Model>;

/**
 * The logarithms of the scores that ONNX Runtime computes. The last layer's weights, and so the logits, are scaled to a deviation of 2, so
 * that all classes have a score.
 */
async function expected(net: TorchGraph, output: Value): Promise<number[]> {
  const beside: Beside = new Map();
  const bytes = joined(writeModel(net.finish(output, 224), beside));
  const weights = new Map([...beside].map(([name, data]) => [name, new Float32Array(data.slice().buffer)]));
  const { data: logits } = await byRuntime(bytes, planar(picture), weights);
  const mean = logits.reduce((a, b) => a + b) / logits.length;
  const factor = 2 / Math.sqrt(logits.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logits.length);
  for (const { data } of [...net.state.values()].slice(-2)) data.forEach((value, i) => (data[i] = value * factor));
  const scaled = logits.map((value) => value * factor);
  const top = Math.max(...scaled);
  const sum = scaled.reduce((all, value) => all + Math.exp(value - top), 0);
  return scaled.map((value) => value - top - Math.log(sum));
}

function scoresOf(pipeline: Model['pipeline']): Float32Array {
  const kernel = pipeline.build([1, 224, 224, 3]);
  const x = tf.tensor4d(Float32Array.from(picture.data), [1, 224, 224, 3]);
  const y = kernel.run(x);
  const scores = y.dataSync();
  tf.dispose([x, y]);
  kernel.dispose();
  return scores as Float32Array;
}

function expectSame(scores: Float32Array, logarithms: readonly number[]): void {
  expect(scores.length).toBe(logarithms.length);
  // Neither all scores the same nor one of them 1: then differences would not show.
  expect(Math.max(...scores)).toBeGreaterThan(0.003);
  expect(Math.max(...scores)).toBeLessThan(0.9);
  const away = logarithms.map((value, i) => Math.abs(Math.exp(value) - (scores[i] ?? NaN)));
  expect(Math.max(...away)).toBeLessThanOrEqual(1e-4);
  const relative = logarithms.map((value, i) => Math.abs(value - Math.log(scores[i] ?? NaN)));
  expect(Math.max(...relative)).toBeLessThanOrEqual(2e-3);
}

const TORCH = {
  width: 224,
  height: 224,
  fit: 'cover',
  centralFraction: 0.875,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

describe('a network with the weights of a state dict gives what its ONNX graph gives', () => {
  it.each<[string, (net: TorchGraph) => Value, Load]>([
    ['resnet50-torchvision', networks.resnet50, resnet50],
    ['mobilenet-v2-torchvision', networks.mobilenetV2, mobilenetV2],
    ['squeezenet-torchvision', networks.squeezenet, squeezenet],
    ['alexnet-torchvision', networks.alexnet, alexnet],
    ['vgg16-bn', networks.vgg16Bn, vgg16],
  ])('%s', async (name, build, load) => {
    const net = new TorchGraph(3);
    const logarithms = await expected(net, build(net));
    const model = await load({ weights: writeSafetensors(Object.fromEntries(net.state)) });
    expect(model.name).toBe(name);
    expect(model.preprocess).toEqual({ ...TORCH, resizeMethod: 'antialias' });
    expectSame(scoresOf(model.pipeline), logarithms);
  });

  it('MobileNet v2 under the names of timm, which resizes otherwise', async () => {
    const net = new TorchGraph(4);
    const logarithms = await expected(net, networks.mobilenetV2(net));
    const names = timmMobilenetV2Names();
    const state = [...net.state].map(([name, weight]): [string, Weight] => {
      const [, module = '', tensor = ''] = /^(.*)\.(\w+)$/.exec(name) ?? [];
      return [`${names.get(module)}.${tensor}`, weight];
    });
    const model = await mobilenetV2({ weights: writeSafetensors(Object.fromEntries(state)) });
    expect(model.preprocess).toEqual({ ...TORCH, resizeMethod: 'bicubic' });
    expectSame(scoresOf(model.pipeline), logarithms);
  });

  it.each(['module.', 'model.', 'backbone.', 'module.model.', '_orig_mod.'])('the prefix %s', async (prefix) => {
    const net = new TorchGraph(5);
    networks.squeezenet(net);
    const bytes = writeSafetensors(Object.fromEntries([...net.state].map(([name, weight]) => [prefix + name, weight])));
    const plain = writeSafetensors(Object.fromEntries(net.state));
    const own = squeezenetPipeline({ variant: 'torchvision' });
    const [a, b] = await Promise.all([withTorchWeights(own, bytes, 'a'), withTorchWeights(own, plain, 'b')]);
    expect(scoresOf(a as never)).toEqual(scoresOf(b as never));
  });
});

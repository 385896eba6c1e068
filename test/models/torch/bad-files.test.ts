import { beforeAll, describe, expect, it } from 'vitest';
import {
  dense,
  flatten,
  pipeline,
  useEngine,
  WeightsError,
  withSafetensors,
  withTorchWeights,
  writeSafetensors,
  type Weight,
} from 'sluice';
import { lenet5, lenet5Pipeline } from 'sluice/pipelines/lenet5';
import { alexnet, alexnetPipeline } from 'sluice/pipelines/alexnet';
import { mobilenetV2, mobilenetV2Pipeline } from 'sluice/pipelines/mobilenet-v2';
import { resnet50, resnet50Pipeline } from 'sluice/pipelines/resnet50';
import { squeezenet, squeezenetPipeline } from 'sluice/pipelines/squeezenet';
import { vgg16, vgg16Pipeline } from 'sluice/pipelines/vgg16';
import { torchFamilies } from '../../../src/models/torch/torch-families.ts';
import { tensorNames } from '../../../src/models/torch/recognize.ts';
import { TorchGraph } from './torch-graph.ts';
import * as networks from './torch-networks.ts';

beforeAll(() => useEngine('wasm'));

const graph = new TorchGraph(1);
networks.squeezenet(graph);
const good: Readonly<Record<string, Weight>> = Object.fromEntries(graph.state);
const torchSqueezenet = squeezenetPipeline({ variant: 'torchvision' });
const without = (...names: readonly string[]) =>
  Object.fromEntries(Object.entries(good).filter(([name]) => !names.includes(name)));
const zeros = (...shape: readonly number[]): Weight => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});
/** A file with the names of a family, each one number. */
const named = (title: string, ...more: readonly string[]) => {
  const family = torchFamilies().find((one) => one.title === title);
  return Object.fromEntries([...(family ? tensorNames(family) : []), ...more].map((name) => [name, zeros(1)]));
};

async function messageFor(load: Promise<unknown>): Promise<string> {
  const error: unknown = await load.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(WeightsError);
  const { message } = error as Error;
  expect(message.length).toBeLessThan(500);
  return message;
}
const squeeze = (weights: Readonly<Record<string, Weight>>) =>
  messageFor(withTorchWeights(torchSqueezenet, writeSafetensors(weights), 'w.safetensors'));

/** A file with this header and as many bytes of zeros as it says. */
function withHeader(header: string, bytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + bytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

describe('a file of PyTorch that does not fit says so in one short sentence', () => {
  it('lacks one weight', async () => {
    expect(await squeeze(without('features.12.squeeze.weight'))).toBe(
      "w.safetensors looks like torchvision's SqueezeNet 1.1, but lacks features.12.squeeze.weight",
    );
    const resnet = named("torchvision's ResNet-50");
    delete resnet['layer4.2.conv3.weight'];
    expect(await messageFor(resnet50({ weights: writeSafetensors(resnet) }))).toBe(
      "the file of weights of resnet50 looks like torchvision's ResNet-50, but lacks layer4.2.conv3.weight",
    );
  });
  it('lacks many', async () => {
    const fires = Object.keys(good).filter((name) => /^features\.1[12]\./.test(name));
    expect(await squeeze(without(...fires))).toMatch(/but lacks features\.11\.squeeze\.weight, .* and 9 more$/);
  });
  it('has others', async () => {
    expect(await squeeze({ ...good, 'features.3.attention.weight': zeros(1) })).toBe(
      "w.safetensors looks like torchvision's SqueezeNet 1.1, but also has features.3.attention.weight, which that does not have",
    );
  });
  it.each([
    ['a convolution', 'features.0.weight', zeros(64, 3, 7, 7), '[64, 3, 7, 7], not [64, 3, 3, 3]'],
    ['channels last', 'features.0.weight', zeros(3, 3, 3, 64), '[3, 3, 3, 64], not [64, 3, 3, 3]'],
    [
      'another number of classes',
      'classifier.1.weight',
      zeros(10, 512, 1, 1),
      '[10, 512, 1, 1], not [1000, 512, 1, 1]',
    ],
    ['a bias', 'features.0.bias', zeros(1, 64), '[1, 64], not [64]'],
    ['a weight without values', 'features.0.weight', zeros(0), '[0], not [64, 3, 3, 3]'],
  ])('another shape: %s', async (_what, name, weight, shapes) => {
    expect(await squeeze({ ...good, [name]: weight })).toBe(
      `w.safetensors looks like torchvision's SqueezeNet 1.1, but its ${name} is ${shapes}`,
    );
  });
  it.each([
    ["torchvision's ResNet-18", []],
    ["torchvision's ResNet-34", []],
    ["torchvision's ResNet-101", []],
    ["torchvision's ResNet-152", []],
    ["torchvision's VGG11", []],
    ["torchvision's VGG13 with batch normalization", []],
    ["timm's VGG19", []],
    ["torchvision's SqueezeNet 1.0", []],
    ["timm's MobileNet v1", []],
  ])('is of a family that sluice has no network for: %s', async (title) => {
    expect(await squeeze(named(title))).toBe(
      `w.safetensors looks like ${title}, which sluice has no network for: export the model as ONNX, and read that with importModel (--model)`,
    );
  });
  it.each([
    ["torchvision's ResNet-50", "resnet50, or into resnet50Pipeline({ variant: 'torchvision' })"],
    ["torchvision's AlexNet", "alexnet, or into alexnetPipeline({ variant: 'torchvision' })"],
    ["timm's MobileNet v2", "mobilenet-v2, or into mobilenetV2Pipeline({ variant: 'torchvision' })"],
    ["timm's VGG16", 'vgg16, or into vgg16Pipeline()'],
    ["torchvision's VGG16 with batch normalization", 'vgg16, or into vgg16Pipeline({ batchNorm: true })'],
  ])('is of another network of sluice: %s', async (title, advice) => {
    expect(await squeeze(named(title))).toBe(
      `w.safetensors looks like ${title}, which squeezenet-torchvision does not compute: load it with --model ${advice}`,
    );
  });
  it('is for another variant than the given pipeline', async () => {
    const files = { weights: writeSafetensors(named("torchvision's ResNet-50")) };
    expect(await messageFor(resnet50({ variant: 'keras', ...files }))).toMatch(/which resnet50 does not compute: load/);
    expect(
      await messageFor(
        withTorchWeights(mobilenetV2Pipeline(), writeSafetensors(named("torchvision's MobileNet v2")), 'w'),
      ),
    ).toContain("mobilenetV2Pipeline({ variant: 'torchvision' })");
    expect(
      await messageFor(
        vgg16({ batchNorm: false, weights: writeSafetensors(named("timm's VGG16 with batch normalization")) }),
      ),
    ).toContain('vgg16Pipeline({ batchNorm: true })');
  });
  it('is of a family that nobody knows', async () => {
    const odd = Object.fromEntries(
      ['stem.0', 'stem.1', 'body.0', 'body.1', 'head'].map((name) => [`${name}.weight`, zeros(2)]),
    );
    expect(await squeeze(odd)).toMatch(
      /^w\.safetensors has names of PyTorch \(stem\.0\.weight, stem\.1\.weight, body\.0\.weight and 2 more\), but not those of a network that sluice knows for squeezenet-torchvision: ResNet-50, VGG16,/,
    );
    expect(await messageFor(lenet5({ weights: writeSafetensors(odd) }))).toContain('that sluice knows for lenet5');
  });
  it('is empty', async () => {
    expect(await squeeze({})).toContain('w.safetensors has no weights');
    await expect(withTorchWeights(torchSqueezenet, new Uint8Array(0), 'w')).rejects.toThrow(
      'w is not a valid safetensors file: it has 0 bytes',
    );
    expect(await messageFor(squeezenet({ weights: writeSafetensors({}) }))).toMatch(
      /lacks conv1\/kernel, .* of squeezenet; it has none$/,
    );
  });
  it('has names of both', async () => {
    const both = { ...good, 'conv1/kernel': zeros(3, 3, 3, 64) };
    expect(await squeeze(both)).toBe(
      'w.safetensors has names of sluice (conv1/kernel) and of PyTorch (features.0.weight and 51 more): give a file with the weights of one network',
    );
    expect(await messageFor(squeezenet({ weights: writeSafetensors(both) }))).toContain('and of PyTorch');
  });
  it('has one name with two prefixes', async () => {
    const twice = { ...good, 'module.features.0.weight': zeros(64, 3, 3, 3) };
    expect(await squeeze(twice)).toBe('w.safetensors has features.0.weight twice, with different prefixes');
  });
  it('has names that look like properties of objects', async () => {
    for (const name of ['constructor.weight', 'toString.bias', 'hasOwnProperty.weight', '__proto__.weight']) {
      expect(await squeeze({ ...good, [name]: zeros(1) })).toContain(`but also has ${name}, which`);
    }
    const hostile = withHeader('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4);
    expect(await messageFor(withTorchWeights(torchSqueezenet, hostile, 'w'))).toContain('a tensor is named __proto__');
  });
  it('has a very long name, which is cut', async () => {
    expect(await squeeze({ ...good, [`${'a'.repeat(900)}.weight`]: zeros(1) })).toContain(`${'a'.repeat(60)}, which`);
  });
  it('says that its header is huge', async () => {
    const file = new Uint8Array(64);
    new DataView(file.buffer).setBigUint64(0, 2n ** 60n, true);
    expect(await messageFor(withTorchWeights(torchSqueezenet, file, 'w'))).toContain(
      'its header should have 1152921504606846976 bytes',
    );
  });
  it('has 100,000 tensors: it is told apart in one pass', async () => {
    const names = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [`module.layer1.${i}.conv1.weight`, zeros(0)]),
    );
    expect(await squeeze(names)).toContain('and 99997 more');
  });
});

describe('counters of batches', () => {
  const counted = (name: string, dtype: string, bytes: number) =>
    withHeader(JSON.stringify({ [name]: { dtype, shape: [], data_offsets: [0, bytes] } }), bytes);
  it('are left out, as I64 and as F32', async () => {
    const more = { ...good, 'features.0.num_batches_tracked': zeros() };
    const net = await withTorchWeights(torchSqueezenet, writeSafetensors(more), 'w');
    expect(Object.keys(net.weights([1, 224, 224, 3]))).toHaveLength(52);
    expect(
      await messageFor(withTorchWeights(torchSqueezenet, counted('bn1.num_batches_tracked', 'I64', 8), 'w')),
    ).toContain('w has no weights');
  });
  it.each([
    [
      'another tensor of integers',
      'bn1.weight',
      'I64',
      8,
      'bn1.weight has the type "I64", but only F32 and F16 are supported',
    ],
    ['a counter of another type', 'bn1.num_batches_tracked', 'I32', 4, 'has the type "I32"'],
    ['a counter of the wrong size', 'bn1.num_batches_tracked', 'I64', 4, 'takes 8 bytes, not 4'],
  ])('%s is refused', async (_what, name, dtype, bytes, message) => {
    expect(await messageFor(withTorchWeights(torchSqueezenet, counted(name, dtype, bytes), 'w'))).toContain(message);
  });
});

describe('withSafetensors', () => {
  it('says which function reads the names of PyTorch', () => {
    expect(() => withSafetensors(torchSqueezenet, writeSafetensors(good), 'w')).toThrow(
      'w lacks conv1/kernel, conv1/bias, fire2-squeeze/kernel and 49 more of squeezenet-torchvision; it has features.0.weight, features.0.bias, features.3.squeeze.weight and 49 more, as PyTorch names them: use withTorchWeights',
    );
  });
  it('is short about many weights that are too much', () => {
    const net = pipeline({ name: 'net', inputShape: [1, 2, 2, 1] }, flatten(), dense({ units: 1, useBias: false }));
    const more = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`other${i}/kernel`, zeros(1)]));
    expect(() => withSafetensors(net, writeSafetensors({ 'dense/kernel': zeros(4, 1), ...more }), 'w')).toThrow(
      'w does not fit net, which has no other0/kernel, other1/kernel, other2/kernel and 47 more',
    );
  });
  it('needs a declared input shape, as withTorchWeights does', async () => {
    const net = pipeline(flatten(), dense({ units: 1 }));
    expect(() => withSafetensors(net, writeSafetensors({}), 'w')).toThrow('declare inputShape');
    await expect(withTorchWeights(net, writeSafetensors({}), 'w')).rejects.toThrow('declare inputShape');
  });
});

describe('the variants', () => {
  it.each([
    ['resnet50-torchvision', resnet50Pipeline({ variant: 'torchvision' }), 25_610_152],
    ['mobilenet-v2-torchvision', mobilenetV2Pipeline({ variant: 'torchvision' }), 3_538_984],
    ['alexnet-torchvision', alexnetPipeline({ variant: 'torchvision' }), 61_100_840],
    ['squeezenet-torchvision', torchSqueezenet, 1_235_496],
    ['vgg16-bn', vgg16Pipeline({ batchNorm: true }), 138_374_440],
  ])('%s has the parameters of torchvision, with running means and variances', (name, net, parameters) => {
    expect(net.name).toBe(name);
    expect(net.summary().parameters).toBe(parameters);
    expect(net.inputShape).toEqual([1, 224, 224, 3]);
  });
  it('can be asked for, with the pixels that it takes', async () => {
    const { name, preprocess } = await squeezenet({ variant: 'torchvision', seed: 1 });
    expect(name).toBe('squeezenet-torchvision');
    expect(preprocess).toMatchObject({ width: 224, centralFraction: 0.875, mean: [0.485, 0.456, 0.406] });
    expect((await mobilenetV2({ variant: 'keras', seed: 1 })).preprocess).toMatchObject({ range: [-1, 1] });
    expect((await squeezenet({ seed: 1 })).name).toBe('squeezenet');
  });
  it.each<[string, () => unknown, string]>([
    [
      'another variant',
      () => resnet50Pipeline({ variant: 'caffe' as never }),
      "variant must be 'keras' or 'torchvision', not \"caffe\"",
    ],
    ['a misspelt option', () => mobilenetV2Pipeline({ varient: 'torchvision' } as never), 'has no option varient'],
    ['a variant that is no text', () => squeezenetPipeline({ variant: 1 as never }), 'variant must be'],
    ['groups of a network without', () => alexnetPipeline({ variant: 'torchvision', groups: 2 }), 'has no groups'],
    ['batchNorm that is no boolean', () => vgg16Pipeline({ batchNorm: 1 as never }), 'batchNorm must be true or false'],
    ['another option of vgg16', () => vgg16Pipeline({ variant: 'torchvision' } as never), 'has no option variant'],
  ])('refuse %s', (_what, make, message) => {
    expect(make).toThrow(message);
  });
  it('refuse a misspelt option beside the files', async () => {
    const error: unknown = await alexnet({ varient: 'torchvision', seed: 1 } as never).catch((cause: unknown) => cause);
    expect((error as Error).message).toContain('has no option "varient"');
  });
  it('are not chosen for weights with names of sluice', async () => {
    const own = lenet5Pipeline();
    await expect(lenet5({ weights: writeSafetensors({ 'c1/kernel': zeros(5, 5, 1, 6) }) })).rejects.toThrow(
      `lacks c1/bias, c3/kernel, c3/bias and ${Object.keys(own.weightShapes([1, 32, 32, 1])).length - 4} more of lenet5`,
    );
  });
});

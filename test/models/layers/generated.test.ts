import * as tf from '@tensorflow/tfjs-core';
import * as tl from '@tensorflow/tfjs-layers';
import { foldBatchNorm, layersModel, useEngine } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { halvesOf } from '../../../src/models/half-float.ts';
import { compute, expectClose, piped, randomGrid } from '../../support/compute.ts';
import { randomModel } from './random-model.ts';
import { randomFrom } from '../../support/random.ts';
import { asFiles, fillWeights, quantized, save, type Saved } from './saved.ts';

// tfjs-layers is the oracle: both run on the same backend, so that nothing but the reading can differ.

const MODELS = 240;
const used = new Set<string>();

const EVERY_KIND =
  'Activation Add Average AveragePooling2D BatchNormalization Concatenate Conv2D Conv2DTranspose ' +
  'Cropping2D Dense DepthwiseConv2D Dropout ELU Flatten GaussianNoise GlobalAveragePooling2D ' +
  'GlobalMaxPooling2D InputLayer LeakyReLU MaxPooling2D Maximum Minimum Model Multiply PReLU ReLU ' +
  'Reshape SeparableConv2D Sequential Softmax UpSampling2D ZeroPadding2D';

/** Single precision, absolute below 1 and relative above: what differs is the order of summing. */
const TOLERANCE = 1e-5;

beforeAll(() => useEngine('cpu'));

describe('models drawn at random give what tfjs-layers gives', () => {
  it.each(Array.from({ length: MODELS }, (_, seed) => seed))('model %i', async (seed) => {
    const random = randomFrom(seed);
    const original = randomModel(random, seed % 3 === 0 ? 'sequential' : 'functional');
    fillWeights(original, random);
    let saved = await save(original);
    original.dispose();
    for (const { className } of original.layers.map((layer) => ({ className: layer.getClassName() })))
      used.add(className);
    const bits = ([undefined, undefined, 'float16', 'uint8', 'uint16'] as const)[seed % 5];
    if (bits) saved = quantized(saved, bits, halvesOf);
    const net = await layersModel(asFiles(saved), { onWarning: (message) => expect.fail(message) });
    const input = randomGrid(net.inputShape ?? [], seed);
    const expected = await predicted(saved, input.data, net.inputShape ?? []);
    expectClose(compute(net, input), expected, TOLERANCE);
    // As the command line runs it.
    expectClose(compute(foldBatchNorm(net), input), expected, TOLERANCE);
  });

  it('as ONNX Runtime runs them, too', async () => {
    const all = [];
    for (let seed = 0; seed < MODELS; seed++) {
      const random = randomFrom(seed);
      const original = randomModel(random, seed % 3 === 0 ? 'sequential' : 'functional');
      fillWeights(original, random);
      const saved = await save(original);
      original.dispose();
      const net = foldBatchNorm(await layersModel(asFiles(saved)));
      const input = randomGrid(net.inputShape ?? [], seed);
      all.push({ seed, net, input, expected: await predicted(saved, input.data, net.inputShape ?? []) });
    }
    // Behind it tfjs is on wasm, where tfjs-layers is not right everywhere: so its answers come first.
    await useEngine('onnxruntime');
    for (const { seed, net, input, expected } of all) {
      try {
        expectClose(await piped(net, input), expected, TOLERANCE);
      } catch (cause) {
        throw new Error(`model ${seed}: ${String(cause)}`, { cause });
      }
    }
  }, 300_000);

  it('drew every kind of layer', () => {
    const kinds = [...used].toSorted().join(' ');
    expect(kinds).toBe(EVERY_KIND);
  });
});

/** What tfjs-layers makes of the same files. */
async function predicted({ json, weights }: Saved, data: readonly number[], shape: readonly number[]) {
  const [{ weights: weightSpecs }] = json['weightsManifest'] as [{ weights: tf.io.WeightsManifestEntry[] }];
  const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer;
  const model = await tl.loadLayersModel(
    tf.io.fromMemory({ modelTopology: json['modelTopology'] as object, weightSpecs, weightData }),
  );
  const result = tf.tidy(() => {
    const y = model.predict(tf.tensor([...data], [...shape])) as tf.Tensor;
    return { shape: y.shape, data: Array.from(y.dataSync()) };
  });
  model.dispose();
  return result;
}

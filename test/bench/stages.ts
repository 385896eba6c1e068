// npm run bench:stages: stages that are built from others, on wasm, against
// the plain tfjs call or, where tfjs has none, what one would write; medians of the same run.
import * as tf from '@tensorflow/tfjs-core';
import {
  activation,
  batchNorm,
  conv2d,
  conv2dTranspose,
  globalMaxPool,
  l2Pool,
  localResponseNorm,
  useEngine,
  type AnyStage,
  type Kernel,
} from 'sluice';
import { compare, type Contender } from './compare.ts';

type Plain = (x: tf.Tensor4D) => tf.Tensor;

function contender(name: string, x: tf.Tensor4D, run: Plain): Contender {
  return {
    name,
    async run(frames) {
      for (let i = 0; i < frames; i++) run(x).dispose();
    },
  };
}

async function measure(what: string, shape: readonly number[], stage: AnyStage, plain: Plain): Promise<void> {
  const x = tf.randomNormal<tf.Rank.R4>([...shape] as [number, number, number, number]);
  const kernel = stage.build(shape) as unknown as Kernel<tf.Tensor4D, tf.Tensor>;
  const contenders = [
    contender('plain', x, (value) => tf.tidy(() => plain(value))),
    contender('sluice', x, kernel.run),
  ];
  const [theirs, ours] = await compare(contenders, 5, 15);
  kernel.dispose();
  x.dispose();
  const times = [theirs, ours].map((result) => (result?.msPerFrame ?? NaN).toFixed(3).padStart(9));
  console.log(`${what.padEnd(58)}${times.join(' ')} ms   × ${(1 / (ours?.ratio ?? NaN)).toFixed(2)}`);
}

await useEngine('wasm');
console.log(`${''.padEnd(62)}plain    sluice`);
for (const [size, channels, filters, k, s] of [
  [28, 64, 32, 4, 2],
  [28, 64, 32, 3, 2],
  [64, 64, 21, 4, 2],
  [14, 256, 128, 2, 2],
  [56, 64, 64, 3, 1],
] as const) {
  const kernel = tf.randomNormal([k, k, filters, channels]) as tf.Tensor4D;
  await measure(
    `conv2dTranspose ${size}×${size}×${channels} → ${filters}, kernel ${k}, stride ${s}`,
    [1, size, size, channels],
    conv2dTranspose({ filters, kernelSize: k, strides: s, padding: 'same', seed: 1 }),
    (x) => tf.conv2dTranspose(x, kernel, [1, size * s, size * s, filters], s, 'same'),
  );
}
for (const [size, channels, filters, k, groups] of [
  [27, 96, 256, 5, 2],
  [28, 256, 256, 3, 32],
  [56, 128, 128, 3, 32],
  [14, 64, 64, 3, 16],
  [28, 240, 240, 1, 8],
] as const) {
  const kernels = Array.from({ length: groups }, () => tf.randomNormal([k, k, channels / groups, filters / groups]));
  await measure(
    `conv2d ${size}×${size}×${channels} → ${filters}, kernel ${k}, ${groups} groups`,
    [1, size, size, channels],
    conv2d({ filters, kernelSize: k, groups, padding: 'same', seed: 1 }),
    (x) =>
      tf.concat(
        tf.split(x, groups, 3).map((part, i) => tf.conv2d(part as tf.Tensor4D, kernels[i] as tf.Tensor4D, 1, 'same')),
        3,
      ),
  );
}
for (const [size, channels, k, s] of [
  [112, 64, 3, 2],
  [56, 64, 2, 2],
  [27, 256, 3, 2],
] as const) {
  await measure(
    `l2Pool ${size}×${size}×${channels}, ${k}×${k}, stride ${s}`,
    [1, size, size, channels],
    l2Pool({ poolSize: k, strides: s }),
    (x) => tf.sqrt(tf.mul(tf.avgPool(tf.square(x), k, s, 'valid'), k * k)),
  );
}
for (const [size, channels] of [
  [55, 96],
  [27, 256],
  [112, 64],
] as const) {
  await measure(
    `localResponseNorm ${size}×${size}×${channels}, AlexNet’s`,
    [1, size, size, channels],
    localResponseNorm({ depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 }),
    (x) => tf.localResponseNormalization(x, 2, 2, 1e-4, 0.75),
  );
}
const [mean, variance] = [tf.randomNormal([64]) as tf.Tensor1D, tf.ones([64]) as tf.Tensor1D];
const picture = [1, 112, 112, 64];
await measure('batchNorm 112×112×64', picture, batchNorm({ seed: 1 }), (x) =>
  tf.batchNorm4d(x, mean, variance, mean, variance),
);
await measure('globalMaxPool 112×112×64', picture, globalMaxPool(), (x) => tf.max(x, [1, 2]));
await measure('gelu with tanh, 112×112×64', picture, activation('gelu', { approximate: true }), (x) =>
  tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), 0.7978845608)), 1)),
);

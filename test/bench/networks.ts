import { readFile } from 'node:fs/promises';
import type * as tf from '@tensorflow/tfjs-core';
import {
  avgPool,
  conv2d,
  dense,
  flatten,
  pipeline,
  readSafetensors,
  softmax,
  type Pipeline,
  type Weight,
} from 'sluice';
import { mobilenetV1Pipeline } from 'sluice/pipelines/mobilenet-v1';

/** A network and its numbers, for everybody to build it from in their own way. */
export interface Subject {
  readonly name: string;
  readonly shape: readonly [number, number, number, number];
  readonly net: Pipeline<tf.Tensor4D, tf.Tensor>;
  readonly weights: Readonly<Record<string, Weight>>;
}

/** LeNet-5 as modern textbooks draw it: 61,706 parameters; made-up weights, which cost as much as trained ones. */
export function lenet5(): Subject {
  const shape = [1, 28, 28, 1] as const;
  const net = pipeline(
    { name: 'lenet5', inputShape: shape },
    conv2d({ name: 'conv1', filters: 6, kernelSize: 5, padding: 'same', activation: 'relu' }),
    avgPool({ name: 'pool1', poolSize: 2 }),
    conv2d({ name: 'conv2', filters: 16, kernelSize: 5, activation: 'relu' }),
    avgPool({ name: 'pool2', poolSize: 2 }),
    flatten(),
    dense({ name: 'fc1', units: 120, activation: 'relu' }),
    dense({ name: 'fc2', units: 84, activation: 'relu' }),
    dense({ name: 'fc3', units: 10 }),
    softmax(),
  );
  const weights = Object.fromEntries(
    Object.entries(net.weightShapes(shape)).map(([key, size]) => {
      const data = new Float32Array(size.reduce((a, b) => a * b, 1)).map((_, i) => Math.sin(i * 12.9898) / 10);
      return [key, { shape: size, data }];
    }),
  );
  return { name: 'LeNet-5', shape, net: net.withWeights(weights), weights };
}

/** MobileNet v1 with its real weights. */
export async function mobilenet(): Promise<Subject> {
  const url = new URL('../../pipelines/mobilenet-v1/weights.safetensors', import.meta.url);
  const weights = readSafetensors(new Uint8Array(await readFile(url)), url.pathname);
  return { name: 'MobileNet v1', shape: [1, 224, 224, 3], net: mobilenetV1Pipeline().withWeights(weights), weights };
}

/**
 * A small network that plays Catch: it sees the field and says where the paddle goes.
 *
 * @module sluice/pipelines/catch
 */

import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  act,
  conv2d,
  dense,
  flatten,
  modelFrom,
  pipeline,
  softmax,
  type Action,
  type ActOptions,
  type Model,
  type ModelFiles,
  type Pipeline,
} from 'sluice';

/** A pixel of the field is a pixel of the input; black is 0 and white is 1. */
const PREPROCESS = { width: 32, height: 32, channels: 1, range: [0, 1] } as const;

/** What the paddle can do, by index. */
const ACTIONS = ['left', 'stay', 'right'] as const;

/**
 * The network of the player: two convolutions that halve the picture, and two fully connected layers; `[1, 32, 32, 1]` → `[1, 3]`.
 *
 * @example
 * console.log(catchPipeline().summary().parameters); // 34275
 */
export function catchPipeline(): Pipeline<Tensor4D, Tensor2D> {
  return pipeline(
    { name: 'catch', inputShape: [1, 32, 32, 1] },
    conv2d({ name: 'conv1', filters: 8, kernelSize: 5, strides: 2, padding: 'same', activation: 'relu' }),
    conv2d({ name: 'conv2', filters: 16, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
    flatten(),
    dense({ name: 'hidden', units: 32, activation: 'relu' }),
    dense({ name: 'logits', units: 3 }),
    softmax(),
  );
}

/**
 * Loads the player of Catch with the weights that it has learned by playing (float16, 69 kB), with weights of your own, or with random ones
 * (`seed`). It sees a field of 32×32 pixels, the ball and the paddle white on black, and gives the probabilities of `left`, `stay` and
 * `right`. Throws the errors of `modelFrom`.
 *
 * @example
 * const player = await catchPlayer();
 * console.log(player.labels); // ['left', 'stay', 'right']
 */
export function catchPlayer(
  files: Omit<ModelFiles<Action, ActOptions>, 'labels' | 'task'> = {},
): Promise<Model<Action, ActOptions>> {
  const bundled = files.seed === undefined ? { weights: new URL('./weights.safetensors', import.meta.url) } : {};
  return modelFrom(catchPipeline(), PREPROCESS, { ...bundled, ...files, task: act(), labels: ACTIONS });
}

import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from './shape.ts';

/**
 * Several tensors as one value: the output of a stage that has more than one. Its shape is that of the first tensor, and
 * `dispose` disposes all of them.
 *
 * @example
 * const both = new NamedTensors({ boxes: tf.zeros([1, 100, 4]), scores: tf.zeros([1, 100]) });
 * console.log(both.shape, Object.keys(both.tensors)); // [ 1, 100, 4 ] [ 'boxes', 'scores' ]
 * both.dispose();
 */
export class NamedTensors {
  /** The tensors by their names. */
  readonly tensors: Readonly<Record<string, Tensor>>;

  constructor(tensors: Readonly<Record<string, Tensor>>) {
    this.tensors = tensors;
  }

  /** The shape of the first tensor. */
  get shape(): Shape {
    return Object.values(this.tensors)[0]?.shape ?? [];
  }

  /** Frees all of the tensors. */
  dispose(): void {
    dispose(Object.values(this.tensors));
  }
}

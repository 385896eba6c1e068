import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '../../stage/shape.ts';

/**
 * Several tensors that travel as one value: what a stage with more than one output gives. It has the shape of its first,
 * and frees all of them.
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

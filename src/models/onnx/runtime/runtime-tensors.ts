import * as tf from '@tensorflow/tfjs-core';
import type { FlatTensor } from '../../../engines/onnxruntime/flat-tensor.ts';
import { describeShape, sameButBatch, type Shape } from '../../../stage/shape.ts';
import { sameList } from '../value.ts';

/** @internal A value that goes into the runtime. */
export interface RuntimeInput {
  /** Its name in the tensors that the stage takes; undefined where it takes one tensor. */
  readonly key: string | undefined;
  /** ONNX's shape, with one picture. */
  readonly shape: Shape;
  /** The dimensions of the stage's tensor after the batch. */
  readonly order: readonly number[];
}

/** @internal What the runtime gives for one frame. */
export interface Result extends FlatTensor<Float32Array> {
  readonly name: string;
  /** The dimensions of the stage's tensor after the batch. */
  readonly order: readonly number[];
}

/** @internal The output of a batch. */
export function joined(parts: readonly tf.Tensor[], name: string): tf.Tensor {
  const [first] = parts as readonly [tf.Tensor];
  if (parts.length === 1) return tf.clone(first);
  const other = parts.find(({ shape }) => !sameButBatch(shape, first.shape));
  if (other) {
    throw new Error(
      `it gives ${name} of ${describeShape(first.shape)} and of ${describeShape(other.shape)} for the frames of one batch: ` +
        'its sizes vary, so it takes one frame at a time',
    );
  }
  return tf.concat([...parts], 0);
}

/** @internal The values of one frame in ONNX's order. */
export async function numbersOf(
  x: tf.Tensor,
  frame: number,
  { shape, order }: RuntimeInput,
): Promise<FlatTensor<Float32Array>> {
  const arranged = tf.tidy(() => {
    const one = x.shape[0] === 1 ? x : tf.slice(x, frame, 1);
    const moved = order.toSorted((a, b) => a - b);
    const inOrder = sameList(moved, order);
    return inOrder
      ? tf.cast(one, 'float32')
      : tf.transpose(one, [0, ...moved.map((dimension) => order.indexOf(dimension) + 1)]);
  });
  try {
    return { data: (await arranged.data()) as Float32Array, shape };
  } finally {
    arranged.dispose();
  }
}

/** @internal One frame's output as the stage gives it. */
export function tensorOf({ data, shape, order }: Result): tf.Tensor {
  return tf.tidy(() => {
    const whole = tf.tensor(data, [...shape], 'float32');
    const left = shape.map((_, dimension) => dimension).filter((dimension) => !order.includes(dimension));
    return tf.reshape(tf.transpose(whole, [...left, ...order]), [
      1,
      ...order.map((dimension) => shape[dimension] ?? 1),
    ]);
  });
}

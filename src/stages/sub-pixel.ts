import { FusedConv2D, Reshape, Slice, Transpose, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describeShape } from '../stage/shape.ts';
import { runKernel } from './run-kernel.ts';
import { checkSpread } from './spread-kernel.ts';

/** Along one dimension: the positions of the input grid that are computed, and which outputs they hold. */
interface Places {
  readonly before: number;
  readonly after: number;
  readonly count: number;
  readonly start: number;
}

/** A transposed convolution without dilation. `before` is the number of rows and columns its padding removes at the start. */
export interface Transposed {
  readonly kernel: Tensor4D;
  readonly bias: Tensor | undefined;
  readonly strides: readonly [number, number];
  readonly before: readonly [number, number];
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly attributes: object;
}

/**
 * A transposed convolution as a convolution with stride 1, whose output channels hold all s·s outputs of an input pixel, and
 * a rearrangement of these channels into pixels (Shi et al. 2016, "Is the deconvolution layer the same as a convolutional
 * layer?").
 *
 * tfjs-wasm's own transposed convolution is a plain loop over all outputs and kernel values. For 28×28×64 → 56×56×32 with
 * kernel 4 and stride 2 it takes 12.7 ms, and this 1.5 ms; from 64×64×64 to 21 channels, 45 ms and 4.9 ms.
 */
export function subPixel(transposed: Transposed, own: (tensor: Tensor) => Tensor): (x: Tensor) => Tensor {
  const { kernel, bias, strides, before, input, output, attributes } = transposed;
  const [sh, sw] = strides;
  const [height, width, filters] = kernel.shape;
  const [rows, columns] = [
    places(height, sh, before[0], input[0], output[0]),
    places(width, sw, before[1], input[1], output[1]),
  ];
  const spread = [rows.count * sh, columns.count * sw, filters];
  checkSpread(`strides ${JSON.stringify(strides)}`, `an input of ${JSON.stringify(input)}`, spread);
  const filter = own(phases(kernel, strides));
  const biases = bias && own(tf.tile(bias, [sh * sw]));
  const all = {
    ...attributes,
    strides: [1, 1],
    dilations: [1, 1],
    pad: [
      [0, 0],
      [rows.before, rows.after],
      [columns.before, columns.after],
      [0, 0],
    ],
    dataFormat: 'NHWC',
    dimRoundingMode: 'floor',
  };
  const size = [rows.count * sh, columns.count * sw];
  const whole = size.every((length, i) => length === output[i]);
  return (x) => {
    const batch = x.shape[0] ?? 0;
    let y = runKernel(FusedConv2D, { x, filter, bias: biases }, all);
    const next = (name: string, attributes_: object) => {
      const last = y;
      y = runKernel(name, { x: last }, attributes_);
      last.dispose();
    };
    if (sh > 1) {
      // The channels of a position hold sh output rows: [rows, columns, sh, …] → [rows, sh, columns, …].
      next(Reshape, { shape: [batch * rows.count, columns.count, sh, sw * filters] });
      next(Transpose, { perm: [0, 2, 1, 3] });
    }
    next(Reshape, { shape: [batch, ...size, filters] });
    if (!whole) next(Slice, { begin: [0, rows.start, columns.start, 0], size: [batch, ...output, filters] });
    return y;
  };
}

/**
 * Without padding, output o would be at o + before: phase (o + before) mod s of position ⌊(o + before) / s⌋. Position q uses
 * the input pixels q − t for t < taps. Only positions that hold needed outputs are computed, by padding the input less.
 */
function places(kernel: number, stride: number, cut: number, input: number, output: number): Places {
  const taps = Math.ceil(kernel / stride);
  // The input is never cropped. So there are more positions than needed where the padding is wider than the kernel.
  const first = Math.min(Math.floor(cut / stride), taps - 1);
  const last = Math.max(Math.floor((cut + output - 1) / stride), input - 1);
  return { before: taps - 1 - first, after: last + 1 - input, count: last - first + 1, start: cut - first * stride };
}

/** `[h, w, filters, channels]` → `[⌈h/s⌉, ⌈w/s⌉, channels, s · s · filters]`: the kernel values of each phase, reversed. */
function phases(kernel: Tensor4D, [sh, sw]: readonly [number, number]): Tensor {
  const [height, width, filters, channels] = kernel.shape;
  const [th, tw] = [Math.ceil(height / sh), Math.ceil(width / sw)];
  const size = [th * sh, tw * sw, filters, channels];
  checkSpread(`strides ${JSON.stringify([sh, sw])}`, `a kernel of ${describeShape(kernel.shape)}`, size);
  return tf.tidy(() => {
    const padded = tf.pad(kernel, [
      [0, th * sh - height],
      [0, tw * sw - width],
      [0, 0],
      [0, 0],
    ]);
    const rows = tf.reverse(tf.reshape(padded, [th, sh * tw * sw * filters * channels]), 0);
    const both = tf.reverse(tf.reshape(rows, [th * sh, tw, sw * filters * channels]), 1);
    const split = tf.transpose(tf.reshape(both, [th, sh, tw, sw * filters, channels]), [0, 2, 4, 1, 3]);
    return tf.reshape(split, [th, tw, channels, sh * sw * filters]);
  });
}

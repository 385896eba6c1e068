import * as tf from '@tensorflow/tfjs-core';
import {
  FusedConv2D,
  FusedDepthwiseConv2D,
  Multiply,
  Pow,
  RealDiv,
  Reshape,
  Sqrt,
  Square,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { count } from '../stage/arguments.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { requireRank } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link localResponseNorm}. */
export interface LocalResponseNormOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** TensorFlow's parameter: the number of channels on either side. α is used as it is. Default 5 without a `size`. */
  readonly depthRadius?: number;
  /** ONNX's and Caffe's parameter, instead of `depthRadius`: the number of channels in all. α is divided by it. */
  readonly size?: number;
  /** k; default 1. */
  readonly bias?: number;
  /** α; default 1 with `depthRadius` (TF), 0.0001 with `size` (ONNX). */
  readonly alpha?: number;
  /** β; default 0.5 with `depthRadius` (TF), 0.75 with `size` (ONNX). */
  readonly beta?: number;
}

/**
 * Divides each value by (k + α Σx²)^β, where the sum is over its channel and the neighbouring channels.
 * `[b, h, w, c]` → the same shape.
 *
 * Definitions differ. TF `localResponseNormalization` sums `depthRadius` channels on both sides and uses α as it is. ONNX
 * `LRN` sums `size` channels (⌊(size − 1) / 2⌋ before, the rest after) and divides α by `size`. AlexNet (Krizhevsky et al.
 * 2012, section 3.3) uses TensorFlow's with `{ depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 }`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for an input that is not a picture.
 *
 * @see {@link batchNorm}
 *
 * @example
 * const alexNets = localResponseNorm({ depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 });
 * console.log(alexNets.outputShape([1, 55, 55, 96])); // [1, 55, 55, 96]
 */
export function localResponseNorm(options: LocalResponseNormOptions = {}): Stage<Tensor4D, Tensor4D> {
  const { name, depthRadius, size } = options;
  const called = name ?? 'localResponseNorm';
  if (size !== undefined && depthRadius !== undefined) {
    throw new OptionError(`${called}: give depthRadius (TensorFlow's definition) or size (ONNX's), not both`, {
      stage: called,
    });
  }
  const onnx = size !== undefined;
  const window = onnx ? count(called, 'size', size) : 2 * count(called, 'depthRadius', depthRadius ?? 5, 0) + 1;
  const { bias = 1, alpha = onnx ? 1e-4 : 1, beta = onnx ? 0.75 : 0.5 } = options;
  // These keep the divisor from being 0 or the root of a negative number.
  check(called, 'bias', bias, (value) => value > 0);
  check(called, 'alpha', alpha, (value) => value >= 0);
  check(called, 'beta', beta, () => true);
  const before = Math.floor((window - 1) / 2);
  const factor = onnx ? alpha / window : alpha;
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: { op: 'localResponseNorm', name, depthRadius: onnx ? undefined : before, size, bias, alpha, beta },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      return input;
    },
    kernel([, , , channels = 0], _weights, own) {
      // What reaches beyond the channels sums nothing, but would take memory.
      const [left, right] = [Math.min(before, channels), Math.min(window - 1 - before, channels)];
      const sum = weightedSum(channels, left, left + 1 + right, factor, bias, own);
      const exponent = own(tf.scalar(beta));
      return (x) => {
        const squares = runKernel(Square, { x });
        const sums = sum(squares);
        squares.dispose();
        const divisor = power(sums, beta, exponent);
        if (divisor !== sums) sums.dispose();
        const y = runKernel(RealDiv, { a: x, b: divisor });
        divisor.dispose();
        return y as Tensor4D;
      };
    },
    clean: true,
    compilable: true,
  });
}

function check(called: string, option: string, value: number, good: (value: number) => boolean): void {
  if (Number.isFinite(value) && good(value)) return;
  const what = { bias: 'a number over 0', alpha: 'a number of at least 0', beta: 'a number' }[option];
  throw new OptionError(`${called}: ${option} must be ${what}, not ${describeValue(value)}`, { stage: called });
}

const ONE = {
  strides: [1, 1],
  dilations: [1, 1],
  dataFormat: 'NHWC',
  dimRoundingMode: 'floor',
  activation: 'linear',
  leakyreluAlpha: 0,
};

/**
 * k + α Σ over neighbouring channels. For few channels this is a 1×1 convolution whose kernel is a band matrix of αs; for many
 * channels, a small kernel that slides along the channels. On wasm: 1.3 against 1.6 ms for 55×55×96, 2.1 against 1.0 ms for
 * 27×27×256.
 */
function weightedSum(
  channels: number,
  before: number,
  window: number,
  factor: number,
  bias: number,
  own: (tensor: Tensor) => Tensor,
): (squares: Tensor) => Tensor {
  if (channels <= 128) {
    const counts = (from: number, to: number) => from >= to - before && from < to - before + window;
    const band = Array.from({ length: channels ** 2 }, (_, i) =>
      counts(Math.floor(i / channels), i % channels) ? factor : 0,
    );
    const filter = own(tf.tensor(band, [1, 1, channels, channels]));
    const k = own(tf.tensor1d(new Float32Array(channels).fill(bias)));
    return (x) => runKernel(FusedConv2D, { x, filter, bias: k }, { ...ONE, pad: 'valid' });
  }
  const filter = own(tf.tensor(new Float32Array(window).fill(factor), [1, window, 1, 1]));
  const k = own(tf.tensor1d([bias]));
  const pad = [
    [0, 0],
    [0, 0],
    [before, window - 1 - before],
    [0, 0],
  ];
  return (x) => {
    const pixels = x.size / channels;
    const rows = runKernel(Reshape, { x }, { shape: [1, pixels, channels, 1] });
    const sums = runKernel(FusedDepthwiseConv2D, { x: rows, filter, bias: k }, { ...ONE, pad });
    const shaped = runKernel(Reshape, { x: sums }, { shape: x.shape });
    rows.dispose();
    sums.dispose();
    return shaped;
  };
}

/** x^β. For β = 0.5 and 0.75 it is computed with square roots: on wasm, a power takes six times as long. */
function power(x: Tensor, beta: number, exponent: Tensor): Tensor {
  if (beta === 1) return x;
  if (beta !== 0.5 && beta !== 0.75) return runKernel(Pow, { a: x, b: exponent });
  const root = runKernel(Sqrt, { x });
  if (beta === 0.5) return root;
  const fourth = runKernel(Sqrt, { x: root });
  const product = runKernel(Multiply, { a: root, b: fourth });
  tf.dispose([root, fourth]);
  return product;
}

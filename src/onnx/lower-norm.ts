import type { FromPixels } from '../stage/pixels.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';
import { FLOAT } from './onnx-model.ts';
import { affine, type NormalizeOptions } from '../stage/normalization.ts';

export function lowerBatchNorm(graph: GraphBuilder, x: Value, layer: Layer<{ epsilon: number }>): Value {
  const { weights, arguments: spec } = layer;
  const { gamma, beta, mean, variance } = weights;
  const factor = Float32Array.from(
    variance?.data ?? [],
    (value, c) => (gamma?.data[c] ?? 1) / Math.sqrt(value + spec.epsilon),
  );
  const offset = Float32Array.from(factor, (scale, c) => (beta?.data[c] ?? 0) - (mean?.data[c] ?? 0) * scale);
  return scaled(graph, x, factor, offset);
}

export function lowerNormalize(graph: GraphBuilder, x: Value, layer: Layer<NormalizeOptions>): Value {
  const { scale, offset } = affine(layer.arguments);
  return scaled(graph, x, Float32Array.from(scale), Float32Array.from(offset));
}

/** Transposes the picture before the cast: its bytes are a quarter of the size of the floats. */
export function lowerPixels(graph: GraphBuilder, x: Value, { scale, offset }: FromPixels): Value {
  const numbers = graph.each('Cast', graph.planar(x), { to: FLOAT });
  return scaled(graph, numbers, Float32Array.from(scale), Float32Array.from(offset));
}

/** x · scale + offset per channel. After a convolution it is a BatchNormalization, which ONNX Runtime fuses into that. */
function scaled(graph: GraphBuilder, x: Value, scale: Float32Array, offset: Float32Array): Value {
  if (!x.planar || scale.length !== x.shape[3]) {
    const product = graph.each('Mul', x, {}, graph.channels('scale', scale, x));
    return graph.each('Add', product, {}, graph.channels('offset', offset, x));
  }
  const constants = { scale, offset, mean: new Float32Array(scale.length), variance: scale.map(() => 1) };
  const given = Object.entries(constants).map(([name, data]) => graph.floats(name, data, [data.length]));
  return graph.each('BatchNormalization', x, { epsilon: { float: 0 } }, ...given);
}

interface LocalResponseNorm {
  readonly size?: number;
  readonly depthRadius?: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

/**
 * Written as several operations: ONNX Runtime's LRN is several times slower, only takes odd sizes, and its running sum is
 * inexact where channels differ much.
 */
export function lowerLocalResponseNorm(graph: GraphBuilder, x: Value, layer: Layer<LocalResponseNorm>): Value {
  const { size: onnx, depthRadius = 0, bias, alpha, beta } = layer.arguments;
  const size = onnx ?? 2 * depthRadius + 1;
  const factor = onnx === undefined ? alpha : alpha / size;
  const picture = graph.planar(x);
  const squares = graph.each('Mul', picture, {}, picture.name);
  const sums =
    (x.shape[3] ?? 1) > MOST_CHANNELS
      ? slid(graph, squares, size, factor, bias)
      : banded(graph, squares, size, factor, bias);
  return graph.each('Div', picture, {}, power(graph, sums, beta).name);
}

/** With more channels than this, the band matrix costs more than a small kernel that slides along the channels. */
const MOST_CHANNELS = 512;

/** k + α Σ over neighbouring channels, as a 1×1 convolution with a band matrix of αs. */
function banded(graph: GraphBuilder, x: Value, size: number, factor: number, bias: number): Value {
  const channels = x.shape[3] ?? 1;
  const before = Math.floor((size - 1) / 2);
  const band = Float32Array.from({ length: channels ** 2 }, (_, i) => {
    const apart = (i % channels) - Math.floor(i / channels);
    return apart >= -before && apart < size - before ? factor : 0;
  });
  const given = [
    graph.floats('band', band, [channels, channels, 1, 1]),
    graph.floats('bias', new Float32Array(channels).fill(bias), [channels]),
  ];
  return graph.each('Conv', x, { kernel_shape: [1, 1] }, ...given);
}

/** The same with a small kernel that slides along the channels. */
function slid(graph: GraphBuilder, x: Value, size: number, factor: number, bias: number): Value {
  const [, height = 1, width = 1, channels = 1] = x.shape;
  const [KEEP, before] = [0, Math.floor((size - 1) / 2)];
  const rows = graph.each('Reshape', x, {}, graph.wholes('rows', KEEP, 1, channels, height * width));
  const given = [
    graph.floats('kernel', new Float32Array(size).fill(factor), [1, 1, size, 1]),
    graph.floats('bias', Float32Array.of(bias), [1]),
  ];
  const pads = [before, 0, size - 1 - before, 0];
  const sums = graph.each('Conv', rows, { kernel_shape: [size, 1], pads }, ...given);
  return graph.each('Reshape', sums, {}, graph.wholes('picture', KEEP, channels, height, width));
}

/** x^exponent, with square roots where possible: a power takes ten times as long. */
function power(graph: GraphBuilder, x: Value, exponent: number): Value {
  if (exponent === 1) return x;
  if (exponent !== 0.5 && exponent !== 0.75) return graph.each('Pow', x, {}, graph.scalar(exponent));
  const root = graph.each('Sqrt', x);
  return exponent === 0.5 ? root : graph.each('Mul', root, {}, graph.each('Sqrt', root).name);
}

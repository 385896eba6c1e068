import { affine, type NormalizeOptions } from '../preprocess/normalize.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';

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

/** x · scale + offset per channel. After a convolution it is a normalization, which the runtime puts into that. */
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

export function lowerLocalResponseNorm(graph: GraphBuilder, x: Value, layer: Layer<LocalResponseNorm>): Value {
  const { size: onnx, depthRadius = 0, bias, alpha, beta } = layer.arguments;
  const size = onnx ?? 2 * depthRadius + 1;
  const picture = graph.planar(x);
  // ONNX Runtime takes odd sizes only, and its running sum is inexact where every channel is by itself.
  if (size % 2 === 1 && size > 1) {
    const divided = onnx === undefined ? alpha * size : alpha;
    return graph.each('LRN', picture, {
      size,
      alpha: { float: divided },
      beta: { float: beta },
      bias: { float: bias },
    });
  }
  // A 1×1 convolution with a band of αs sums up the neighbours.
  const channels = x.shape[3] ?? 1;
  const before = Math.floor((size - 1) / 2);
  const band = Float32Array.from({ length: channels ** 2 }, (_, i) => {
    const apart = (i % channels) - Math.floor(i / channels);
    return apart >= -before && apart < size - before ? alpha / size : 0;
  });
  const squares = graph.each('Mul', picture, {}, picture.name);
  const sums = graph.each(
    'Conv',
    squares,
    { kernel_shape: [1, 1] },
    graph.floats('band', band, [channels, channels, 1, 1]),
    graph.floats('bias', new Float32Array(channels).fill(bias), [channels]),
  );
  return graph.each('Div', picture, {}, graph.each('Pow', sums, {}, graph.scalar(beta)).name);
}

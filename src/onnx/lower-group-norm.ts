import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';

interface GroupNorm {
  readonly groups: number;
  readonly epsilon: number;
}

/** Each group of channels is laid out as one channel of an instance normalization. */
export function lowerGroupNorm(graph: GraphBuilder, x: Value, layer: Layer<GroupNorm>): Value {
  const [, height = 1, width = 1, channels = 1] = layer.input;
  const { groups, epsilon: float } = layer.arguments;
  const { gamma, beta } = layer.weights;
  const filled = (value: number) => (count: number) => new Float32Array(count).fill(value);
  const [ones, zeros] = [filled(1), filled(0)];
  const normalize = (of: Value, scale: Float32Array, offset: Float32Array) =>
    graph.each(
      'InstanceNormalization',
      of,
      { epsilon: { float } },
      graph.floats('gamma', scale, [scale.length]),
      graph.floats('beta', offset, [offset.length]),
    );
  const picture = graph.planar(x);
  if (groups === -1 || groups === channels) {
    return normalize(picture, gamma?.data ?? ones(channels), beta?.data ?? zeros(channels));
  }
  const KEEP = 0;
  const rows = graph.each('Reshape', picture, {}, graph.wholes('rows', KEEP, groups, -1));
  const normal = normalize(rows, ones(groups), zeros(groups));
  const y = graph.each('Reshape', normal, {}, graph.wholes('picture', KEEP, channels, height, width));
  const scaled = gamma ? graph.each('Mul', y, {}, graph.channels('scale', gamma.data, y)) : y;
  return beta ? graph.each('Add', scaled, {}, graph.channels('offset', beta.data, y)) : scaled;
}

import type { Sides } from '../stage/shape.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';

export function lowerFlatten(graph: GraphBuilder, x: Value, { output }: Layer): Value {
  const name = graph.node('Flatten', [graph.interleaved(x).name], { axis: 1 });
  return { name, shape: output, planar: false };
}

export function lowerReshape(graph: GraphBuilder, x: Value, { output }: Layer): Value {
  const KEEP = 0;
  const shape = graph.wholes('shape', KEEP, ...output.slice(1));
  return { name: graph.node('Reshape', [graph.interleaved(x).name, shape]), shape: output, planar: false };
}

export function lowerZeroPad(graph: GraphBuilder, x: Value, layer: Layer<{ padding: Sides }>): Value {
  const [[top, bottom], [left, right]] = layer.arguments.padding;
  const pads = x.planar ? [0, 0, top, left, 0, 0, bottom, right] : [0, top, left, 0, 0, bottom, right, 0];
  return { ...graph.each('Pad', x, {}, graph.wholes('pads', ...pads)), shape: layer.output };
}

export function lowerCrop(graph: GraphBuilder, x: Value, layer: Layer<{ cropping: Sides }>): Value {
  const [[top], [left]] = layer.arguments.cropping;
  const [, height = 0, width = 0] = layer.output;
  const given = [
    graph.wholes('starts', top, left),
    graph.wholes('ends', top + height, left + width),
    graph.wholes('axes', ...(x.planar ? [2, 3] : [1, 2])),
  ];
  return { ...graph.each('Slice', x, {}, ...given), shape: layer.output };
}

interface Upsample {
  readonly size: readonly [number, number];
  readonly interpolation: 'nearest' | 'bilinear';
  readonly coordinates?: 'asymmetric';
}

export function lowerUpsample(graph: GraphBuilder, x: Value, layer: Layer<Upsample>): Value {
  const { size, interpolation, coordinates } = layer.arguments;
  const attributes =
    interpolation === 'nearest'
      ? { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
      : { mode: 'linear', coordinate_transformation_mode: coordinates ?? 'half_pixel' };
  const scales = graph.floats('scales', Float32Array.of(1, 1, ...size), [4]);
  return { ...graph.each('Resize', graph.planar(x), attributes, '', scales), shape: layer.output };
}

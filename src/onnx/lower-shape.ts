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

export function lowerTranspose(graph: GraphBuilder, x: Value, layer: Layer<{ permutation: readonly number[] }>): Value {
  const { permutation } = layer.arguments;
  const [order, shape] = [permutation.join(), layer.output];
  // Between the layouts of sluice and of ONNX: the same numbers under another layout.
  if (x.planar && order === '3,1,2') return { name: x.name, shape, planar: false };
  if (!x.planar && order === '2,3,1') return { name: x.name, shape, planar: true };
  const name = graph.node('Transpose', [graph.interleaved(x).name], { perm: [0, ...permutation] });
  return { name, shape, planar: false };
}

export function lowerDepthToSpace(
  graph: GraphBuilder,
  x: Value,
  layer: Layer<{ blockSize: number; mode: string }>,
): Value {
  const { blockSize: blocksize, mode } = layer.arguments;
  return { ...graph.each('DepthToSpace', graph.planar(x), { blocksize, mode }), shape: layer.output };
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
  readonly size?: readonly [number, number];
  readonly outputSize?: readonly [number, number];
  readonly interpolation: 'nearest' | 'bilinear';
  readonly coordinates?: 'asymmetric' | 'alignCorners';
}

const COORDINATES = { asymmetric: 'asymmetric', alignCorners: 'align_corners', halfPixel: 'half_pixel' } as const;

export function lowerUpsample(graph: GraphBuilder, x: Value, layer: Layer<Upsample>): Value {
  const { size, outputSize, interpolation, coordinates } = layer.arguments;
  if (outputSize) return resized(graph, x, layer, outputSize);
  const attributes =
    interpolation === 'nearest'
      ? { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
      : { mode: 'linear', coordinate_transformation_mode: COORDINATES[coordinates ?? 'halfPixel'] };
  const scales = graph.floats('scales', Float32Array.of(1, 1, ...(size ?? [])), [4]);
  return { ...graph.each('Resize', graph.planar(x), attributes, '', scales), shape: layer.output };
}

/** By sizes: a scale that is not whole would have to be rounded. The number of pictures stays open. */
function resized(graph: GraphBuilder, x: Value, layer: Layer<Upsample>, outputSize: readonly [number, number]): Value {
  const { interpolation, coordinates = 'halfPixel' } = layer.arguments;
  const picture = graph.planar(x);
  const before = graph.node('Shape', [picture.name], { start: 0, end: 2 });
  const sizes = graph.node('Concat', [before, graph.wholes('size', ...outputSize)], { axis: 0 });
  const attributes = {
    mode: interpolation === 'nearest' ? 'nearest' : 'linear',
    coordinate_transformation_mode: COORDINATES[coordinates],
    // Rounds positions as the kernels of TensorFlow.js do.
    ...(interpolation === 'nearest' && { nearest_mode: coordinates === 'asymmetric' ? 'floor' : 'round_prefer_ceil' }),
  };
  return { ...graph.each('Resize', picture, attributes, '', '', sizes), shape: layer.output };
}

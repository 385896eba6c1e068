import type { Shape } from '../stage/shape.ts';
import { explicitPadding, transposedStart, type Padding } from '../stage/window.ts';
import type { Activation } from '../stage/activations.ts';
import type { Weight } from '../stage/weights.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';
import { lowerActivation } from './lower-activation.ts';
import { lowerWeights, type LayerKernel } from './lower-weights.ts';
import type { Attribute } from './onnx-model.ts';

interface Convolution {
  readonly kernelSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly dilationRate: readonly [number, number];
  readonly activation: Activation;
}

export function lowerConv2d(graph: GraphBuilder, x: Value, layer: Layer<Convolution & { groups?: number }>): Value {
  const { weights, arguments: spec } = layer;
  const kernel = filtersFirst('kernel', weights['kernel']);
  return convolved(graph, x, layer, kernel, { group: spec.groups ?? 1 }, weights['bias']);
}

export function lowerDepthwise(graph: GraphBuilder, x: Value, layer: Layer<Convolution>): Value {
  const kernel = channelwise('kernel', layer.weights['kernel']);
  return convolved(graph, x, layer, kernel, { group: layer.input[3] ?? 1 }, layer.weights['bias']);
}

export function lowerSeparable(graph: GraphBuilder, x: Value, layer: Layer<Convolution>): Value {
  const { weights, input, arguments: spec } = layer;
  const deep = channelwise('depthwiseKernel', weights['depthwiseKernel']);
  const [batch = 1, height = 1, width = 1] = layer.output;
  const between: Shape = [batch, height, width, weights['pointwiseKernel']?.shape[2] ?? 0];
  const spread: Layer<Convolution> = { ...layer, output: between, arguments: { ...spec, activation: 'linear' } };
  const y = convolved(graph, x, spread, deep, { group: input[3] ?? 1 });
  const kernel = filtersFirst('pointwiseKernel', weights['pointwiseKernel']);
  const mixed = biased(graph, 'Conv', y, layer, kernel, { kernel_shape: [1, 1] }, weights['bias']);
  return lowerActivation(graph, mixed, spec.activation);
}

export function lowerTransposed(graph: GraphBuilder, x: Value, layer: Layer<Convolution>): Value {
  const { weights, input, output, arguments: spec } = layer;
  const { kernelSize: size, strides, padding, dilationRate } = spec;
  const start = transposedStart({ size, strides, padding, dilationRate });
  // What the output leaves of the window's reach is the padding at the end. Below 0, that many rows are missing there.
  const end = ([0, 1] as const).map((i) => {
    const reach = strides[i] * ((input[i + 1] ?? 0) - 1) + dilationRate[i] * (size[i] - 1) + 1;
    return reach - start[i] - (output[i + 1] ?? 0);
  });
  const window = { kernel_shape: size, strides, dilations: dilationRate };
  const pads = [...start, ...end.map((pad) => Math.max(0, pad))];
  const kernel = filtersFirst('kernel', weights['kernel']);
  const lack = end.map((pad) => Math.max(0, -pad));
  // ONNX Runtime refuses an output padding of a whole stride or more, which a dilation allows, and one without which the
  // output would be empty.
  const common = lack.every((rows, i) => rows < (strides[i] ?? 1) && rows < (output[i + 1] ?? 0));
  const y = common
    ? biased(graph, 'ConvTranspose', x, layer, kernel, { ...window, pads, output_padding: lack }, weights['bias'])
    : cut(graph, biased(graph, 'ConvTranspose', x, layer, kernel, window, undefined), start, lack, layer);
  return lowerActivation(graph, y, spec.activation);
}

/** The whole reach of the window, padded with the missing rows, then cropped. The bias is added last, to the padding too. */
function cut(
  graph: GraphBuilder,
  x: Value,
  start: [number, number],
  [rows = 0, columns = 0]: readonly number[],
  layer: Layer,
): Value {
  const { bias } = layer.weights;
  const [, height = 0, width = 0] = layer.output;
  const whole = graph.each('Pad', x, {}, graph.wholes('pads', 0, 0, 0, 0, 0, 0, rows, columns));
  const ends = [start[0] + height, start[1] + width];
  const given = [graph.wholes('starts', ...start), graph.wholes('ends', ...ends), graph.wholes('axes', 2, 3)];
  const y = graph.each('Slice', whole, {}, ...given);
  return bias ? graph.each('Add', y, {}, graph.channels('bias', bias.data, y)) : y;
}

function convolved(
  graph: GraphBuilder,
  x: Value,
  layer: Layer<Convolution>,
  kernel: LayerKernel,
  more: Readonly<Record<string, Attribute>>,
  bias?: Weight,
): Value {
  const { kernelSize: size, strides, padding, dilationRate, activation } = layer.arguments;
  const [[top, bottom], [left, right]] = explicitPadding(layer.input, { size, strides, padding, dilationRate });
  const window = { kernel_shape: size, strides, dilations: dilationRate, pads: [top, left, bottom, right] };
  return lowerActivation(graph, biased(graph, 'Conv', x, layer, kernel, { ...window, ...more }, bias), activation);
}

function biased(
  graph: GraphBuilder,
  op: string,
  x: Value,
  { output }: Layer,
  kernel: LayerKernel,
  attributes: Readonly<Record<string, Attribute>>,
  bias: Weight | undefined,
): Value {
  const given = graph.planar(x);
  // ONNX Runtime computes transposed convolutions in floats only.
  const levels = op === 'Conv' ? graph.levelsOf(given) : undefined;
  const name = graph.node(op, [given.name, ...lowerWeights(graph, levels, kernel, bias)], attributes);
  return { name, shape: output, planar: true };
}

/** `[height, width, a, b]` → `[b, a, height, width]`: ONNX's layout for convolutions and transposed convolutions. */
function filtersFirst(name: string, kernel: Weight | undefined): LayerKernel {
  const { data, shape } = kernel ?? EMPTY;
  const [height = 0, width = 0, a = 0, b = 0] = shape;
  const taps = height * width;
  const turned = new Float32Array(data.length);
  for (let tap = 0, from = 0; tap < taps; tap++) {
    for (let i = 0; i < a; i++) for (let j = 0; j < b; j++) turned[(j * a + i) * taps + tap] = data[from++] ?? 0;
  }
  return { name, data: turned, shape: [b, a, height, width], axis: 0 };
}

/** `[height, width, channels, multiplier]` → `[channels · multiplier, 1, height, width]`. */
function channelwise(name: string, kernel: Weight | undefined): LayerKernel {
  const { data, shape } = kernel ?? EMPTY;
  const [height = 0, width = 0, channels = 0, multiplier = 0] = shape;
  const flat = { data, shape: [height, width, 1, channels * multiplier] };
  return filtersFirst(name, flat);
}

const EMPTY: Weight = { data: new Float32Array(), shape: [0, 0, 0, 0] };

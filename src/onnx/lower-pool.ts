import { explicitPadding, type Padding } from '../stage/window.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';
import type { Attribute } from './onnx-model.ts';

interface Pool {
  readonly poolSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

export function lowerMaxPool(graph: GraphBuilder, x: Value, layer: Layer<Pool>): Value {
  return pooled(graph, 'MaxPool', x, layer);
}

export function lowerAvgPool(graph: GraphBuilder, x: Value, layer: Layer<Pool>): Value {
  return pooled(graph, 'AveragePool', x, layer, { count_include_pad: 0 });
}

export function lowerL2Pool(graph: GraphBuilder, x: Value, layer: Layer<Pool & { mean: boolean }>): Value {
  if (!layer.arguments.mean) return pooled(graph, 'LpPool', x, layer, { p: 2 });
  return graph.each('Sqrt', lowerAvgPool(graph, graph.each('Mul', x, {}, x.name), layer));
}

export function lowerGlobalAvgPool(graph: GraphBuilder, x: Value, layer: Layer): Value {
  return global(graph, 'GlobalAveragePool', x, layer);
}

export function lowerGlobalMaxPool(graph: GraphBuilder, x: Value, layer: Layer): Value {
  return global(graph, 'GlobalMaxPool', x, layer);
}

function pooled(
  graph: GraphBuilder,
  op: string,
  x: Value,
  { arguments: { poolSize: size, strides, padding }, input, output }: Layer<Pool>,
  more: Readonly<Record<string, Attribute>> = {},
): Value {
  const window = { size, strides, padding, dilationRate: [1, 1] as const };
  const [[top, bottom], [left, right]] = explicitPadding(input, window);
  const attributes = { kernel_shape: size, strides, pads: [top, left, bottom, right], ...more };
  return { name: graph.node(op, [graph.planar(x).name], attributes), shape: output, planar: true };
}

function global(graph: GraphBuilder, op: string, x: Value, { output }: Layer): Value {
  const picture = graph.node(op, [graph.planar(x).name]);
  return { name: graph.node('Flatten', [picture], { axis: 1 }), shape: output, planar: false };
}

import type { Shape } from '../stage/shape.ts';
import type { Weight } from '../stage/weights.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';

const OPERATIONS: Readonly<Record<string, string>> = {
  add: 'Add',
  subtract: 'Sub',
  multiply: 'Mul',
  divide: 'Div',
  maximum: 'Max',
  minimum: 'Min',
  power: 'Pow',
};

interface Arithmetic {
  readonly operation: string;
  readonly shape: Shape;
  readonly reversed: boolean;
}

export function lowerArithmetic(graph: GraphBuilder, given: Value, layer: Layer<Arithmetic>): Value {
  const { operation, shape, reversed } = layer.arguments;
  const { data } = layer.weights['value'] as Weight;
  const perChannel = shape.slice(0, -1).every((size) => size === 1);
  // Another constant has the layout of the input's shape, so the input must have it too.
  const x = perChannel ? given : graph.interleaved(given);
  const value = x.planar ? graph.channels('value', data, x) : graph.floats('value', data, shape);
  const names = reversed ? [value, x.name] : [x.name, value];
  return { ...x, name: graph.node(OPERATIONS[operation] ?? '', names), shape: layer.output };
}

const REDUCTIONS: Readonly<Record<string, string>> = {
  mean: 'ReduceMean',
  sum: 'ReduceSum',
  product: 'ReduceProd',
  maximum: 'ReduceMax',
  minimum: 'ReduceMin',
};

interface Reduce {
  readonly kind: string;
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export function lowerReduce(graph: GraphBuilder, given: Value, layer: Layer<Reduce>): Value {
  const { kind, axes: named, keepDims } = layer.arguments;
  const rank = given.shape.length;
  const gone = new Set(named.map((axis) => (axis < 0 ? rank + axis : axis)));
  // Of a picture in ONNX's layout, what is left has the right order if either the channels or the pixels are gone.
  const ordered = gone.has(3) || (gone.has(1) && gone.has(2));
  const x = keepDims || ordered ? given : graph.interleaved(given);
  const axes = [...gone].map((axis) => graph.axis(x, axis));
  const keepdims = keepDims ? 1 : 0;
  const op = REDUCTIONS[kind] ?? '';
  // The only one whose axes are an input in this version of the operations.
  const name =
    kind === 'sum'
      ? graph.node(op, [x.name, graph.wholes('axes', ...axes)], { keepdims })
      : graph.node(op, [x.name], { axes, keepdims });
  return { name, shape: layer.output, planar: x.planar && keepDims };
}

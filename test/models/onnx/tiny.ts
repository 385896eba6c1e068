import type { Initializer, OnnxGraph, OnnxNode, OnnxShape } from '../../../src/onnx/onnx-model.ts';
import { foreign } from './foreign.ts';

/** A node without a name, whose only output is `output`. */
export function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode['attributes'] = {},
): OnnxNode {
  return { name: '', op, inputs, outputs: [output], attributes };
}

/** A constant of floats. */
export function floats(shape: readonly number[], ...data: readonly number[]): Initializer {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => data[i % data.length] ?? 0) };
}

/** A constant list of integers. */
export function ints(...values: readonly number[]): Initializer {
  return { shape: [values.length], data: BigInt64Array.from(values, BigInt) };
}

/** A graph from `x` to `y`. */
export function tiny(
  shape: OnnxShape,
  nodes: readonly OnnxNode[],
  constants: Readonly<Record<string, Initializer>> = {},
  more: Partial<OnnxGraph> = {},
): OnnxGraph {
  return {
    name: 'tiny',
    nodes,
    initializers: new Map(Object.entries(constants)),
    inputs: { x: shape },
    outputs: { y: undefined },
    shapes: new Map(),
    ...more,
  };
}

/** A file of another program. */
export function fileOf(graph: OnnxGraph, name = 'tiny.onnx'): File {
  return new File([foreign(graph)], name);
}

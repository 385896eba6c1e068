import type { Activation } from '../stage/activations.ts';
import type { Weight } from '../stage/weights.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';
import { lowerActivation } from './lower-activation.ts';
import { lowerWeights } from './lower-weights.ts';

export function lowerDense(graph: GraphBuilder, x: Value, layer: Layer<{ activation: Activation }>): Value {
  const { kernel = EMPTY, bias } = layer.weights;
  const weights = lowerWeights(graph, graph.levelsOf(x), { ...kernel, name: 'kernel', axis: 1 }, bias);
  const name = graph.node('Gemm', [x.name, ...weights]);
  return lowerActivation(graph, { name, shape: layer.output, planar: false }, layer.arguments.activation);
}

const EMPTY: Weight = { data: new Float32Array(), shape: [0, 0] };

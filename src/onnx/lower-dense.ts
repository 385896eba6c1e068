import type { Activation } from '../stage/activations.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';
import { lowerActivation } from './lower-activation.ts';

export function lowerDense(graph: GraphBuilder, x: Value, layer: Layer<{ activation: Activation }>): Value {
  const given = ['kernel', 'bias'].flatMap((name) => {
    const weight = layer.weights[name];
    return weight ? [graph.floats(name, weight.data, weight.shape)] : [];
  });
  const name = graph.node('Gemm', [x.name, ...given]);
  return lowerActivation(graph, { name, shape: layer.output, planar: false }, layer.arguments.activation);
}

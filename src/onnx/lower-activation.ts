import type { Activation } from '../stage/activations.ts';
import { MATH_FUNCTIONS, type MathFunction } from '../stage/math-functions.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';

/** The same defaults as in `stages/activation.ts`. */
const ALPHAS: Partial<Record<Activation, number>> = { leakyRelu: 0.2, elu: 1, hardSigmoid: 0.2 };

/** Writes an activation function, of a stage of its own or inside another stage. */
export function lowerActivation(
  graph: GraphBuilder,
  x: Value,
  kind: Activation,
  alpha = ALPHAS[kind] ?? 0,
  approximate = false,
): Value {
  const times = (a: Value, b: Value | number) =>
    graph.each('Mul', a, {}, typeof b === 'number' ? graph.scalar(b) : b.name);
  const plus = (a: Value, b: number) => graph.each('Add', a, {}, graph.scalar(b));
  switch (kind) {
    case 'linear':
      return x;
    case 'relu':
      return graph.each('Relu', x);
    case 'relu6':
      return graph.each('Clip', x, {}, graph.scalar(0), graph.scalar(6));
    case 'sigmoid':
      return graph.each('Sigmoid', x);
    case 'tanh':
      return graph.each('Tanh', x);
    case 'elu':
      return graph.each('Elu', x, { alpha: { float: alpha } });
    case 'leakyRelu':
      return graph.each('LeakyRelu', x, { alpha: { float: alpha } });
    case 'hardSigmoid':
      return graph.each('HardSigmoid', x, { alpha: { float: alpha }, beta: { float: 0.5 } });
    case 'hardSwish':
      return times(graph.each('HardSigmoid', x, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }), x);
    case 'swish':
      return times(graph.each('Sigmoid', x), x);
    case 'selu':
      return graph.each('Selu', x);
    case 'softplus':
      return graph.each('Softplus', x);
    case 'softsign':
      return graph.each('Softsign', x);
    case 'mish':
      return times(graph.each('Tanh', graph.each('Softplus', x)), x);
    case 'exponential':
      return graph.each('Exp', x);
    case 'softmax':
      return graph.each('Softmax', x, { axis: graph.channelAxis(x) });
    case 'gelu': {
      // The opset has no Gelu yet. ONNX Runtime fuses these nodes into one.
      if (!approximate) return times(times(plus(graph.each('Erf', times(x, Math.SQRT1_2)), 1), x), 0.5);
      const cubic = times(plus(times(times(x, x), 0.044715), 1), x);
      return times(graph.each('Sigmoid', times(cubic, 2 * Math.sqrt(2 / Math.PI))), x);
    }
  }
}

interface ActivationArguments {
  readonly activation: Activation | MathFunction | 'clip' | 'prelu';
  readonly alpha?: number;
  readonly min?: number;
  readonly max?: number;
  readonly approximate?: boolean;
}

function isMath(kind: string): kind is MathFunction {
  return Object.hasOwn(MATH_FUNCTIONS, kind);
}

export function lowerActivationStage(graph: GraphBuilder, x: Value, layer: Layer<ActivationArguments>): Value {
  const { activation, alpha, approximate, min, max } = layer.arguments;
  if (activation === 'clip') {
    const [low, high] = [min, max].map((limit) => (limit === undefined ? '' : graph.scalar(limit)));
    return graph.each('Clip', x, {}, ...(low || high ? [low ?? ''] : []), ...(high ? [high] : []));
  }
  if (isMath(activation)) {
    return graph.each(MATH_FUNCTIONS[activation].onnx, x, {}, ...(activation === 'square' ? [x.name] : []));
  }
  if (activation !== 'prelu') return lowerActivation(graph, x, activation, alpha, approximate);
  // The slopes have the layout of the input's shape, so the input must have it too.
  const { data = new Float32Array(), shape = [] } = layer.weights['alpha'] ?? {};
  const flat = graph.interleaved(x);
  return graph.each('PRelu', flat, {}, graph.floats('alpha', data, shape));
}

interface SoftmaxArguments {
  readonly temperature: number;
  readonly axis?: number;
}

export function lowerSoftmax(graph: GraphBuilder, x: Value, layer: Layer<SoftmaxArguments>): Value {
  const { temperature, axis = -1 } = layer.arguments;
  const scaled = temperature === 1 ? x : graph.each('Div', x, {}, graph.scalar(temperature));
  return graph.each('Softmax', scaled, { axis: graph.axis(x, axis) });
}

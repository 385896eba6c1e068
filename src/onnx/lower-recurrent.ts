import type { RecurrentActivation } from '../stage/activations.ts';
import type { Weight } from '../stage/weights.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';

interface Recurrent {
  readonly units: number;
  readonly activation: RecurrentActivation;
  readonly recurrentActivation: RecurrentActivation;
  readonly returnSequences: boolean;
  readonly goBackwards: boolean;
}

const FUNCTIONS: Readonly<Record<RecurrentActivation, string>> = {
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  hardSigmoid: 'HardSigmoid',
  relu: 'Relu',
  softsign: 'Softsign',
  softplus: 'Softplus',
};

/** ONNX has the output gate in the second place, and Keras in the last. */
export function lowerLstm(graph: GraphBuilder, x: Value, layer: Layer<Recurrent>): Value {
  const { activation, recurrentActivation } = layer.arguments;
  const activations = [recurrentActivation, activation, activation];
  return lowered(graph, x, layer, 'LSTM', { gates: [0, 3, 1, 2], activations, attributes: {} });
}

export function lowerGru(graph: GraphBuilder, x: Value, layer: Layer<Recurrent & { resetAfter: boolean }>): Value {
  const { activation, recurrentActivation, resetAfter } = layer.arguments;
  const attributes = { linear_before_reset: resetAfter ? 1 : 0 };
  return lowered(graph, x, layer, 'GRU', {
    gates: [0, 1, 2],
    activations: [recurrentActivation, activation],
    attributes,
  });
}

interface Gated {
  /** The gates of Keras in ONNX's order. */
  readonly gates: readonly number[];
  readonly activations: readonly RecurrentActivation[];
  readonly attributes: Readonly<Record<string, number>>;
}

function lowered(
  graph: GraphBuilder,
  x: Value,
  { arguments: { units, returnSequences, goBackwards }, input, output, weights }: Layer<Recurrent>,
  op: string,
  { gates, activations, attributes }: Gated,
): Value {
  const [, steps = 1, inputs = 1] = input;
  const width = gates.length * units;
  /** Rows of gates, where Keras has columns: `[rows, gates · units]` → `[gates · units, rows]`. */
  const turned = (weight: Weight | undefined, rows: number) => {
    const data = new Float32Array(rows * width);
    gates.forEach((gate, place) => {
      for (let unit = 0; unit < units; unit++) {
        for (let row = 0; row < rows; row++) {
          data[(place * units + unit) * rows + row] = weight?.data[row * width + gate * units + unit] ?? 0;
        }
      }
    });
    return data;
  };
  const { kernel, recurrentKernel, bias } = weights;
  // Of two biases, the second one is added to what comes from the state.
  const parts = [0, 1].map((part) => {
    const data = bias?.data.slice(part * width, (part + 1) * width);
    return turned(data?.length === width ? { shape: [width], data } : undefined, 1);
  });
  const both = Float32Array.from([...(parts[0] ?? []), ...(parts[1] ?? [])]);
  const first = graph.node('Transpose', [x.name], { perm: [1, 0, 2] });
  const sequence = graph.node(
    op,
    [
      first,
      graph.floats('kernel', turned(kernel, inputs), [1, width, inputs]),
      graph.floats('recurrentKernel', turned(recurrentKernel, units), [1, width, units]),
      graph.floats('bias', both, [1, 2 * width]),
    ],
    {
      ...attributes,
      hidden_size: units,
      direction: goBackwards ? 'reverse' : 'forward',
      activations: activations.map((name) => FUNCTIONS[name]),
    },
  );
  // [steps, directions, batch, units], in the order of the input.
  if (!returnSequences) {
    const last = graph.wholes('last', goBackwards ? 0 : steps - 1);
    const state = graph.node('Gather', [sequence, last], { axis: 0 });
    return { name: graph.node('Reshape', [state, graph.wholes('shape', -1, units)]), shape: output, planar: false };
  }
  const plain = graph.node('Squeeze', [sequence, graph.wholes('direction', 1)]);
  const turnedBack = goBackwards
    ? graph.node('Slice', [
        plain,
        ...[
          ['begin', -1],
          ['end', -(2 ** 31)],
          ['axis', 0],
          ['step', -1],
        ].map(([name, value]) => graph.wholes(String(name), Number(value))),
      ])
    : plain;
  return { name: graph.node('Transpose', [turnedBack], { perm: [1, 0, 2] }), shape: output, planar: false };
}

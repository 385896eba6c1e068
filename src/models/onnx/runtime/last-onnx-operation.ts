import type { LastOperation } from '../../last-operation.ts';
import type { OnnxFile } from '../onnx-file.ts';

/** Operators that change neither the values nor what they mean. */
const PASSING: ReadonlySet<string> = new Set([
  ...[
    'AveragePool',
    'Cast',
    'DequantizeLinear',
    'Dropout',
    'Flatten',
    'GlobalAveragePool',
    'Identity',
    'QuantizeLinear',
    'ReduceMean',
    'Reshape',
  ],
  ...['Squeeze', 'Transpose', 'Unsqueeze'],
]);

const BY_OPERATOR: Readonly<Record<string, LastOperation>> = {
  Softmax: 'softmax',
  Sigmoid: 'sigmoid',
  HardSigmoid: 'sigmoid',
  Gemm: 'linear',
  MatMul: 'linear',
  Conv: 'linear',
};

/** @internal The last operation before an output, by the operators of the file. */
export function lastOnnxOperation({ nodes }: OnnxFile, output: string): LastOperation {
  const givers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let name: string | undefined = output;
  // A damaged file may have a circle.
  for (let steps = 0; name !== undefined && steps <= nodes.length; steps++) {
    const node = givers.get(name);
    if (!node) return 'other';
    // PyTorch writes the bias first.
    const product: string | undefined = node.inputs.find((input) => givers.get(input)?.op === 'MatMul');
    const addsBias = node.op === 'Add' && product !== undefined;
    if (!PASSING.has(node.op) && !addsBias)
      return Object.hasOwn(BY_OPERATOR, node.op) ? (BY_OPERATOR[node.op] ?? 'other') : 'other';
    name = addsBias ? product : node.inputs[0];
  }
  return 'other';
}

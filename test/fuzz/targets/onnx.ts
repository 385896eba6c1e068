import { onnxModel, type AnyStage } from 'sluice';
import type { OnnxGraph } from '../../../src/onnx/onnx-model.ts';
import { foreign } from '../../models/onnx/foreign.ts';
import { RandomGraph } from '../../models/onnx/random-graph.ts';
import { randomFrom } from '../../support/random.ts';
import type { FuzzTarget } from '../target.ts';

const quietly = { onWarning: () => undefined };

/** Files of known operators, one of them with weights in another file. */
export const onnx: FuzzTarget = {
  seeds: () => {
    const graphs = [1, 2, 3, 4].map((seed) => new RandomGraph(randomFrom(seed), 8).finish());
    return [...graphs.map((graph) => ({ 'model.onnx': foreign(graph) })), withExternalData()];
  },
  async read(input) {
    const files = Object.entries(input).map(([name, bytes]) => new File([bytes as Uint8Array<ArrayBuffer>], name));
    const net = await onnxModel(files, quietly);
    const { inputShape = [] } = net as AnyStage;
    net.outputShape(inputShape);
  },
};

function withExternalData(): { 'model.onnx': Uint8Array; w: Uint8Array } {
  const weights = Float32Array.from({ length: 400 }, (_, i) => i / 400);
  const graph: OnnxGraph = {
    name: 'beside',
    nodes: [{ name: 'mul', op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'], attributes: {} }],
    initializers: new Map([['w', { shape: [20, 20], data: weights }]]),
    inputs: { x: [1, 20] },
    outputs: { y: undefined },
    shapes: new Map(),
  };
  const beside = new Map<string, Uint8Array>();
  return { 'model.onnx': foreign(graph, beside), w: beside.get('w') ?? new Uint8Array() };
}

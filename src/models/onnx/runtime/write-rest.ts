import type { OnnxGraph } from '../../../onnx/onnx-model.ts';
import { nodeMessage, valueInfo } from '../../../onnx/onnx-model.ts';
import { field, joined, message, text, varint, type Message } from '../../../onnx/protobuf.ts';
import type { Shape } from '../../../stage/shape.ts';
import { asBytes, type OnnxFile } from '../onnx-file.ts';
import { readFields } from '../read-fields.ts';
import type { RestOfGraph } from './rest-of-graph.ts';
import { readTensor, type StoredTensor } from '../stored-tensor.ts';
import { FLOAT } from './value-types.ts';

/** @internal A value that the rest of a graph takes. */
export interface RestInput {
  readonly name: string;
  readonly shape: Shape;
  /** ONNX's number for its type inside the graph. It comes in single precision. */
  readonly type: number;
}

/** @internal What is written of a graph. */
export interface WrittenRest extends Pick<RestOfGraph, 'nodes' | 'outputs'> {
  readonly inputs: readonly RestInput[];
  /** Weights that are not in the file. */
  readonly constants: readonly StoredTensor[];
}

/** The first version of the format in which a weight need not be listed as an input. */
const IR_VERSION = 4;

/**
 * @internal Writes a part of an ONNX file as a file of its own: its nodes and weights as they are stored, and new inputs and outputs,
 * all in single precision. `inputs` and `outputs` are called `in0`, `in1` … and `out0`, `out1` … in it.
 */
export function writeRest(
  file: string,
  main: Uint8Array,
  graph: OnnxFile,
  { nodes, constants, inputs, outputs }: WrittenRest,
): Uint8Array {
  const taken = new Set([...nodes].flatMap(({ inputs: own, captured = [] }) => [...own, ...captured]));
  const kept: Message[] = [];
  let number = 0;
  const visitGraph = (id: number, value: number | Uint8Array) => {
    if (id === 1) {
      const node = graph.nodes[number++];
      if (node && nodes.has(node)) kept.push(field(1, [asBytes(file, value)]));
    } else if (id === 5 && taken.has(readTensor(file, asBytes(file, value)).name)) {
      kept.push(field(5, [asBytes(file, value)]));
    } else if (id === 15) kept.push(field(15, [asBytes(file, value)]));
  };
  const model: Message[] = [];
  readFields(file, main, (id, value) => {
    if (id === 1) model.push(varint(1, Math.max(IR_VERSION, Number(value))));
    // The versions of the operators, and functions that nodes call.
    else if (id === 8 || id === 25) model.push(field(id, [asBytes(file, value)]));
    else if (id === 7) readFields(file, asBytes(file, value), visitGraph);
  });
  const content = [
    text(2, 'rest'),
    ...inputs.map(({ name, type }, i) => field(1, cast(`in${i}`, name, type))),
    ...kept,
    ...constants.map((constant) => field(5, tensorMessage(constant))),
    ...outputs.map((name, i) => field(1, cast(name, `out${i}`, FLOAT))),
    ...inputs.map(({ shape }, i) => field(11, valueInfo(`in${i}`, shape))),
    ...outputs.map((_, i) => field(12, valueInfo(`out${i}`, undefined))),
  ];
  return joined([...model.flat(), ...field(7, content.flat())]);
}

function tensorMessage({ name, shape, type, raw }: StoredTensor): Message {
  return message(...shape.map((size) => varint(1, size)), varint(2, type), text(8, name), field(9, raw ? [raw] : []));
}

function cast(from: string, to: string, type: number): Message {
  const node: OnnxGraph['nodes'][number] = {
    name: `sluice:${to}`,
    op: 'Cast',
    inputs: [from],
    outputs: [to],
    attributes: { to: type },
  };
  return nodeMessage(node);
}

import { nodeMessage, valueInfo, type OnnxGraph } from '../../../onnx/onnx-model.ts';
import { field, joined, message, text, varint, type Message } from '../../../onnx/protobuf.ts';
import type { Shape } from '../../../stage/shape.ts';
import { asBytes, pairOf } from '../field-values.ts';
import type { OnnxFile } from '../onnx-file.ts';
import { readFields } from '../read-fields.ts';
import type { RestOfGraph } from './rest-of-graph.ts';
import { readTensor, type StoredTensor } from '../stored-tensor.ts';
import { FLOAT } from './value-types.ts';

/** @internal A value that the rest of a graph takes. */
export interface RestInput {
  readonly name: string;
  /** Undefined where it may have any. */
  readonly shape: Shape | undefined;
  /** ONNX's number for its type inside the graph. It comes in single precision. */
  readonly type: number;
}

/** @internal What is written of a graph. */
export interface WrittenRest extends Pick<RestOfGraph, 'nodes' | 'outputs'> {
  readonly inputs: readonly RestInput[];
  /** Weights that are not in the file. */
  readonly constants: readonly StoredTensor[];
  /** What the names of the inputs and outputs begin with. No other value has such a name. */
  readonly prefix: string;
}

/** The first version of the format in which a weight need not be listed as an input. */
const IR_VERSION = 4;

/**
 * @internal Writes a part of an ONNX file as a file of its own: its nodes and weights as they are stored, and new inputs and outputs,
 * all in single precision. `inputs` and `outputs` are called `in0`, `in1` … and `out0`, `out1` … in it, behind the prefix.
 */
export function writeRest(
  file: string,
  main: Uint8Array,
  graph: OnnxFile,
  { nodes, constants, inputs, outputs, prefix }: WrittenRest,
): Uint8Array {
  const taken = new Set([...nodes].flatMap(({ inputs: own, captured = [] }) => [...own, ...captured]));
  const kept: Message[] = [];
  let number = 0;
  const visitGraph = (id: number, value: number | Uint8Array) => {
    if (id === 1) {
      const node = graph.nodes[number++];
      if (node && nodes.has(node)) kept.push(field(1, [asBytes(file, value)]));
    } else if (id === 5) {
      const tensor = readTensor(file, asBytes(file, value));
      if (taken.has(tensor.name)) kept.push(field(5, storedTensor(file, asBytes(file, value), tensor)));
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
    ...inputs.map(({ name, type }, i) => field(1, cast(`${prefix}in${i}`, name, type))),
    ...kept,
    ...constants.map((constant) => field(5, tensorMessage(constant))),
    ...outputs.map((name, i) => field(1, cast(name, `${prefix}out${i}`, FLOAT))),
    ...inputs.map(({ shape }, i) => field(11, valueInfo(`${prefix}in${i}`, shape))),
    ...outputs.map((_, i) => field(12, valueInfo(`${prefix}out${i}`, undefined))),
  ];
  return joined([...model.flat(), ...field(7, content.flat())]);
}

/** @internal The path of a file with weights, as ONNX Runtime knows it: without `./`. */
export function plainPath(location: string): string {
  return location.replace(/^(\.\/)+/, '');
}

/** A weight as it is stored; if it is in another file, with the plain path of that. */
function storedTensor(file: string, bytes: Uint8Array, { external }: StoredTensor): Message {
  if (!external || plainPath(external.location) === external.location) return [bytes];
  const fields: Message[] = [];
  readFields(file, bytes, (id, value) => {
    if (typeof value === 'number') fields.push(varint(id, value));
    else if (id === 13 && pairOf(file, value)[0] === 'location') {
      fields.push(field(13, message(text(1, 'location'), text(2, plainPath(external.location)))));
    } else fields.push(field(id, [value]));
  });
  return fields.flat();
}

/** @internal A beginning that no name of a graph has. */
export function freePrefix({ nodes, initializers, inputs }: OnnxFile): string {
  const names = [
    ...nodes.flatMap(({ name, inputs: own, outputs, captured = [] }) => [name, ...own, ...outputs, ...captured]),
    ...initializers.keys(),
    ...inputs.map(({ name }) => name),
  ];
  let prefix = 'sluice:';
  while (names.some((name) => name.startsWith(prefix))) prefix += ':';
  return prefix;
}

function tensorMessage({ name, shape, type, raw }: StoredTensor): Message {
  return message(...shape.map((size) => varint(1, size)), varint(2, type), text(8, name), field(9, raw ? [raw] : []));
}

function cast(from: string, to: string, type: number): Message {
  const node: OnnxGraph['nodes'][number] = {
    name: to,
    op: 'Cast',
    inputs: [from],
    outputs: [to],
    attributes: { to: type },
  };
  return nodeMessage(node);
}

import type { Shape } from '../stage/shape.ts';
import { field, float, message, text, varint, type Message } from './protobuf.ts';

// The format is https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3; names are those used there.

/** A node's attribute. A number is an integer unless it is given as `{ float }`. */
export type Attribute = number | string | readonly number[] | readonly string[] | { readonly float: number };

/** An operation of a graph. */
export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** In the operation's order. '' stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant of a graph. */
export interface Initializer {
  readonly shape: Shape;
  /** Single precision, or integers of 64, 32 or 8 bits. */
  readonly data: Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;
}

/** A value's shape. A string names a size that is only known when the graph runs. */
export type OnnxShape = readonly (number | string)[];

/** A graph. All its inputs and outputs have single precision, except for an input of bytes. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly inputs: Readonly<Record<string, OnnxShape>>;
  /** Whether the inputs are bytes. Default false. */
  readonly takesBytes?: boolean;
  /** The shape is undefined where it follows from the operations. */
  readonly outputs: Readonly<Record<string, OnnxShape | undefined>>;
  /** The shapes of values inside the graph. */
  readonly shapes: ReadonlyMap<string, OnnxShape>;
  /** The version of the operations. Default 17. */
  readonly opset?: number;
  /** Texts stored in the model, by name. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Versions of the format and of the operations that ONNX Runtime 1.12 (2022) and later, and most other tools, support. */
const IR_VERSION = 8;
const OPSET = 17;

/** ONNX's number for the data type of single precision. */
export const FLOAT = 1;
const BYTE = 2;

/** ONNX's numbers for the data types of constants. */
const TYPES: Readonly<Record<string, number>> = {
  Float32Array: FLOAT,
  Uint8Array: BYTE,
  Int8Array: 3,
  Int32Array: 6,
  BigInt64Array: 7,
};

/** Constants that are not in the model, but given to ONNX Runtime separately as external data. */
export type Beside = Map<string, Uint8Array>;

/** Constants of fewer bytes stay in the model: ONNX Runtime needs their values while it infers shapes. */
const SMALL = 1024;

/**
 * The graph as an ONNX model in protobuf. Large constants are put into `beside`, if it is given, instead of the model, which
 * cannot be larger than 2 GB.
 *
 * @see {@link readModel}, {@link writeOnnx}
 */
export function writeModel(graph: OnnxGraph, beside?: Beside): Message {
  const { name, nodes, initializers, inputs, outputs, shapes, opset = OPSET, metadata = {} } = graph;
  const given = graph.takesBytes ? BYTE : FLOAT;
  const content = message(
    ...nodes.map((node) => field(1, nodeMessage(node))),
    text(2, name),
    ...[...initializers].map(([called, value]) => field(5, tensorMessage(called, value, beside))),
    ...Object.entries(inputs).map(([called, shape]) => field(11, valueInfo(called, shape, given))),
    ...Object.entries(outputs).map(([called, shape]) => field(12, valueInfo(called, shape))),
    ...[...shapes].map(([called, shape]) => field(13, valueInfo(called, shape))),
  );
  return message(
    varint(1, IR_VERSION),
    text(2, 'sluice'),
    field(7, content),
    field(8, message(text(1, ''), varint(2, opset))),
    ...Object.entries(metadata).map((entry) => field(14, pairMessage(...entry))),
  );
}

/** @internal A node. */
export function nodeMessage({ name, op, inputs, outputs, attributes }: OnnxNode): Message {
  return message(
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, name),
    text(4, op),
    ...Object.entries(attributes).map(([called, value]) => field(5, attributeMessage(called, value))),
  );
}

function attributeMessage(name: string, value: Attribute): Message {
  const [FLOAT_KIND, INT_KIND, STRING_KIND, INTS_KIND, STRINGS_KIND] = [1, 2, 3, 7, 8];
  if (typeof value === 'number') return message(text(1, name), varint(3, value), varint(20, INT_KIND));
  if (typeof value === 'string') return message(text(1, name), text(4, value), varint(20, STRING_KIND));
  if ('float' in value) return message(text(1, name), float(2, value.float), varint(20, FLOAT_KIND));
  const isTexts = value.some((item) => typeof item === 'string');
  const items = value.map((item) => (typeof item === 'string' ? text(9, item) : varint(8, item)));
  return message(text(1, name), ...items, varint(20, isTexts ? STRINGS_KIND : INTS_KIND));
}

function tensorMessage(name: string, { shape, data }: Initializer, beside: Beside | undefined): Message {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const head = message(
    ...shape.map((size) => varint(1, size)),
    varint(2, TYPES[data[Symbol.toStringTag]] ?? FLOAT),
    text(8, name),
  );
  if (!beside || bytes.length < SMALL) return message(head, field(9, [bytes]));
  beside.set(name, bytes);
  const where = { location: name, offset: '0', length: String(bytes.length) };
  const EXTERNAL = 1;
  return message(head, ...Object.entries(where).map((entry) => field(13, pairMessage(...entry))), varint(14, EXTERNAL));
}

/** @internal An input, an output or another value with its type. */
export function valueInfo(name: string, shape: OnnxShape | undefined, type = FLOAT): Message {
  const sizes = shape?.map((size) => field(1, typeof size === 'number' ? varint(1, size) : text(2, size)));
  const tensor = message(varint(1, type), ...(sizes ? [field(2, message(...sizes))] : []));
  return message(text(1, name), field(2, field(1, tensor)));
}

function pairMessage(key: string, value: string): Message {
  return message(text(1, key), text(2, value));
}

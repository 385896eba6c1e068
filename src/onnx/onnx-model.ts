import type { Shape } from '../stage/shape.ts';
import { field, float, message, text, varint, type Message } from './protobuf.ts';

// ONNX's own names: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3

/** A node's attribute; a number is a whole one unless it is said to be a `float`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** An operation of a graph. */
export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** In the operation's order; '' is one left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Numbers that are part of a graph. */
export interface Initializer {
  readonly shape: Shape;
  /** Single precision, or whole numbers of 64 bits. */
  readonly data: Float32Array | BigInt64Array;
}

/** A value's shape; a name is a size that is known when the graph runs. */
export type OnnxShape = readonly (number | string)[];

/** A graph: all its values are of single precision, but for an input of bytes. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly inputs: Readonly<Record<string, OnnxShape>>;
  /** Whether what goes in are bytes. */
  readonly takesBytes?: boolean;
  /** Without a shape, it is what comes out. */
  readonly outputs: Readonly<Record<string, OnnxShape | undefined>>;
  /** Shapes of values in between. */
  readonly shapes: ReadonlyMap<string, OnnxShape>;
  /** The version of the operations; default 17. */
  readonly opset?: number;
  /** Facts of one's own. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The versions of format and operations that ONNX Runtime 1.12 (2022) and all later ones know, and other tools do, too. */
const IR_VERSION = 8;
const OPSET = 17;

/** Single precision. */
export const FLOAT = 1;
const BYTE = 2;
const INT64 = 7;

/** Numbers that are left out of a model and handed to the runtime beside it, as files that it need not read. */
export type Beside = Map<string, Uint8Array>;

/** Under this a number's place is in the model: the runtime wants to know them while it works out shapes. */
const SMALL = 1024;

/**
 * The graph as ONNX's protobuf. Large initializers go into `beside`, where that is given, instead of into the model, which
 * can't be over 2 GB.
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

function nodeMessage({ name, op, inputs, outputs, attributes }: OnnxNode): Message {
  return message(
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, name),
    text(4, op),
    ...Object.entries(attributes).map(([called, value]) => field(5, attributeMessage(called, value))),
  );
}

function attributeMessage(name: string, value: Attribute): Message {
  const [FLOAT_KIND, INT_KIND, STRING_KIND, INTS_KIND] = [1, 2, 3, 7];
  if (typeof value === 'number') return message(text(1, name), varint(3, value), varint(20, INT_KIND));
  if (typeof value === 'string') return message(text(1, name), text(4, value), varint(20, STRING_KIND));
  if ('float' in value) return message(text(1, name), float(2, value.float), varint(20, FLOAT_KIND));
  return message(text(1, name), ...value.map((item) => varint(8, item)), varint(20, INTS_KIND));
}

function tensorMessage(name: string, { shape, data }: Initializer, beside: Beside | undefined): Message {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const head = message(
    ...shape.map((size) => varint(1, size)),
    varint(2, data instanceof Float32Array ? FLOAT : INT64),
    text(8, name),
  );
  if (!beside || bytes.length < SMALL) return message(head, field(9, [bytes]));
  beside.set(name, bytes);
  const where = { location: name, offset: '0', length: String(bytes.length) };
  const EXTERNAL = 1;
  return message(head, ...Object.entries(where).map((entry) => field(13, pairMessage(...entry))), varint(14, EXTERNAL));
}

function valueInfo(name: string, shape: OnnxShape | undefined, type = FLOAT): Message {
  const sizes = shape?.map((size) => field(1, typeof size === 'number' ? varint(1, size) : text(2, size)));
  const tensor = message(varint(1, type), ...(sizes ? [field(2, message(...sizes))] : []));
  return message(text(1, name), field(2, field(1, tensor)));
}

function pairMessage(key: string, value: string): Message {
  return message(text(1, key), text(2, value));
}

// Just enough of ONNX's protobuf (onnx.proto3) for a graph of one operation.

export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface OneNode {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** What comes in, by name, in the operation's order; '' is an input left out. */
  readonly inputs: readonly string[];
  /** Of those that are fixed. */
  readonly initializers?: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;
  /** Of those that are given when it runs. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly opset?: number;
}

/** A model of one node, whose output is `y`. */
export function writeOnnx({ op, attributes = {}, inputs, initializers = {}, shapes, opset = 20 }: OneNode): Uint8Array {
  const node = message(
    ...inputs.map((name) => text(1, name)),
    text(2, 'y'),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
  );
  const graph = message(
    field(1, node),
    text(2, op),
    ...Object.entries(initializers).map(([name, { shape, data }]) =>
      field(
        5,
        message(
          ...shape.map((size) => varint(1, size)),
          varint(2, 1),
          text(8, name),
          field(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
        ),
      ),
    ),
    ...Object.entries(shapes).map(([name, shape]) => field(11, valueInfo(name, shape))),
    field(12, valueInfo('y', undefined)),
  );
  return message(varint(1, 9), field(7, graph), field(8, message(text(1, ''), varint(2, opset))));
}

function valueInfo(name: string, shape: readonly number[] | undefined): Uint8Array {
  const dimensions = shape ? [field(2, message(...shape.map((size) => field(1, message(varint(1, size))))))] : [];
  return message(text(1, name), field(2, message(field(1, message(varint(1, 1), ...dimensions)))));
}

const FLOAT = 1;
const INT = 2;
const STRING = 3;
const INTS = 7;

function attribute(name: string, value: Attribute): Uint8Array {
  if (typeof value === 'number') return message(text(1, name), varint(3, value), varint(20, INT));
  if (typeof value === 'string') return message(text(1, name), text(4, value), varint(20, STRING));
  if (!('float' in value)) return message(text(1, name), ...value.map((item) => varint(8, item)), varint(20, INTS));
  const bytes = new Uint8Array(Float32Array.of(value.float).buffer);
  return message(text(1, name), new Uint8Array([(2 << 3) | 5, ...bytes]), varint(20, FLOAT));
}

function message(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function varint(id: number, value: number): Uint8Array {
  return new Uint8Array([...digits(id << 3), ...digits(value)]);
}

function field(id: number, content: Uint8Array): Uint8Array {
  return message(new Uint8Array([...digits((id << 3) | 2), ...digits(content.length)]), content);
}

function text(id: number, content: string): Uint8Array {
  return field(id, new TextEncoder().encode(content));
}

/** Seven bits a byte, lowest first; the others say whether more follow. */
function digits(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

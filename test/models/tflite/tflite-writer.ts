import { Builder } from 'flatbuffers';

/** TFLite's numbers of operators, from the enum BuiltinOperator of its schema. */
const CODES: Readonly<Record<string, number>> = {
  ...{
    ADD: 0,
    AVERAGE_POOL_2D: 1,
    CONCATENATION: 2,
    CONV_2D: 3,
    DEPTHWISE_CONV_2D: 4,
    DEPTH_TO_SPACE: 5,
    DEQUANTIZE: 6,
  },
  ...{
    FULLY_CONNECTED: 9,
    L2_NORMALIZATION: 11,
    LOCAL_RESPONSE_NORMALIZATION: 13,
    LOGISTIC: 14,
    LSTM: 16,
    MAX_POOL_2D: 17,
  },
  ...{
    MUL: 18,
    RELU: 19,
    RELU_N1_TO_1: 20,
    RELU6: 21,
    RESHAPE: 22,
    RESIZE_BILINEAR: 23,
    SOFTMAX: 25,
    SPACE_TO_DEPTH: 26,
  },
  ...{ TANH: 28, PAD: 34, GATHER: 36, BATCH_TO_SPACE_ND: 37, SPACE_TO_BATCH_ND: 38, TRANSPOSE: 39, MEAN: 40, SUB: 41 },
  ...{ DIV: 42, SQUEEZE: 43, STRIDED_SLICE: 45, EXP: 47, SPLIT: 49, LOG_SOFTMAX: 50, CAST: 53, PRELU: 54, MAXIMUM: 55 },
  ...{
    ARG_MAX: 56,
    MINIMUM: 57,
    NEG: 59,
    PADV2: 60,
    SLICE: 65,
    SIN: 66,
    TRANSPOSE_CONV: 67,
    TILE: 69,
    EXPAND_DIMS: 70,
  },
  ...{
    LOG: 73,
    SUM: 74,
    SQRT: 75,
    RSQRT: 76,
    SHAPE: 77,
    POW: 78,
    REDUCE_MAX: 82,
    PACK: 83,
    UNPACK: 88,
    REDUCE_MIN: 89,
  },
  ...{ SQUARE: 92, FILL: 94, RESIZE_NEAREST_NEIGHBOR: 97, LEAKY_RELU: 98, SQUARED_DIFFERENCE: 99, MIRROR_PAD: 100 },
  ...{
    ABS: 101,
    SPLIT_V: 102,
    ELU: 111,
    QUANTIZE: 114,
    HARD_SWISH: 117,
    BATCH_MATMUL: 126,
    BROADCAST_TO: 130,
    GELU: 150,
  },
  ...{ RELU_0_TO_1: 152 },
};
const CUSTOM = 32;

/** TFLite's numbers for the options of operators, from the union BuiltinOptions of its schema. */
const OPTIONS: Readonly<Record<string, number>> = {
  ...{ CONV_2D: 1, DEPTHWISE_CONV_2D: 2, AVERAGE_POOL_2D: 5, MAX_POOL_2D: 5, FULLY_CONNECTED: 8, SOFTMAX: 9 },
  ...{ CONCATENATION: 10, ADD: 11, L2_NORMALIZATION: 12, LOCAL_RESPONSE_NORMALIZATION: 13, LSTM: 14 },
  ...{ RESIZE_BILINEAR: 15, RESHAPE: 17, SPACE_TO_DEPTH: 19, MUL: 21, GATHER: 23 },
  ...{ MEAN: 27, SUM: 27, REDUCE_MAX: 27, REDUCE_MIN: 27, SUB: 28, DIV: 29, SQUEEZE: 30, STRIDED_SLICE: 32, SPLIT: 35 },
  ...{ CAST: 37, ARG_MAX: 40, TRANSPOSE_CONV: 49, SHAPE: 55, PACK: 59, UNPACK: 64, RESIZE_NEAREST_NEIGHBOR: 74 },
  ...{ LEAKY_RELU: 75, MIRROR_PAD: 77, SPLIT_V: 79, DEPTH_TO_SPACE: 94, BATCH_MATMUL: 101, GELU: 116 },
};

const TYPES = { float32: 0, float16: 1, int32: 2, uint8: 3, int64: 4, int16: 7, int8: 9, int4: 17 } as const;

/** A field of an operator's options, in the order of its table in the schema. */
export type Field =
  | { readonly byte: number }
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] };

/** How a tensor is declared besides its shape. */
export interface Told {
  readonly name?: string;
  readonly type?: keyof typeof TYPES;
  readonly scales?: readonly number[];
  readonly zeros?: readonly number[];
  readonly dimension?: number;
  /** −1 for sizes that are left open. */
  readonly signature?: readonly number[];
  readonly sparse?: boolean;
}

interface Declared extends Told {
  readonly shape: readonly number[];
  readonly data?: Uint8Array;
}

interface Operator {
  readonly op: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: readonly Field[];
  readonly custom?: Uint8Array;
}

type Numbers = Float32Array | Int32Array | Int8Array | Uint8Array | Uint16Array | BigInt64Array;

/** Writes TFLite files as TensorFlow's schema has them. A tensor is a number. */
export class TfliteWriter {
  readonly #tensors: Declared[] = [];
  readonly #operators: Operator[] = [];
  readonly #inputs: number[] = [];

  input(shape: readonly number[], told: Told = {}): number {
    const tensor = this.#tensor({ name: 'image', ...told, shape });
    this.#inputs.push(tensor);
    return tensor;
  }

  constant(shape: readonly number[], values: Numbers, told: Told = {}): number {
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return this.#tensor({ ...told, shape, data });
  }

  /** A list of whole numbers: a shape, axes. */
  ints(...values: readonly number[]): number {
    return this.constant([values.length], Int32Array.from(values), { type: 'int32' });
  }

  /** An operator of one output. */
  op(
    op: string,
    inputs: readonly number[],
    shape: readonly number[],
    options: readonly Field[] = [],
    told: Told = {},
  ): number {
    return this.ops(op, inputs, [shape], options, told)[0] as number;
  }

  /** An operator of several outputs. */
  ops(
    op: string,
    inputs: readonly number[],
    shapes: readonly (readonly number[])[],
    options: readonly Field[] = [],
    told: Told & { readonly custom?: Uint8Array } = {},
  ): number[] {
    const { custom, ...others } = told;
    const outputs = shapes.map((shape, i) => {
      const name = `${others.name ?? `${op.toLowerCase()}${this.#operators.length}`}${i > 0 ? `:${i}` : ''}`;
      return this.#tensor({ ...others, name, shape });
    });
    this.#operators.push({ op, inputs, outputs, options, ...(custom ? { custom } : {}) });
    return outputs;
  }

  #tensor(declared: Declared): number {
    return this.#tensors.push({ name: `tensor${this.#tensors.length}`, ...declared }) - 1;
  }

  /** The file. */
  finish(
    outputs: readonly number[],
    { metadata = undefined as Uint8Array | undefined, version = 3 } = {},
  ): Uint8Array<ArrayBuffer> {
    const b = new Builder(1024);
    const ints = (values: readonly number[]) => list(b, 4, values, (value) => b.addInt32(value));
    const offsets = (values: readonly number[]) => list(b, 4, values, (value) => b.addOffset(value));
    const bytes = (values: Uint8Array) => b.createByteVector(values);
    const kinds = [...new Set(this.#operators.map(({ op }) => op))];
    const datas = [
      undefined,
      ...this.#tensors.flatMap(({ data }) => (data ? [data] : [])),
      ...(metadata ? [metadata] : []),
    ];
    const buffers = datas.map((data) => {
      const at = data && bytes(data);
      b.startObject(3);
      if (at !== undefined) b.addFieldOffset(0, at, 0);
      return b.endObject();
    });
    let buffer = 0;
    const tensors = this.#tensors.map((declared) => {
      const { name = '', shape, type = 'float32', data, scales, zeros = [], dimension = 0, signature } = declared;
      const quantization = scales && this.#quantization(b, scales, zeros, dimension);
      const sparsity = declared.sparse ? (b.startObject(3), b.endObject()) : undefined;
      const [sizes, text] = [ints(shape), b.createString(name)];
      const open = signature && ints(signature);
      b.startObject(11);
      b.addFieldOffset(0, sizes, 0);
      b.addFieldInt8(1, TYPES[type], 0);
      b.addFieldInt32(2, data ? ++buffer : 0, 0);
      b.addFieldOffset(3, text, 0);
      if (quantization !== undefined) b.addFieldOffset(4, quantization, 0);
      if (sparsity !== undefined) b.addFieldOffset(6, sparsity, 0);
      if (open !== undefined) b.addFieldOffset(7, open, 0);
      return b.endObject();
    });
    const operators = this.#operators.map(({ op, inputs, outputs: given, options, custom }) => {
      const [takes, gives] = [ints(inputs), ints(given)];
      const lists = options.map((field) => ('ints' in field ? ints(field.ints) : 0));
      b.startObject(options.length);
      options.forEach((field, i) => {
        if ('byte' in field) b.addFieldInt8(i, field.byte, 0);
        // Written also where it is 0, because the schema's default may be 1.
        else if ('int' in field) b.addFieldInt32(i, field.int, null);
        else if ('float' in field) b.addFieldFloat32(i, field.float, 0);
        else b.addFieldOffset(i, lists[i] ?? 0, 0);
      });
      const told = b.endObject();
      const own = custom && bytes(custom);
      b.startObject(6);
      b.addFieldInt32(0, kinds.indexOf(op), 0);
      b.addFieldOffset(1, takes, 0);
      b.addFieldOffset(2, gives, 0);
      b.addFieldInt8(3, OPTIONS[op] ?? 0, 0);
      if (OPTIONS[op] !== undefined) b.addFieldOffset(4, told, 0);
      if (own !== undefined) b.addFieldOffset(5, own, 0);
      return b.endObject();
    });
    const parts = [offsets(tensors), ints(this.#inputs), ints(outputs), offsets(operators), b.createString('main')];
    b.startObject(5);
    parts.forEach((part, i) => b.addFieldOffset(i, part, 0));
    const graph = b.endObject();
    const codes = kinds.map((op) => {
      const code = CODES[op] ?? CUSTOM;
      const name = code === CUSTOM ? b.createString(op) : 0;
      b.startObject(4);
      b.addFieldInt8(0, Math.min(127, code), 0);
      if (name !== 0) b.addFieldOffset(1, name, 0);
      b.addFieldInt32(3, code, 0);
      return b.endObject();
    });
    const [codeList, graphList, bufferList] = [offsets(codes), offsets([graph]), offsets(buffers)];
    const entries = metadata && offsets([this.#metadata(b, buffers.length - 1)]);
    b.startObject(7);
    b.addFieldInt32(0, version, 0);
    b.addFieldOffset(1, codeList, 0);
    b.addFieldOffset(2, graphList, 0);
    b.addFieldOffset(4, bufferList, 0);
    if (entries !== undefined) b.addFieldOffset(6, entries, 0);
    b.finish(b.endObject(), 'TFL3');
    return new Uint8Array(b.asUint8Array());
  }

  #quantization(b: Builder, scales: readonly number[], zeros: readonly number[], dimension: number): number {
    const scale = list(b, 4, scales, (value) => b.addFloat32(value));
    const zero = list(b, 8, zeros, (value) => b.addInt64(BigInt(value)));
    b.startObject(7);
    b.addFieldOffset(2, scale, 0);
    b.addFieldOffset(3, zero, 0);
    b.addFieldInt32(6, dimension, 0);
    return b.endObject();
  }

  #metadata(b: Builder, buffer: number): number {
    const name = b.createString('TFLITE_METADATA');
    b.startObject(2);
    b.addFieldOffset(0, name, 0);
    b.addFieldInt32(1, buffer, 0);
    return b.endObject();
  }
}

/** A list, which FlatBuffers writes from its end. */
export function list<T>(b: Builder, size: number, values: readonly T[], add: (value: T) => void): number {
  b.startVector(size, values.length, size);
  for (const value of values.toReversed()) add(value);
  return b.endVector();
}

import { ByteBuffer } from 'flatbuffers';
import { WeightsError } from '../../errors/errors.ts';
import { describeShape, type Shape } from '../../stage/shape.ts';
import { MAX_LAYERS, MAX_RANK, MAX_WEIGHTS } from '../limits.ts';
import { damaged, rootTable, type FlatTable } from './flat-table.ts';
import { CUSTOM, operatorName } from './operator-names.ts';

// The tables of https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs, as far as they
// are needed. No weight is copied.

/** @internal How whole numbers stand for real ones: scale · (q − zero). */
export interface Quantization {
  readonly scales: readonly number[];
  readonly zeros: readonly number[];
  /** The dimension along which there is one scale for each place, where there are several. */
  readonly dimension: number;
}

/** @internal A value of the graph, known or computed. */
export interface TfliteTensor {
  readonly name: string;
  readonly shape: Shape;
  /** The shape with −1 for sizes that are left open. */
  readonly open: readonly number[];
  /** TFLite's number for the type of the values. */
  readonly type: number;
  /** The bytes of a constant; undefined for what is computed. */
  readonly data: Uint8Array | undefined;
  readonly quantization: Quantization | undefined;
  /** Whether a constant is stored in a form that is not supported, and which. */
  readonly storage: string | undefined;
}

/** @internal An operation of the graph. */
export interface TfliteOperator {
  /** Its place in the file. */
  readonly index: number;
  readonly op: string;
  /** The numbers of tensors; −1 for an optional one that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: FlatTable | undefined;
  /** The options of an operator that is not TFLite's own. */
  readonly customOptions: Uint8Array;
}

/** @internal What a TFLite file contains. */
export interface TfliteFile {
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** What is stored besides the graph, by name. */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
}

/** Above this, the old field for the number of an operator holds no more. */
const OLD_CODES = 127;

/** @internal Reads a TFLite file. Throws `WeightsError`. */
export function readTfliteFile(file: string, bytes: Uint8Array): TfliteFile {
  const model = rootTable(file, new ByteBuffer(bytes));
  if (model.uint(0) !== 3) throw new WeightsError(`${file} has version ${model.uint(0)} of TFLite's schema, not 3`);
  const codes = model.tables(1, MAX_LAYERS, 'kinds of operators').map((code) => {
    const number = Math.max(code.byte(0) === OLD_CODES ? 0 : code.byte(0), code.int(3));
    return number === CUSTOM ? code.text(1) || 'CUSTOM' : operatorName(number);
  });
  const [graph] = model.tables(2, MAX_LAYERS, 'graphs');
  if (!graph) throw damaged(file, 'no graph');
  const buffers = model.tables(4, MAX_WEIGHTS, 'weights').map((buffer) => dataOf(file, bytes, buffer));
  const tensors = graph.tables(0, MAX_WEIGHTS, 'values').map((tensor) => tensorOf(file, tensor, buffers));
  const numbers = (list: readonly number[], least = 0) => {
    if (list.every((number) => number >= least && number < tensors.length)) return list;
    throw damaged(file, 'an operator that takes a value that does not exist');
  };
  const operators = graph.tables(3, MAX_WEIGHTS, 'operators').map((operator, index): TfliteOperator => {
    const op = codes[operator.uint(0)];
    if (op === undefined) throw damaged(file, 'an operator of a kind that does not exist');
    const [inputs, outputs] = [numbers(operator.ints(1), -1), numbers(operator.ints(2))];
    return { index, op, inputs, outputs, options: operator.table(4), customOptions: operator.bytes(5) };
  });
  const metadata = model.tables(6, 1000, 'entries of metadata').map((entry) => {
    return [entry.text(0), buffers[entry.uint(1)] ?? new Uint8Array()] as const;
  });
  const [inputs, outputs] = [numbers(graph.ints(1)), numbers(graph.ints(2))];
  return { name: graph.text(4), tensors, operators, inputs, outputs, metadata: new Map(metadata) };
}

/** The bytes of a constant. In files of over 2 GB they are behind the tables. */
function dataOf(file: string, bytes: Uint8Array, buffer: FlatTable): Uint8Array | undefined {
  const [offset, size] = [buffer.ulong(1), buffer.ulong(2)];
  if (offset > 1) {
    if (!(offset + size <= bytes.length)) throw damaged(file, 'a weight outside of the file');
    return bytes.subarray(offset, offset + size);
  }
  const data = buffer.bytes(0);
  return data.length > 0 ? data : undefined;
}

function tensorOf(file: string, tensor: FlatTable, buffers: readonly (Uint8Array | undefined)[]): TfliteTensor {
  const name = tensor.text(3);
  const shape = tensor.ints(0);
  const signature = tensor.ints(7);
  if (shape.length > MAX_RANK || shape.some((size) => size < 0)) {
    throw damaged(file, `a value ${name.slice(0, 100)} of the shape ${describeShape(shape.slice(0, MAX_RANK))}`);
  }
  const buffer = tensor.uint(2);
  if (buffer !== 0 && buffer >= buffers.length) throw damaged(file, 'a value whose weights do not exist');
  const isExternal = tensor.uint(10) !== 0;
  const isSparse = tensor.table(6) !== undefined;
  return {
    name,
    shape,
    open: signature.length === shape.length ? signature : shape,
    type: tensor.byte(1),
    data: buffer === 0 ? undefined : buffers[buffer],
    quantization: quantizationOf(tensor.table(4)),
    storage: isExternal ? 'in another file' : isSparse ? 'as a sparse matrix' : undefined,
  };
}

function quantizationOf(table: FlatTable | undefined): Quantization | undefined {
  const scales = table?.floats(2) ?? [];
  // Files of floats state the least and the greatest value there, without a scale.
  if (!table || scales.length === 0) return undefined;
  return { scales, zeros: table.longs(3), dimension: table.int(6) };
}

import { WeightsError } from '../../errors/errors.ts';
import { LimitError } from '../limit-error.ts';
import { describeShape, sizeOf, type Shape } from '../../stage/shape.ts';
import { floatsOf } from '../half-float.ts';
import { MAX_NAME, MAX_RANK, MAX_VALUES } from '../limits.ts';
import type { Constant } from './constant.ts';
import { damaged, readFields, readVarints, type FieldValue } from './read-fields.ts';

/** @internal Where the bytes of a tensor are in another file. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number | undefined;
}

/** @internal A tensor as it is stored: its bytes are not read yet. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: Shape;
  /** ONNX's number for the type of the values. */
  readonly type: number;
  /** The values one after the other in their own type. */
  readonly raw: Uint8Array | undefined;
  /** The values as a packed list of protobuf. */
  readonly packed: readonly Uint8Array[];
  readonly external: ExternalData | undefined;
}

/** The types of values, by ONNX's numbers: how many bytes each takes, and how a list of them is read. */
interface ValueType {
  readonly kind: Constant['kind'];
  readonly bytes: number;
  readonly read: (buffer: ArrayBuffer) => Constant['data'];
}

const wholes = (from: BigInt64Array | BigUint64Array) => Float64Array.from(from, Number);
const TYPES: Readonly<Record<number, ValueType>> = {
  1: { kind: 'float', bytes: 4, read: (buffer) => new Float32Array(buffer) },
  2: { kind: 'int', bytes: 1, read: (buffer) => Float32Array.from(new Uint8Array(buffer)) },
  3: { kind: 'int', bytes: 1, read: (buffer) => Float32Array.from(new Int8Array(buffer)) },
  4: { kind: 'int', bytes: 2, read: (buffer) => Float32Array.from(new Uint16Array(buffer)) },
  5: { kind: 'int', bytes: 2, read: (buffer) => Float32Array.from(new Int16Array(buffer)) },
  6: { kind: 'int', bytes: 4, read: (buffer) => Float64Array.from(new Int32Array(buffer)) },
  7: { kind: 'int', bytes: 8, read: (buffer) => wholes(new BigInt64Array(buffer)) },
  9: { kind: 'bool', bytes: 1, read: (buffer) => Float32Array.from(new Uint8Array(buffer)) },
  10: { kind: 'float', bytes: 2, read: (buffer) => floatsOf(new Uint16Array(buffer)) },
  11: { kind: 'float', bytes: 8, read: (buffer) => new Float64Array(buffer) },
  12: { kind: 'int', bytes: 4, read: (buffer) => Float64Array.from(new Uint32Array(buffer)) },
  13: { kind: 'int', bytes: 8, read: (buffer) => wholes(new BigUint64Array(buffer)) },
  16: { kind: 'float', bytes: 2, read: (buffer) => bfloats(new Uint16Array(buffer)) },
};

/** The upper half of a 32-bit float. */
function bfloats(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

/** @internal The kind of values of a type; throws `WeightsError` for one that is not supported. */
export function kindOf(file: string, type: number, of: string): Constant['kind'] {
  return typeOf(file, type, of).kind;
}

function typeOf(file: string, type: number, of: string): ValueType {
  const found = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (found) return found;
  throw new WeightsError(`${file}: ${of || 'a tensor'} has values of ONNX's type ${type}, which is not supported`);
}

/** How many list items of a packed list may be stored one by one. */
const MAX_PIECES = 1_000_000;

/** @internal Reads a tensor's description. Throws `WeightsError`. */
export function readTensor(file: string, bytes: Uint8Array): StoredTensor {
  const shape: number[] = [];
  let [name, type] = ['', 0];
  let raw: Uint8Array | undefined;
  const packed: Uint8Array[] = [];
  let isExternal = false;
  const where = new Map<string, string>();
  const size = (value: number) => {
    if (shape.push(value) > MAX_RANK) throw new WeightsError(`${file}: a tensor has over ${MAX_RANK} dimensions`);
  };
  readFields(file, bytes, (id, value) => {
    if (id === 1 && typeof value === 'number') size(value);
    else if (id === 1 && typeof value !== 'number') readVarints(file, value, size);
    else if (id === 2 && typeof value === 'number') type = value;
    else if (id === 8) name = shortText(file, value);
    else if (id === 9 && typeof value !== 'number') raw = value;
    else if (id === 13 && typeof value !== 'number') where.set(...externalPair(file, value));
    else if (id === 14) isExternal = value === 1;
    else if ([4, 5, 7, 10, 11].includes(id)) {
      if (packed.push(typeof value === 'number' ? Uint8Array.of(...digits(value)) : value) > MAX_PIECES) {
        throw damaged(file, `a list of over ${MAX_PIECES} parts`);
      }
    }
  });
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw damaged(file, `a tensor ${name} of the shape ${describeShape(shape)}`);
  }
  return { name, shape, type, raw, packed, external: isExternal ? externalOf(file, name, where) : undefined };
}

/** A list item that is stored by itself, as it would be in a packed list. */
function digits(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

function shortText(file: string, value: FieldValue): string {
  const text = typeof value === 'number' ? '' : new TextDecoder().decode(value.subarray(0, 4 * MAX_NAME + 1));
  if (text.length <= MAX_NAME) return text;
  throw new WeightsError(`${file} has a name of over ${MAX_NAME} characters: ${text.slice(0, 40)}…`);
}

function externalPair(file: string, bytes: Uint8Array): [string, string] {
  let [key, text] = ['', ''];
  readFields(file, bytes, (id, value) => {
    if (id === 1) key = shortText(file, value);
    if (id === 2) text = shortText(file, value);
  });
  return [key, text];
}

function externalOf(file: string, name: string, where: ReadonlyMap<string, string>): ExternalData {
  const location = where.get('location') ?? '';
  const [offset, length] = [where.get('offset') ?? '0', where.get('length')].map((text) =>
    text === undefined ? undefined : Number(text),
  );
  const good = [offset, length].every((value) => value === undefined || (Number.isSafeInteger(value) && value >= 0));
  if (location !== '' && good) return { location, offset: offset ?? 0, length };
  throw damaged(file, `a tensor ${name} whose place in another file is not stated`);
}

/** @internal The number of bytes of a tensor. Throws `WeightsError` for a type that is not supported and for too many values. */
export function byteLength(file: string, { name, shape, type }: StoredTensor): number {
  const values = sizeOf(shape);
  if (!(values <= MAX_VALUES)) {
    throw new LimitError(`${file}: ${name} ${describeShape(shape)} has over ${MAX_VALUES} values`);
  }
  return values * typeOf(file, type, name).bytes;
}

/** @internal The values of a tensor. `beside` are the bytes of its external data. Throws `WeightsError`. */
export function constantOf(file: string, tensor: StoredTensor, beside: Uint8Array | undefined): Constant {
  const { name, shape, type, packed } = tensor;
  const { kind, read } = typeOf(file, type, name);
  const [bytes, values] = [byteLength(file, tensor), sizeOf(shape)];
  const raw = beside ?? tensor.raw;
  const wrong = (stored: number, unit: string) =>
    new WeightsError(
      `${file}: ${name} is ${describeShape(shape)}, ${unit === 'bytes' ? bytes : values} ${unit}, but has ${stored}`,
    );
  if (raw) {
    if (raw.length !== bytes) throw wrong(raw.length, 'bytes');
    // The copy is aligned.
    return { shape, kind, type, data: read(new Uint8Array(raw).buffer) };
  }
  if (type === 1 || type === 11) {
    const stored = packed.reduce((sum, piece) => sum + piece.length, 0);
    if (stored !== bytes) throw wrong(stored, 'bytes');
    const whole = new Uint8Array(bytes);
    let at = 0;
    for (const piece of packed) {
      whole.set(piece, at);
      at += piece.length;
    }
    return { shape, kind, type, data: read(whole.buffer) };
  }
  const data = new Float64Array(values);
  let count = 0;
  for (const piece of packed) {
    readVarints(file, piece, (value) => {
      if (count < values) data[count] = value;
      count++;
    });
  }
  if (count !== values) throw wrong(count, 'values');
  // Halves are stored as integers with the same bits.
  if (type === 10 || type === 16) return { shape, kind, data: read(Uint16Array.from(data).buffer) };
  return { shape, kind, type, data };
}

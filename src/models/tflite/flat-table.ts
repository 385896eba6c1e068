import { ByteBuffer } from 'flatbuffers';
import { WeightsError } from '../../errors/errors.ts';
import { MAX_NAME } from '../limits.ts';

/** @internal The bytes of a file of FlatBuffers, and how much more may be read of them. */
export interface FlatBytes {
  /** The file's name in messages. */
  readonly file: string;
  readonly buffer: ByteBuffer;
  /** How many bytes of tables, lists and texts may still be read. Several references may lead to the same bytes. */
  left: number;
}

/** How often all bytes of a file may be read, and how many more. */
const [TIMES, MORE] = [8, 1_000_000];

/** @internal The table at the root of a file. Throws `WeightsError`. */
export function rootTable(file: string, buffer: ByteBuffer): FlatTable {
  const bytes = { file, buffer, left: TIMES * buffer.capacity() + MORE };
  return new FlatTable(bytes, referenceAt(bytes, 0));
}

/** @internal A table that leaves out all of its fields. */
export function noFields(file: string): FlatTable {
  // The list of places, then the table, which is 4 bytes behind it.
  const bytes = { file, buffer: new ByteBuffer(Uint8Array.of(4, 0, 4, 0, 4, 0, 0, 0)), left: MORE };
  return new FlatTable(bytes, 4);
}

/** @internal The error for a file whose bytes are not what they are said to be. */
export function damaged(file: string, what: string): WeightsError {
  return new WeightsError(`${file} is damaged, or no TFLite model: it has ${what}`);
}

/** Throws `WeightsError` unless there are so many bytes. */
function checkInside({ file, buffer }: FlatBytes, at: number, length: number): number {
  if (at >= 0 && length >= 0 && at + length <= buffer.capacity()) return at;
  throw damaged(file, 'a reference to bytes outside of the file');
}

function take(bytes: FlatBytes, length: number): void {
  bytes.left -= length;
  if (bytes.left < 0) throw damaged(bytes.file, 'too many references to the same bytes');
}

/** Where the reference at a place leads to. References lead forwards. */
function referenceAt(bytes: FlatBytes, at: number): number {
  checkInside(bytes, at, 4);
  return checkInside(bytes, at + bytes.buffer.readUint32(at), 4);
}

/**
 * @internal A table of FlatBuffers: values by the numbers of their fields, counted from 0 as in the schema. A field that the file
 * leaves out has its default. Every place is compared with the length of the file before it is read. Throws `WeightsError`.
 */
export class FlatTable {
  readonly #bytes: FlatBytes;
  readonly #at: number;
  readonly #fields: number;
  readonly #count: number;

  constructor(bytes: FlatBytes, at: number) {
    this.#bytes = bytes;
    this.#at = checkInside(bytes, at, 4);
    take(bytes, 8);
    const { buffer } = bytes;
    // The list of places, which tables share, begins with its own length in bytes, and that of the table.
    this.#fields = checkInside(bytes, at - buffer.readInt32(at), 4);
    const length = buffer.readUint16(this.#fields);
    checkInside(bytes, this.#fields, length);
    this.#count = Math.floor(length / 2) - 2;
  }

  /** Where the value of a field is; undefined where the file leaves it out. */
  #place(field: number, length: number): number | undefined {
    if (field >= this.#count) return undefined;
    const offset = this.#bytes.buffer.readUint16(this.#fields + 4 + 2 * field);
    return offset === 0 ? undefined : checkInside(this.#bytes, this.#at + offset, length);
  }

  byte(field: number, otherwise = 0): number {
    const at = this.#place(field, 1);
    return at === undefined ? otherwise : this.#bytes.buffer.readInt8(at);
  }

  flag(field: number): boolean {
    return this.byte(field) !== 0;
  }

  int(field: number, otherwise = 0): number {
    const at = this.#place(field, 4);
    return at === undefined ? otherwise : this.#bytes.buffer.readInt32(at);
  }

  uint(field: number): number {
    return this.int(field) >>> 0;
  }

  /** Exact up to 2^53. */
  ulong(field: number): number {
    const at = this.#place(field, 8);
    return at === undefined ? 0 : Number(this.#bytes.buffer.readUint64(at));
  }

  float(field: number, otherwise = 0): number {
    const at = this.#place(field, 4);
    return at === undefined ? otherwise : this.#bytes.buffer.readFloat32(at);
  }

  table(field: number): FlatTable | undefined {
    const at = this.#place(field, 4);
    return at === undefined ? undefined : new FlatTable(this.#bytes, referenceAt(this.#bytes, at));
  }

  /** The tables of a list, of which there are at most so many. */
  tables(field: number, most: number, what: string): FlatTable[] {
    const { at, count } = this.#list(field, 4);
    if (count > most) throw new WeightsError(`${this.#bytes.file} has over ${most} ${what}`);
    return Array.from({ length: count }, (_, i) => new FlatTable(this.#bytes, referenceAt(this.#bytes, at + 4 * i)));
  }

  ints(field: number): number[] {
    const { at, count } = this.#list(field, 4);
    return Array.from({ length: count }, (_, i) => this.#bytes.buffer.readInt32(at + 4 * i));
  }

  floats(field: number): number[] {
    const { at, count } = this.#list(field, 4);
    return Array.from({ length: count }, (_, i) => this.#bytes.buffer.readFloat32(at + 4 * i));
  }

  /** Integers of 64 bits, exact up to 2^53. */
  longs(field: number): number[] {
    const { at, count } = this.#list(field, 8);
    return Array.from({ length: count }, (_, i) => Number(this.#bytes.buffer.readInt64(at + 8 * i)));
  }

  /** A list of bytes, which are not copied. */
  bytes(field: number): Uint8Array {
    const { at, count } = this.#list(field, 1, false);
    return this.#bytes.buffer.bytes().subarray(at, at + count);
  }

  /** A text of at most {@link MAX_NAME} characters, of which `most` are kept. */
  text(field: number, most = MAX_NAME): string {
    const bytes = this.bytes(field).subarray(0, 4 * most);
    take(this.#bytes, bytes.length);
    return new TextDecoder().decode(bytes).slice(0, most);
  }

  #list(field: number, size: number, counts = true): { readonly at: number; readonly count: number } {
    const place = this.#place(field, 4);
    if (place === undefined) return { at: 0, count: 0 };
    const at = referenceAt(this.#bytes, place);
    const count = this.#bytes.buffer.readUint32(at);
    checkInside(this.#bytes, at + 4, count * size);
    if (counts) take(this.#bytes, count * size);
    return { at: at + 4, count };
  }
}

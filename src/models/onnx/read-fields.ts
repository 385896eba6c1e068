import { WeightsError } from '../../errors/errors.ts';

/**
 * @internal The value of a field of a protobuf message: an integer of up to 64 bits with its sign, or bytes, which are not
 * copied: of a text, a message, a list, or of a number of 4 or 8 bytes.
 */
export type FieldValue = number | Uint8Array;

const [VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES] = [0, 1, 2, 5];

/** @internal Visits the fields of a message in their order. Throws `WeightsError` naming the file for bytes that are no message. */
export function readFields(file: string, bytes: Uint8Array, visit: (id: number, value: FieldValue) => void): void {
  const reader = new Reader(file, bytes);
  while (!reader.done) {
    const key = reader.varint();
    const [id, type] = [Math.floor(key / 8), key & 7];
    if (type === VARINT) visit(id, reader.varint());
    else if (type === LENGTH) visit(id, reader.take(reader.varint()));
    else if (type === FOUR_BYTES) visit(id, reader.take(4));
    else if (type === EIGHT_BYTES) visit(id, reader.take(8));
    else throw damaged(file, `a field of the unknown type ${type}`);
  }
}

/** @internal Visits the integers of a packed list. */
export function readVarints(file: string, bytes: Uint8Array, visit: (value: number) => void): void {
  const reader = new Reader(file, bytes);
  while (!reader.done) visit(reader.varint());
}

/** @internal The error for a file whose bytes are not what they are said to be. */
export function damaged(file: string, what: string): WeightsError {
  return new WeightsError(`${file} is damaged, or no ONNX model: it has ${what}`);
}

class Reader {
  readonly #file: string;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(file: string, bytes: Uint8Array) {
    this.#file = file;
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (!(length >= 0 && end <= this.#bytes.length)) throw damaged(this.#file, 'a field that is longer than the rest');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Seven bits in each byte, lowest first. Exact up to 2^53. */
  varint(): number {
    let [low, high] = [0, 0];
    for (let bits = 0; bits < 70; bits += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw damaged(this.#file, 'a number that ends too early');
      const part = byte & 127;
      if (bits < 28) low |= part << bits;
      else if (bits === 28) {
        low |= (part & 15) << 28;
        high = part >> 4;
      } else high |= part << (bits - 32);
      if (byte < 128) return high * 2 ** 32 + (low >>> 0);
    }
    throw damaged(this.#file, 'a number of over 64 bits');
  }
}

import type { WeightsError } from '../../errors/errors.ts';

/** @internal What a block needs to know of its file. */
interface Source {
  /** Bytes of an address. */
  readonly offsetSize: number;
  /** Bytes of a length. */
  readonly lengthSize: number;
  /** The error for a file that is damaged. */
  wrong(what: string): WeightsError;
  /** The error for a file that uses something which sluice cannot read. */
  unsupported(what: string): WeightsError;
}

/** @internal Reads a part of an HDF5 file from its beginning to its end. All numbers are little-endian. */
export class Block {
  readonly source: Source;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(source: Source, bytes: Uint8Array) {
    this.source = source;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** A whole number without a sign, of 1 to 8 bytes. Infinity where all bits of 8 bytes are set, which stands for "none". */
  uint(size: number): number {
    const at = this.#take(size);
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at, true);
    if (size === 4) return this.#view.getUint32(at, true);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.#view.getUint8(at + i);
    return value <= Number.MAX_SAFE_INTEGER ? value : Infinity;
  }

  address(): number {
    return this.uint(this.source.offsetSize);
  }

  length(): number {
    return this.uint(this.source.lengthSize);
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** The next bytes as a block of their own. */
  part(length: number): Block {
    return new Block(this.source, this.bytes(length));
  }

  skip(length: number): this {
    this.#take(length);
    return this;
  }

  /** Skips to the next multiple of 8 bytes. */
  align(): this {
    return this.skip(Math.min(this.left, -this.#at & 7));
  }

  /** Throws `WeightsError` unless these four characters come next. */
  signature(expected: string): this {
    const found = String.fromCodePoint(...this.bytes(4));
    if (found !== expected) throw this.source.wrong(`${JSON.stringify(found)} is where ${expected} should be`);
    return this;
  }

  /** Throws `WeightsError` unless the next byte is one of these versions. */
  version(of: string, known: readonly number[]): number {
    const found = this.uint(1);
    if (!known.includes(found)) throw this.source.unsupported(`version ${found} of ${of}`);
    return found;
  }

  #take(length: number): number {
    const at = this.#at;
    if (!(length >= 0 && length <= this.left)) throw this.source.wrong('a part of it ends too early');
    this.#at = at + length;
    return at;
  }
}

import { WeightsError } from '../../errors/errors.ts';
import { MAX_UNPACKED, MAX_WEIGHT_BYTES } from '../limits.ts';
import { Block } from './block.ts';

/** @internal What one block costs besides its bytes: the objects that are made of it. */
const BLOCK_COST = 64;

/**
 * @internal The bytes of an HDF5 file, with bounds for what is read of them. Blocks of a good file are read once. Blocks of a
 * crafted file can point at each other in circles or overlap, so all blocks together have a limit that follows from the
 * length of the file.
 */
export class FileBytes {
  readonly file: string;
  /** Bytes of an address. */
  offsetSize = 8;
  /** Bytes of a length. */
  lengthSize = 8;
  readonly #bytes: Uint8Array;
  #blocks: number;
  #data: number;
  #room: number;
  #scratch: number;

  constructor(file: string, bytes: Uint8Array) {
    this.file = file;
    this.#bytes = bytes;
    this.#blocks = 4 * bytes.length + 1_000_000;
    this.#data = 2 * bytes.length;
    this.#room = Math.min(MAX_WEIGHT_BYTES, MAX_UNPACKED.times * bytes.length + MAX_UNPACKED.bytes);
    this.#scratch = 4 * this.#room;
  }

  /** A part of the file that says how the file is built. Throws `WeightsError` where the file ends before. */
  block(address: number, length: number): Block {
    const part = this.#part(address, length);
    this.spend(length + BLOCK_COST);
    return new Block(this, part);
  }

  /** Counts what is read. Throws `WeightsError` when a good file of this length would have been read. */
  spend(bytes: number): void {
    this.#blocks -= bytes;
    if (this.#blocks < 0) throw this.wrong('its blocks overlap or point at each other in circles');
  }

  /** The values of a dataset as they are stored: a view, no copy. */
  data(address: number, length: number): Uint8Array {
    const part = this.#part(address, length);
    this.#data -= length;
    if (this.#data < 0) throw this.wrong('its datasets overlap');
    return part;
  }

  /** Memory for the values of a dataset that have to be unpacked or converted. */
  memory(length: number): Uint8Array {
    this.#room -= length;
    if (this.#room >= 0) return new Uint8Array(length);
    throw this.wrong(`its values would take over ${MAX_UNPACKED.times} times its size when they are unpacked`);
  }

  /** Memory for one chunk, which is copied into that of its dataset. */
  scratch(length: number): Uint8Array {
    this.#scratch -= length;
    if (this.#scratch >= 0) return new Uint8Array(length);
    throw this.wrong('its chunks are much larger than its datasets');
  }

  wrong(what: string, cause?: unknown): WeightsError {
    return new WeightsError(`${this.file} is a damaged HDF5 file: ${what}`, { cause });
  }

  unsupported(what: string): WeightsError {
    return new WeightsError(
      `${this.file} is an HDF5 file with ${what}, which is not supported: save the model again with Keras`,
    );
  }

  #part(address: number, length: number): Uint8Array {
    if (address >= 0 && length >= 0 && address + length <= this.#bytes.length) {
      return this.#bytes.subarray(address, address + length);
    }
    throw this.wrong(
      `it ends at byte ${this.#bytes.length}, but says that bytes ${address} to ${address + length} exist`,
    );
  }
}

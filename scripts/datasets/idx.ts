import { readFileSync, statSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { codeOf } from '../../src/errors/code-of.ts';
import { messageOf } from '../../src/errors/errors.ts';

/** An array of bytes in the IDX format, in which the digits of MNIST are published. */
export interface IdxArray {
  readonly sizes: readonly number[];
  readonly values: Uint8Array;
}

/** Five times the largest file of MNIST. */
const MOST_BYTES = 256_000_000;
/** Deflate makes at most 1032 bytes of one. */
const MOST_OF_BYTE = 1032;
/** Enough of a packed file for the sizes at its beginning. */
const BEGINNING = 1024;

/**
 * Reads an IDX file of bytes, packed with gzip or not. `dimensions` is 1 for classes and 3 for pictures. Throws for a file of
 * another kind, or of another length than it states, and allocates no more than it states.
 */
export function readIdxFile(file: string, dimensions: 1 | 3): IdxArray {
  try {
    const { size } = statSync(file);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, more than ${MOST_BYTES}`);
    return readIdx(readFileSync(file), dimensions);
  } catch (cause) {
    throw new Error(`cannot read the IDX file ${file}: ${messageOf(cause)}`, { cause });
  }
}

/** The same for the bytes of a file. */
export function readIdx(bytes: Uint8Array, dimensions: 1 | 3): IdxArray {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const sizes = readSizes(isPacked ? beginning(bytes) : bytes, dimensions);
  const start = 4 + 4 * dimensions;
  const length = sizes.reduce((product, size) => product * size, 1) + start;
  const states = `it states ${sizes.join(' × ')} values`;
  if (length > MOST_BYTES) throw new Error(`${states}, more than ${MOST_BYTES} bytes`);
  if (isPacked && length > bytes.length * MOST_OF_BYTE) {
    throw new Error(`${states}, more than ${bytes.length} packed bytes can hold`);
  }
  const whole = isPacked ? unpacked(bytes, length) : bytes;
  if (whole.length === length) return { sizes, values: whole.subarray(start) };
  throw new Error(`${states}, so it must have ${length} bytes, not ${whole.length}`);
}

function readSizes(bytes: Uint8Array, dimensions: number): readonly number[] {
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) throw new Error(`it has ${bytes.length} bytes, fewer than the ${start} of its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  // Two zeros, 8 for unsigned bytes, and the number of dimensions.
  const [magic, expected] = [view.getUint32(0), 0x800 + dimensions];
  if (magic !== expected) throw new Error(`it begins with ${hex(magic)}, not with ${hex(expected)}`);
  const sizes = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  if (sizes.includes(0)) throw new Error(`it states ${sizes.join(' × ')} values, which is none`);
  return sizes;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

function beginning(bytes: Uint8Array): Uint8Array {
  // The flag takes a stream that has not ended.
  return gunzipSync(bytes.subarray(0, BEGINNING), { finishFlush: constants.Z_SYNC_FLUSH });
}

function unpacked(bytes: Uint8Array, length: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: length });
  } catch (cause) {
    if (codeOf(cause) !== 'ERR_BUFFER_TOO_LARGE') throw cause;
    throw new Error(`it holds more than the ${length} bytes that it states`, { cause });
  }
}

import { describeValue } from '../errors/describe-value.ts';
import { OptionError, WeightsError } from '../errors/errors.ts';
import { describeShape, sizeOf } from '../stage/shape.ts';
import type { Weight } from '../stage/weights.ts';
import { floatsOf, halvesOf } from './half-float.ts';
import { MAX_JSON, MAX_NAME, MAX_RANK, MAX_WEIGHT_BYTES, MAX_WEIGHTS } from './limits.ts';
import { parseJson } from './parse-json.ts';
import { isA } from '../errors/is-a.ts';

/** The type of the stored numbers. Reading converts 16-bit floats to 32-bit floats. */
export type DType = 'F32' | 'F16';

interface Entry {
  readonly dtype: DType | 'I64';
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

const BYTES: Record<DType | 'I64', number> = { F32: 4, F16: 2, I64: 8 };

/**
 * Reads a safetensors file (F32 and F16). It returns tensors by name, in the file's order, as float32. Aligned F32 numbers, as
 * `writeSafetensors` writes them, are used in `bytes` without a copy, so `bytes` must not change afterwards. Counters of batches
 * (`….num_batches_tracked`, I64), which PyTorch stores beside weights, are left out.
 *
 * The format is 8 bytes of header length (little-endian), a JSON header, and the data; see huggingface/safetensors. The header
 * is checked before memory is allocated. Throws `WeightsError` that names the file and the problem, and `OptionError` if
 * `bytes` is not a Uint8Array.
 *
 * @see {@link writeSafetensors}, {@link withSafetensors}
 *
 * @example
 * const weights = readSafetensors(writeSafetensors({ bias: { shape: [2], data: new Float32Array([1, 2]) } }), 'demo');
 * console.log(weights.bias?.data[1]); // 2
 */
export function readSafetensors(bytes: Uint8Array, file: string): Record<string, Weight> {
  const wrong = wrongIn(file);
  const { header, dataStart } = readHeader(bytes, wrong);
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  if (entries.length > MAX_WEIGHTS) throw wrong(`it has ${entries.length} tensors, over the limit of ${MAX_WEIGHTS}`);
  const tensors = entries.map(([name, entry]: [string, unknown]) => [name, checkEntry(name, entry, wrong)] as const);
  // The format allows no gaps and no overlaps.
  let end = 0;
  for (const [name, { data_offsets }] of tensors.toSorted(([, a], [, b]) => compare(a.data_offsets, b.data_offsets))) {
    if (data_offsets[0] !== end) throw wrong(`${name} starts at byte ${data_offsets[0]} of the data, not at ${end}`);
    end = data_offsets[1];
  }
  if (dataStart + end !== bytes.length) {
    throw wrong(`its header describes ${end} bytes of data, but ${bytes.length - dataStart} bytes follow`);
  }
  return Object.fromEntries(
    tensors.flatMap(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) =>
        dtype === 'I64'
          ? []
          : [[name, { shape, data: readFloats(bytes.subarray(dataStart + from, dataStart + to), dtype) }]],
    ),
  );
}

/** @internal The `__metadata__` of a file. */
export function readSafetensorsMetadata(bytes: Uint8Array, file: string): Readonly<Record<string, string>> {
  const wrong = wrongIn(file);
  const metadata = readHeader(bytes, wrong).header['__metadata__'] ?? {};
  const texts = typeof metadata === 'object' && Object.values(metadata).every((value) => typeof value === 'string');
  if (!texts || Array.isArray(metadata)) throw wrong('its __metadata__ is not an object of strings');
  return metadata as Record<string, string>;
}

type Wrong = (what: string, cause?: unknown) => WeightsError;

function wrongIn(file: string): Wrong {
  return (what, cause) => new WeightsError(`${file} is not a valid safetensors file: ${what}`, { cause });
}

function readHeader(bytes: Uint8Array, wrong: Wrong): { header: Record<string, unknown>; dataStart: number } {
  if (!isA('Uint8Array', bytes)) {
    throw new OptionError(
      `the bytes of a file must be a Uint8Array, not ${describeValue(bytes)}: use new Uint8Array(buffer)`,
    );
  }
  if (bytes.length < 8) throw wrong(`it has ${bytes.length} bytes, too few for a header`);
  const length = headerLength(bytes);
  if (length > BigInt(Math.min(MAX_JSON, bytes.length - 8))) {
    throw wrong(`its header should have ${length} bytes, but ${bytes.length - 8} bytes follow`);
  }
  const dataStart = 8 + Number(length);
  const wrongHeader = (what: string, cause?: unknown) => wrong(`its header ${what}`, cause);
  const header = parseJson(bytes.subarray(8, dataStart), wrongHeader, { fatal: true });
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw wrong('its header is not an object');
  return { header: header as Record<string, unknown>, dataStart };
}

/**
 * @internal How long a file is, by what was read of it: as long as its header, and once that was read, as long as the header says.
 * Throws `WeightsError`.
 */
export function safetensorsLength(read: Uint8Array, file: string): number {
  const headerEnd = 8 + Math.min(MAX_JSON, Number(headerLength(read)));
  if (read.length < headerEnd) return headerEnd;
  const { header } = readHeader(read, wrongIn(file));
  const ends = Object.values(header).map((entry) => (entry as Partial<Entry> | null)?.data_offsets?.[1] ?? 0);
  const data = ends.reduce((last, end) => (isCounts([end]) ? Math.max(last, end) : last), 0);
  return headerEnd + Math.min(MAX_WEIGHT_BYTES, data);
}

/** The length of the header, as the first 8 bytes of a file state it. */
function headerLength({ buffer, byteOffset }: Uint8Array): bigint {
  return new DataView(buffer, byteOffset, 8).getBigUint64(0, true);
}

function checkEntry(name: string, entry: unknown, wrong: Wrong): Entry {
  if (name === '__proto__') throw wrong('a tensor is named __proto__');
  if (name.length > MAX_NAME) throw wrong(`a tensor has a name of ${name.length} characters`);
  if (typeof entry !== 'object' || entry === null) throw wrong(`${name} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = entry as Partial<Record<keyof Entry, unknown>>;
  // PyTorch counts the batches that a batch normalization was trained with. Nothing is computed with that.
  if (dtype !== 'F32' && dtype !== 'F16' && !(dtype === 'I64' && name.endsWith('.num_batches_tracked')))
    throw wrong(`${name} has the type ${describeValue(dtype)}, but only F32 and F16 are supported`);
  if (!isCounts(shape) || shape.length > MAX_RANK) throw wrong(`the shape of ${name} is ${describeValue(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2) throw wrong(`data_offsets of ${name} is ${describeValue(offsets)}`);
  const [from = 0, to = 0] = offsets;
  if (to - from !== sizeOf(shape) * BYTES[dtype]) {
    throw wrong(
      `${name} ${describeShape(shape)} ${dtype} takes ${sizeOf(shape) * BYTES[dtype]} bytes, not ${to - from}`,
    );
  }
  return { dtype, shape, data_offsets: [from, to] };
}

function compare([a, aEnd]: [number, number], [b, bEnd]: [number, number]): number {
  return a - b || aEnd - bEnd;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function readFloats(bytes: Uint8Array, dtype: DType): Float32Array {
  // Aligned numbers need no copy, which can save hundreds of megabytes.
  if (dtype === 'F32' && bytes.byteOffset % 4 === 0) {
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }
  // This copy is aligned. A Buffer's slice() would not copy.
  const { buffer } = new Uint8Array(bytes);
  return dtype === 'F32' ? new Float32Array(buffer) : floatsOf(new Uint16Array(buffer));
}

/**
 * Writes a safetensors file as `F32` (default) or `F16` (half the size, about three decimal digits). `metadata` becomes its
 * `__metadata__`. Throws `WeightsError` if the number of values does not fit a shape, and for a reserved name.
 *
 * @see {@link readSafetensors}, {@link writeModel}
 *
 * @example
 * const bytes = writeSafetensors({ bias: { shape: [2], data: new Float32Array([1, 2]) } }, 'F16');
 */
export function writeSafetensors(
  weights: Readonly<Record<string, Weight>>,
  dtype: DType = 'F32',
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  let offset = 0;
  const header: Record<string, Entry | Readonly<Record<string, string>>> = metadata ? { __metadata__: metadata } : {};
  for (const [name, { shape, data }] of Object.entries(weights)) {
    if (name === '__proto__' || name === '__metadata__') throw new WeightsError(`a tensor can't be named ${name}`);
    if (data.length !== sizeOf(shape)) {
      throw new WeightsError(`${name} ${describeShape(shape)} needs ${sizeOf(shape)} numbers, but has ${data.length}`);
    }
    const end = offset + data.length * BYTES[dtype];
    header[name] = { dtype, shape: [...shape], data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces after the JSON, which the format allows, align the data.
  const dataStart = Math.ceil((8 + json.length) / 8) * 8;
  const bytes = new Uint8Array(dataStart + offset).fill(0x20, 8, dataStart);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  bytes.set(json, 8);
  let at = dataStart;
  for (const { data } of Object.values(weights)) {
    const stored = dtype === 'F32' ? data : halvesOf(data);
    bytes.set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), at);
    at += stored.byteLength;
  }
  return bytes;
}

import type { Datatype } from './datatype.ts';
import type { FileBytes } from './file-bytes.ts';

/** @internal Values of a dataset, little-endian. */
export interface Numbers {
  /** `float32` or `float16`; the name of another type where its values stay as they are. */
  readonly dtype: string;
  readonly bytes: Uint8Array;
}

/** @internal Values as float32 or float16 where they are floats. float64 and bfloat16 become float32. */
export function toNumbers(source: FileBytes, type: Datatype, stored: Uint8Array): Numbers {
  if (type.kind !== 'float')
    return { dtype: type.kind === 'integer' ? `int${8 * type.size}` : type.kind, bytes: stored };
  const { size, exponent } = type;
  const bytes = type.bigEndian ? reversed(source, stored, size) : stored;
  if (size === 4) return { dtype: 'float32', bytes };
  if (size === 2 && exponent === 5) return { dtype: 'float16', bytes };
  if (size === 2 && exponent === 8) return { dtype: 'float32', bytes: fromBfloat16(source, bytes) };
  if (size === 8) return { dtype: 'float32', bytes: fromFloat64(source, bytes) };
  return { dtype: `float${8 * size}`, bytes };
}

function reversed(source: FileBytes, bytes: Uint8Array, size: number): Uint8Array {
  const turned = source.memory(bytes.length);
  for (let at = 0; at < bytes.length; at++) turned[at - (at % size) + size - 1 - (at % size)] = bytes[at] ?? 0;
  return turned;
}

/** A bfloat16 is the first half of a float32. */
function fromBfloat16(source: FileBytes, bytes: Uint8Array): Uint8Array {
  const wide = source.memory(2 * bytes.length);
  for (let at = 0; at < bytes.length; at++) wide[2 * at - (at % 2) + 2] = bytes[at] ?? 0;
  return wide;
}

function fromFloat64(source: FileBytes, bytes: Uint8Array): Uint8Array {
  const narrow = source.memory(bytes.length / 2);
  const [from, to] = [new DataView(bytes.buffer, bytes.byteOffset), new DataView(narrow.buffer)];
  for (let at = 0; at < narrow.length; at += 4) to.setFloat32(at, from.getFloat64(2 * at, true), true);
  return narrow;
}

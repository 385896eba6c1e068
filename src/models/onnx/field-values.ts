import { WeightsError } from '../../errors/errors.ts';
import { MAX_NAME } from '../limits.ts';
import { damaged, readFields, type FieldValue } from './read-fields.ts';

/** The greatest length of a text. */
const MAX_TEXT = 1_000_000;

/** @internal A pair of texts. */
export function pairOf(file: string, bytes: Uint8Array): [string, string] {
  let [key, content] = ['', ''];
  readFields(file, bytes, (id, value) => {
    if (id === 1) key = nameOf(file, value);
    if (id === 2) content = textOf(asBytes(file, value));
  });
  return [key, content];
}

/** @internal */
export function asBytes(file: string, value: FieldValue): Uint8Array {
  if (typeof value !== 'number') return value;
  throw damaged(file, 'a number in place of a text or a message');
}

/** @internal */
export function asNumber(file: string, value: FieldValue): number {
  if (typeof value === 'number') return value;
  throw damaged(file, 'bytes in place of a number');
}

/** @internal */
export function nameOf(file: string, value: FieldValue): string {
  const name = textOf(asBytes(file, value), 4 * MAX_NAME);
  if (name.length <= MAX_NAME) return name;
  throw new WeightsError(`${file} has a name of over ${MAX_NAME} characters: ${name.slice(0, 40)}…`);
}

/** @internal */
export function textOf(bytes: Uint8Array, most = MAX_TEXT): string {
  return new TextDecoder().decode(bytes.subarray(0, most + 1));
}

/** @internal */
export function floatOf(bytes: Uint8Array): number {
  return bytes.length < 4 ? NaN : new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
}

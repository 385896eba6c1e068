import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { codeOf } from '../errors/code-of.ts';

/** What a job folder has in place of what is looked for. */
export type Unusable = 'missing' | 'damaged';

/**
 * Opens a file of a job folder, gives it to `read`, and closes it. `missing` if there is none. `damaged` if it is no regular file,
 * or if `read` throws: a job folder is data that anybody may have changed.
 */
export function readBack<T>(file: string, read: (descriptor: number, size: number) => T): T | Unusable {
  let descriptor: number | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    // eslint-disable-next-line typescript/no-unnecessary-condition -- not on Windows
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(descriptor);
    return stats.isFile() ? read(descriptor, stats.size) : 'damaged';
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? 'missing' : 'damaged';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Reads a file of at most `most` bytes. Throws if it is larger. */
export function readText(descriptor: number, size: number, most: number): string {
  if (size > most) throw new Error(`it is larger than ${most} bytes`);
  return readAt(descriptor, 0, size).toString('utf8');
}

/** Reads `length` bytes from `position` on, or fewer at the end of the file. */
export function readAt(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const count = readSync(descriptor, buffer, read, length - read, position + read);
    if (count === 0) break;
    read += count;
  }
  return buffer.subarray(0, read);
}

/** Whether a value is an object whose fields all pass their checks. */
export function hasFields(value: unknown, checks: Readonly<Record<string, (field: unknown) => boolean>>): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(checks).every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]));
}

export const isText = (value: unknown): boolean => typeof value === 'string';
export const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
export const isNumber = (value: unknown): boolean => Number.isFinite(value);
export const isMaybe =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || check(value);
export const isListOf =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(check);

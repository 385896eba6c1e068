import { isDigest, type FrameDigest } from './frame-digest.ts';
import { hasFields, isCount, isListOf, isMaybe, isNumber } from './read-back.ts';

/** A section of a file that a worker can label on its own. Plain JSON. */
export interface FilePart {
  /** The index of the file among the inputs. */
  readonly file: number;
  /** The index of the part in the file. */
  readonly part: number;
  /** The file's name, as the caller gave it. */
  readonly source: string;
  /** The time of the file's first frame by the file's own clock, µs. Timestamps count from it. Absent if the part is the whole file. */
  readonly origin?: number;
  /** The timestamp of the first frame, µs. Absent in the first part, which begins where the options say. */
  readonly start?: number;
  /** The timestamp at which the part ends, µs: that of the next frame. Absent if that is where the options say. */
  readonly end?: number;
  /** The sequence number of the first frame. */
  readonly firstSeq: number;
  /** Timestamps (µs) of the first and the last sampled frame before this part, from which `fps` continues. */
  readonly labelledBefore?: readonly number[];
  /** How many seconds of video it stands for, with those that are not decoded behind it. Absent if there are none. */
  readonly seconds?: number;
  /** The frames that the file's index lists for this part. Absent if the part is the whole file: nothing is checked then. */
  readonly expected?: FrameDigest;
}

/** Returns a file as a single part, for a file without an index or with a wrong one. */
export function wholeFile(file: number, source: string): readonly FilePart[] {
  return [{ file, part: 0, source, firstSeq: 0 }];
}

/** Whether a list that was read back is all parts of this file. */
export function areParts(parts: unknown, file: number): parts is readonly Omit<FilePart, 'source'>[] {
  const isPart = (value: unknown, index: number) =>
    hasFields(value, {
      ...{ file: (given: unknown) => given === file, part: (given: unknown) => given === index, firstSeq: isCount },
      ...{ origin: isMaybe(isNumber), start: isMaybe(isNumber), end: isMaybe(isNumber) },
      ...{ labelledBefore: isMaybe(isListOf(isNumber)), seconds: isMaybe(isNumber), expected: isMaybe(isDigest) },
    });
  return Array.isArray(parts) && parts.length > 0 && parts.every(isPart);
}

/** How many frames the index lists for the parts of a file; undefined if it is one part without an index. */
export function framesOf(parts: readonly FilePart[]): number | undefined {
  const frames = parts.reduce((sum, { expected }) => sum + (expected?.frames ?? NaN), 0);
  return Number.isNaN(frames) ? undefined : frames;
}

/** Returns the name of a part's file in the job folder. Names sort in the order of the results. */
export function partName({ file, part, expected }: FilePart): string {
  // The whole file has a name of its own, because its results differ from those of the first part.
  return `${String(file).padStart(6, '0')}-${expected ? String(part).padStart(6, '0') : 'whole'}`;
}

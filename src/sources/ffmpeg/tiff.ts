import { SourceError } from '../../errors/errors.ts';
import type { ReadBytes } from './read-bytes.ts';

/** The first values of the tags of a TIFF's first directory, by the number of the tag. */
export type TiffTags = ReadonlyMap<number, number>;

const MOST_ENTRIES = 4096;
const BYTES_OF_ENTRY = 12;
const SHORT = 3;
const LONG = 4;

/** The tags that are read here. Widths and heights of tiles say that there are tiles. */
const TAG = {
  bits: 258,
  compression: 259,
  photometric: 262,
  planes: 284,
  tileWidth: 322,
  tileOffsets: 324,
  extraSamples: 338,
  sampleFormat: 339,
} as const;
const CMYK = 5;
const JPEG: ReadonlySet<number | undefined> = new Set([6, 7]);
const INSTEAD = 'save it without tiles, as 8-bit RGB with LZW or Deflate compression, or as PNG';

/**
 * Reads the first directory of a TIFF, wherever it is in the file; undefined for what is no TIFF. A reader of what is cut
 * throws `RangeError`. Tags with fractions and texts are left out.
 */
export async function readTiff(read: ReadBytes): Promise<TiffTags | undefined> {
  const head = await read(0, 8);
  const order = head.toString('latin1', 0, 4);
  if (order !== 'II*\0' && order !== 'MM\0*') return undefined;
  const little = order.startsWith('II');
  const u16 = (bytes: Buffer, at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (bytes: Buffer, at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const directory = u32(head, 4);
  const entries = Math.min(MOST_ENTRIES, u16(await read(directory, 2), 0));
  const bytes = await read(directory + 2, entries * BYTES_OF_ENTRY);
  const tags = new Map<number, number>();
  const far: [tag: number, offset: number][] = [];
  for (let at = 0; at < bytes.length; at += BYTES_OF_ENTRY) {
    const [tag, type, count] = [u16(bytes, at), u16(bytes, at + 2), u32(bytes, at + 4)];
    // A few short numbers do not fit into the entry: it has their position instead.
    if (type === SHORT && count > 2) far.push([tag, u32(bytes, at + 8)]);
    else if (type === SHORT) tags.set(tag, u16(bytes, at + 8));
    else if (type === LONG) tags.set(tag, u32(bytes, at + 8));
  }
  const wanted: readonly number[] = Object.values(TAG);
  for (const [tag, offset] of far.filter(([one]) => wanted.includes(one)).toSorted(([, a], [, b]) => a - b)) {
    // Nothing comes of what a stream has passed; the tag stays unknown.
    const value = await read(offset, 2);
    if (value.length === 2) tags.set(tag, u16(value, 0));
  }
  return tags;
}

/**
 * Refuses what ffmpeg makes a black or wrong picture of without a word (versions of 2018 to 2025 were tried): `SourceError`
 * with the code `codec`.
 */
export function checkTiff(name: string, tags: TiffTags): void {
  const what = unsupported(tags);
  if (what === undefined) return;
  throw new SourceError('codec', `${name}: a TIFF with ${what}, which ffmpeg does not decode; ${INSTEAD}`);
}

/** Whether a fourth channel is no transparency, though ffmpeg takes it for that. */
export function hasUnusedChannel(tags: TiffTags): boolean {
  return tags.get(TAG.extraSamples) === 0;
}

function unsupported(tags: TiffTags): string | undefined {
  const bits = tags.get(TAG.bits) ?? 8;
  const format = tags.get(TAG.sampleFormat) ?? 1;
  if (tags.has(TAG.tileWidth) || tags.has(TAG.tileOffsets)) return 'tiles';
  if (JPEG.has(tags.get(TAG.compression))) return 'JPEG compression';
  if (format === 2) return 'signed numbers';
  if (format === 3) return 'floating-point numbers';
  if (tags.get(TAG.photometric) !== CMYK) return undefined;
  if (bits !== 8) return `CMYK of ${bits} bits`;
  return tags.get(TAG.planes) === 2 ? 'CMYK in separate planes' : undefined;
}

import { bytesOf, type ReadBytes } from './read-bytes.ts';
import { readTiff, type TiffTags } from './tiff.ts';

const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** EXIF's orientation: 1 upright, 2 mirrored, 3 upside down, 6 turn clockwise, 8 turn counter-clockwise; 4, 5 and 7 are mirrored too. */
export type Orientation = (typeof ORIENTATIONS)[number];

const ORIENTATION_TAG = 0x0112;
const MAX_TAG_BYTES = 64 * 1024;
const MAX_BLOCKS = 10_000;
/** What stands before the TIFF in JPEG. */
const PREFIX = 'Exif\0\0';

/** The orientation in the EXIF of a JPEG, PNG or WebP file; 1 if there is none or it is invalid. */
export async function readOrientation(read: ReadBytes): Promise<Orientation> {
  const tag = await whole(() => findTag(read));
  return tag === undefined ? 1 : orientationIn(await readTags(bytesOf(tag)));
}

/** The orientation among the tags of a TIFF. */
export function orientationIn(tags: TiffTags | undefined): Orientation {
  const value = tags?.get(ORIENTATION_TAG);
  return ORIENTATIONS.find((orientation) => orientation === value) ?? 1;
}

/** The tags of a TIFF; undefined if it is damaged or cut. */
export function readTags(read: ReadBytes): Promise<TiffTags | undefined> {
  return whole(() => readTiff(read));
}

/** Reading past the end of a buffer is a RangeError: what is read is cut. */
async function whole<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if ((error as Partial<Error>).name === 'RangeError') return undefined;
    throw error;
  }
}

/** EXIF is a small TIFF inside: in JPEG's APP1, PNG's eXIf, WebP's EXIF. */
async function findTag(read: ReadBytes): Promise<Buffer | undefined> {
  const magic = (await readAt(read, 0, 4)).toString('latin1');
  if (magic.startsWith('\xff\xd8')) return inJpeg(read);
  if (magic === '\x89PNG') return inPng(read);
  if (magic === 'RIFF') return inWebp(read);
  return undefined;
}

async function inJpeg(read: ReadBytes): Promise<Buffer | undefined> {
  let at = 2;
  for (let block = 0; block < MAX_BLOCKS; block++) {
    const head = await readAt(read, at, 10);
    const marker = head.readUInt16BE(0);
    const length = head.readUInt16BE(2);
    // The picture begins (SOS), or this is no block: no tags follow.
    if (marker < 0xffc0 || marker === 0xffda || length < 2) return undefined;
    if (marker === 0xffe1 && head.toString('latin1', 4) === PREFIX) return readAt(read, at + 10, length - 8);
    at += 2 + length;
  }
  return undefined;
}

async function inPng(read: ReadBytes): Promise<Buffer | undefined> {
  let at = 8;
  for (let block = 0; block < MAX_BLOCKS; block++) {
    const head = await readAt(read, at, 8);
    const length = head.readUInt32BE(0);
    if (head.toString('latin1', 4) === 'eXIf') return withoutPrefix(await readAt(read, at + 8, length));
    at += 12 + length;
  }
  return undefined;
}

async function inWebp(read: ReadBytes): Promise<Buffer | undefined> {
  let at = 12;
  for (let block = 0; block < MAX_BLOCKS; block++) {
    const head = await readAt(read, at, 8);
    const length = head.readUInt32LE(4);
    if (head.toString('latin1', 0, 4) === 'EXIF') return withoutPrefix(await readAt(read, at + 8, length));
    at += 8 + length + (length % 2);
  }
  return undefined;
}

function readAt(read: ReadBytes, position: number, length: number): Promise<Buffer> {
  return read(position, Math.min(length, MAX_TAG_BYTES));
}

/** The specification of WebP puts the TIFF first; libvips, old Pillow and others put JPEG's prefix before it. */
function withoutPrefix(tag: Buffer): Buffer {
  return tag.toString('latin1', 0, PREFIX.length) === PREFIX ? tag.subarray(PREFIX.length) : tag;
}

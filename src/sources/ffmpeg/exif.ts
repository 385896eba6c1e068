import type { FileHandle } from 'node:fs/promises';

const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** EXIF's orientation: 1 upright, 2 mirrored, 3 upside down, 6 turn clockwise, 8 turn counter-clockwise; 4, 5 and 7 are mirrored too. */
export type Orientation = (typeof ORIENTATIONS)[number];

const ORIENTATION_TAG = 0x0112;
const MAX_TAG_BYTES = 64 * 1024;
const MAX_BLOCKS = 1000;

/** The orientation tag of a JPEG, PNG, WebP or TIFF file; 1 if there is none or it is invalid. */
export async function readOrientation(file: FileHandle): Promise<Orientation> {
  try {
    const tiff = await findTiff(file);
    return tiff === undefined ? 1 : orientationIn(tiff);
  } catch (error) {
    // A damaged or cut tag: reading past the end of a buffer is a RangeError.
    if (error instanceof RangeError) return 1;
    throw error;
  }
}

/** EXIF is a small TIFF inside: in JPEG's APP1, PNG's eXIf, WebP's EXIF. */
async function findTiff(file: FileHandle): Promise<Buffer | undefined> {
  const magic = (await readAt(file, 0, 4)).toString('latin1');
  if (magic === 'II*\0' || magic === 'MM\0*') return readAt(file, 0, MAX_TAG_BYTES);
  if (magic.startsWith('\xff\xd8')) return inJpeg(file);
  if (magic === '\x89PNG') return inPng(file);
  if (magic === 'RIFF') return inWebp(file);
  return undefined;
}

async function inJpeg(file: FileHandle): Promise<Buffer | undefined> {
  let at = 2;
  for (let block = 0; block < MAX_BLOCKS; block++) {
    const head = await readAt(file, at, 10);
    const marker = head.readUInt16BE(0);
    const length = head.readUInt16BE(2);
    // The picture begins (SOS), or this is no block: no tags follow.
    if (marker < 0xffc0 || marker === 0xffda || length < 2) return undefined;
    if (marker === 0xffe1 && head.toString('latin1', 4) === 'Exif\0\0') return readAt(file, at + 10, length - 8);
    at += 2 + length;
  }
  return undefined;
}

async function inPng(file: FileHandle): Promise<Buffer | undefined> {
  let at = 8;
  for (let block = 0; block < MAX_BLOCKS; block++) {
    const head = await readAt(file, at, 8);
    const length = head.readUInt32BE(0);
    if (head.toString('latin1', 4) === 'eXIf') return readAt(file, at + 8, length);
    at += 12 + length;
  }
  return undefined;
}

async function inWebp(file: FileHandle): Promise<Buffer | undefined> {
  let at = 12;
  for (let block = 0; block < MAX_BLOCKS; block++) {
    const head = await readAt(file, at, 8);
    const length = head.readUInt32LE(4);
    if (head.toString('latin1', 0, 4) === 'EXIF') return readAt(file, at + 8, length);
    at += 8 + length + (length % 2);
  }
  return undefined;
}

function orientationIn(tiff: Buffer): Orientation {
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number): number => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const entries = u16(directory);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    if (u16(at) !== ORIENTATION_TAG) continue;
    const value = u16(at + 8);
    return ORIENTATIONS.find((orientation) => orientation === value) ?? 1;
  }
  return 1;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const size = Math.min(length, MAX_TAG_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, position);
  return buffer.subarray(0, bytesRead);
}

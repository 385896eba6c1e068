import type { ReadBytes } from './read-bytes.ts';

const MAX_CHUNKS = 1000;

/** The formats of pictures that may move. */
const ANIMATIONS = ['APNG', 'animated WebP'] as const;

/** One of these formats. */
export type Animation = (typeof ANIMATIONS)[number];

/** Whether a picture is of a kind that may move. */
export function isAnimation(kind: string | undefined): kind is Animation {
  return ANIMATIONS.some((animation) => animation === kind);
}

/** Whether a file that begins with `bytes` is an animation: an APNG or an animated WebP. */
export async function animationIn(bytes: Buffer, read: ReadBytes): Promise<Animation | undefined> {
  const head = bytes.toString('latin1', 0, 21);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return (await isApng(read)) ? 'APNG' : undefined;
  const flags = head.startsWith('RIFF') && head.startsWith('WEBPVP8X', 8) ? head.charCodeAt(20) : 0;
  return flags & 2 ? 'animated WebP' : undefined;
}

/** An APNG has a chunk `acTL`, with the number of its frames, before its pixels. */
async function isApng(read: ReadBytes): Promise<boolean> {
  let at = 8;
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
    const head = await read(at, 12);
    const type = head.toString('latin1', 4, 8);
    if (head.length < 12 || type === 'IDAT') return false;
    if (type === 'acTL') return head.readUInt32BE(8) > 1;
    at += 12 + head.readUInt32BE(0);
  }
  return false;
}

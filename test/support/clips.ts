import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { media, scratch } from './media.ts';

/** So small a network, on the whole picture, so that everything else is what is tested. */
export const NETWORK = ['--model', 'lenet5', '--seed', '1', '--fit', 'contain'] as const;

/** 500 frames, a key frame every 50. */
export const long = (): string =>
  media(
    'long.mp4',
    '-f lavfi -i testsrc2=s=320x240:r=25:d=20 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 50 -bf 3',
  );

/** 300 frames that are read as one part. */
export const stream = (): string =>
  media(
    'stream.ts',
    '-f lavfi -i testsrc2=s=160x120:r=25:d=12 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 50 -f mpegts',
  );

/** A file of this content in a folder of its own. */
export function placed(name: string, content: Uint8Array | string): string {
  const file = path.join(scratch(), name);
  writeFileSync(file, content);
  return file;
}

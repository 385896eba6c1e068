import { SourceError } from '../../errors/errors.ts';
import { animationIn } from './animation.ts';
import { orientationIn, readOrientation, readTags, type Orientation } from './exif.ts';
import { pictureKind, type PictureKind } from './picture-kind.ts';
import type { ReadBytes } from './read-bytes.ts';
import { checkTiff, hasUnusedChannel } from './tiff.ts';

/** What the bytes of a picture say. */
export interface SniffedPicture {
  /** ffmpeg's demuxer for it. Undefined where ffmpeg chooses: old ones have none for an animated WebP. */
  readonly demuxer: string | undefined;
  readonly orientation: Orientation;
  /** Whether a fourth channel is no transparency. */
  readonly opaque: boolean;
  readonly kind?: PictureKind | undefined;
}

const SNIFFED = 64;

/** Names of streams of JPEG pictures. Any other JPEG file is one picture, also if more pictures follow it (Ultra HDR, MPO). */
const MOTION_JPEG = /\.mjpe?g$/i;

/** Recognizes the common pictures by their bytes; undefined for all else. Throws `SourceError` for what ffmpeg gets wrong. */
export async function sniffPicture(name: string, read: ReadBytes): Promise<SniffedPicture | undefined> {
  const head = await read(0, SNIFFED);
  const demuxer = stillFormat(head);
  if (demuxer === undefined) {
    refuseBigTiff(name, head);
    const kind = pictureKind(head);
    return kind && { demuxer, orientation: 1, opaque: false, kind };
  }
  if (demuxer === 'jpeg_pipe' && MOTION_JPEG.test(name)) return { demuxer: 'mjpeg', orientation: 1, opaque: false };
  if (demuxer !== 'tiff_pipe') {
    const orientation = await readOrientation(read);
    const animation = await animationIn(head, read);
    if (animation === 'animated WebP') return { demuxer: undefined, orientation: 1, opaque: false, kind: animation };
    return { demuxer: animation === 'APNG' ? 'apng' : demuxer, orientation, opaque: false, kind: animation };
  }
  const tags = await readTags(read);
  if (tags !== undefined) checkTiff(name, tags);
  return { demuxer, orientation: orientationIn(tags), opaque: tags !== undefined && hasUnusedChannel(tags) };
}

/** The demuxer for the common stills, by their first bytes; a name's ending may lie. */
function stillFormat(head: Buffer): string | undefined {
  const text = head.toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg_pipe';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png_pipe';
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return 'webp_pipe';
  if (text.startsWith('BM') && head.length > 26 && head.readUInt32LE(14) >= 12) return 'bmp_pipe';
  if (text.startsWith('II*\0') || text.startsWith('MM\0*')) return 'tiff_pipe';
  return undefined;
}

function refuseBigTiff(name: string, head: Buffer): void {
  const text = head.toString('latin1', 0, 6);
  if (text !== 'II+\0\b\0' && text !== 'MM\0+\0\b') return;
  throw new SourceError('codec', `${name}: a BigTIFF, which ffmpeg does not read; save it as a plain TIFF or as PNG`);
}

import { isA } from '../../errors/is-a.ts';
import { SourceError } from '../../errors/errors.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { checkResize } from '../check-resize.ts';
import type { Colour } from '../colour.ts';
import type { GrabOptions } from './grabber.ts';
import { isRgb, isYuv, type Planes } from './planes.ts';
import { ShownPixels, type Shown } from './shown-pixels.ts';
import { webColour } from './web-colour.ts';

/** A decoded picture, and how it is shown. */
interface Still extends Shown {
  readonly planes: Planes;
}

const RGB: Colour = { matrix: undefined, range: 'full' };

/** The most pixels that are drawn at a time: some browsers have no larger canvas than 16 million. */
const STRIP = 2 ** 22;

/**
 * @internal Makes pictures of stills as Node does: the file's own luma and chroma (or colours, over white) are brought to size,
 * without its colour profile.
 */
export class StillPixels {
  readonly #flip: boolean;
  readonly #shown: ShownPixels;

  constructor({ resize, flip = false }: { [Option in keyof GrabOptions]: GrabOptions[Option] | undefined }) {
    this.#flip = flip;
    this.#shown = new ShownPixels(resize && checkResize(resize));
  }

  /** Rejects if the browser can't read the picture. */
  async of(picture: Blob | ImageBitmap): Promise<Pixels> {
    const still = isA('ImageBitmap', picture) ? drawn(picture) : ((await decoded(picture)) ?? (await opened(picture)));
    return this.#shown.of(still.planes, { ...still, flip: still.flip !== this.#flip });
  }
}

/** By WebCodecs, which gives a JPEG's luma and chroma; undefined where the browser does not have it, or can't read this file by it. */
async function decoded(file: Blob): Promise<Still | undefined> {
  const type = mediaType(new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  if (typeof ImageDecoder === 'undefined' || type === undefined) return undefined;
  const decoder = new ImageDecoder({ type, data: await file.arrayBuffer(), colorSpaceConversion: 'none' });
  try {
    const { image } = await decoder.decode();
    try {
      return await stillOf(image);
    } finally {
      image.close();
    }
  } catch {
    return undefined;
  } finally {
    decoder.close();
  }
}

/** Undefined if the browser does not say how the frame lies (`rotation`), or has it in another format. */
async function stillOf(
  frame: VideoFrame & { readonly rotation?: number; readonly flip?: boolean },
): Promise<Still | undefined> {
  const { format, visibleRect, displayWidth, displayHeight, rotation, flip = false, colorSpace } = frame;
  if (!visibleRect || rotation === undefined || !(isYuv(format) || isRgb(format))) return undefined;
  const { width, height } = visibleRect;
  const bytes = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(bytes);
  if (format === 'RGBA' || format === 'BGRA') blendWithWhite(bytes);
  const [squarePixelWidth, squarePixelHeight] =
    rotation % 180 === 0 ? [displayWidth, displayHeight] : [displayHeight, displayWidth];
  const colour = isYuv(format) ? webColour(colorSpace.toJSON(), height) : RGB;
  const planes = { format, width, height, bytes, layout };
  return { planes, squarePixelWidth, squarePixelHeight, rotation, flip, colour };
}

async function opened(file: Blob): Promise<Still> {
  const picture = await createImageBitmap(file, { colorSpaceConversion: 'none' });
  try {
    return drawn(picture);
  } finally {
    picture.close();
  }
}

/** Upright already, over white, in its own size: a canvas would shrink it by a filter of its own. */
function drawn(picture: ImageBitmap): Still {
  const { width, height } = picture;
  const rows = Math.min(height, Math.max(1, Math.floor(STRIP / width)));
  const context = new OffscreenCanvas(width, rows).getContext('2d', { willReadFrequently: true, alpha: false });
  if (!context)
    throw new SourceError('canvas', `this browser has no canvas of ${width}×${rows}: give a smaller picture`);
  const bytes = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += rows) {
    const count = Math.min(rows, height - y);
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, rows);
    context.drawImage(picture, 0, y, width, count, 0, 0, width, count);
    bytes.set(context.getImageData(0, 0, width, count).data, y * width * 4);
  }
  const planes: Planes = { format: 'RGBX', width, height, bytes, layout: [{ offset: 0, stride: width * 4 }] };
  return { planes, squarePixelWidth: width, squarePixelHeight: height, rotation: 0, flip: false, colour: RGB };
}

/** Colours of four bytes, the fourth of which is alpha. */
function blendWithWhite(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i += 4) {
    const alpha = bytes[i + 3] as number;
    if (alpha === 255) continue;
    for (let c = i; c < i + 3; c++) bytes[c] = Math.round(255 - ((255 - (bytes[c] as number)) * alpha) / 255);
  }
}

/** The type of a picture by its first 12 bytes; undefined for types that ImageDecoder does not decode. */
function mediaType(head: Uint8Array): string | undefined {
  const text = String.fromCharCode(...head);
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('\x89PNG')) return 'image/png';
  if (text.startsWith('GIF8')) return 'image/gif';
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'image/webp';
  if (/^.{4}ftypavi[fs]$/s.test(text)) return 'image/avif';
  return undefined;
}

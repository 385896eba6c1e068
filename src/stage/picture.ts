import { messageOf, OptionError } from '../errors/errors.ts';
import { isBytes, type Pixels } from './pixels.ts';

type Bytes = Uint8Array | Uint8ClampedArray;

/**
 * What `frameSource` takes as a picture and turns into {@link Pixels}:
 *
 * - bytes with a width and a height: `Pixels`, an `ImageData`, what decoders such as jpeg-js give. `channels` may be 1 (grey), 2
 *   (grey and alpha), 3 or 4; without it there are 4, or 3 if the number of bytes says so;
 * - `{ data, info }` as sharp gives with `raw()` and `resolveWithObject`;
 * - an `OffscreenCanvas` or a `<canvas>`, which is read when it arrives.
 */
export type Picture =
  | {
      readonly width: number;
      readonly height: number;
      readonly channels?: number;
      readonly data: Uint8Array | Uint8ClampedArray;
    }
  | {
      readonly info: { readonly width: number; readonly height: number; readonly channels: number };
      readonly data: Uint8Array | Uint8ClampedArray;
    }
  | {
      readonly width: number;
      readonly height: number;
      /** As a canvas has it. */
      getContext(type: '2d'): unknown;
    };

/** The data of a frame that came as `T`: `Pixels` for any {@link Picture}. */
export type FrameData<T> = T extends Pixels ? T : T extends Picture ? Pixels : T;

/** What may be a {@link Picture}. */
interface Candidate {
  readonly width?: number;
  readonly height?: number;
  readonly channels?: number;
  readonly data?: unknown;
  readonly info?: Candidate;
  getContext?(type: '2d'): { getImageData(...area: readonly (number | undefined)[]): Candidate } | null;
}

/** @internal The pixels of a {@link Picture}, which share its bytes where they can. Other data is returned as it is. */
export function pixelsOf(given: unknown): unknown {
  const candidate = (given ?? {}) as Candidate;
  const picture = candidate.getContext ? drawnOn(candidate) : candidate;
  const info = picture.info ?? picture;
  const { width = 0, height = 0, channels } = info;
  // `Pixels` already, whose data may be read when it is first asked for.
  if (info === picture && channels && channels > 2) return given;
  const { data } = picture;
  const bytes = isBytes(data);
  if (info === picture && !bytes) return given;
  const perPixel = ((data as Bytes | undefined)?.length ?? 0) / (width * height);
  if (bytes && channels === perPixel && channels < 3) {
    return { width, height, channels: channels + 2, data: coloured(data, channels) };
  }
  // Without a number of channels only a picture has this many bytes.
  const isPicture = width && height && (channels || perPixel === 3 || perPixel === 4);
  return isPicture ? { width, height, channels: channels ?? perPixel, data } : given;
}

function drawnOn(canvas: Candidate): Candidate {
  try {
    const context = canvas.getContext?.('2d');
    if (!context) throw new Error('it has no 2d context');
    return context.getImageData(0, 0, canvas.width, canvas.height);
  } catch (cause) {
    throw new OptionError(`a canvas can't be read: ${messageOf(cause)}`, { cause });
  }
}

/** Grey as RGB, and grey with alpha as RGBA. */
function coloured(grey: ArrayLike<number>, channels: number): Uint8Array {
  const colour = new Uint8Array((grey.length / channels) * (channels + 2));
  for (let i = 0, to = 0; i < grey.length; i += channels) {
    for (const from of channels === 1 ? [i, i, i] : [i, i, i, i + 1]) colour[to++] = grey[from] ?? 0;
  }
  return colour;
}

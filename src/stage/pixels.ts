import { ShapeError } from '../errors/errors.ts';
import { describeShape, requireRank, sizeOf, type Shape } from './shape.ts';

/**
 * A picture as bytes: row-major, interleaved RGB or RGBA, 0–255, top left first.
 *
 * `data.length` is `width * height * channels`. Alpha is straight (not premultiplied).
 */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Set by a source that already resized: `resize` with the same options lets such a picture pass as it is. */
  readonly resized?: string;
}

/** @internal A stage from pictures to numbers, apart: the bytes of a picture, and what each becomes. */
export interface FromPixels {
  /** Interleaved RGB, as high and as wide as the stage's output. */
  bytes(pixels: Pixels): Uint8Array;
  /** x · scale + offset, one number or one per channel. */
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** @internal Throws `ShapeError` for a picture whose bytes do not match its size. */
export function checkPixels(pixels: Pixels): Pixels {
  const { width, height, channels, data } = pixels;
  const whole = [width, height].every((size) => Number.isSafeInteger(size) && size > 0);
  if (whole && (channels === 3 || channels === 4) && data.length === width * height * channels) return pixels;
  throw new ShapeError(
    `a picture of ${width}×${height} with ${channels} channels needs width · height · 3 (RGB) or 4 (RGBA) bytes, ` +
      `but has ${data.length}`,
  );
}

/** @internal Throws `ShapeError` for a shape no picture has. */
export function requirePicture(shape: Shape): void {
  const dimensions = ['1', 'height', 'width', '3 or 4 channels'];
  requireRank(shape, dimensions);
  if (shape[0] === 1 && (shape[3] === 3 || shape[3] === 4)) return;
  throw new ShapeError(`needs [${dimensions.join(', ')}], but ${describeShape(shape)} came`);
}

/** @internal A black picture. */
export function blankPixels(shape: Shape): Pixels {
  const [, height = 0, width = 0, channels] = shape;
  return { width, height, channels: channels === 4 ? 4 : 3, data: new Uint8Array(sizeOf(shape)) };
}

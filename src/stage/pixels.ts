import { ShapeError } from '../errors/errors.ts';
import { viewOfPart, wholeView, type PictureView, type Size } from '../frames/picture-view.ts';
import { describeShape, requireRank, sizeOf, type Shape } from './shape.ts';

/**
 * A picture as bytes: interleaved RGB or RGBA, 0–255, row by row from the top left.
 *
 * `data.length` is `width * height * channels`. Alpha is straight (not premultiplied).
 */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Set by a source that has already resized the picture: `resize` with the same options then leaves it as it is. */
  readonly resized?: string;
  /** What the picture shows of its source picture, if it was resized. */
  readonly view?: PictureView | undefined;
}

/** @internal A picture without its pixels. */
export type PictureLook = Omit<Pixels, 'channels' | 'data'>;

/** @internal What a picture shows of its source picture; undefined where it was resized and that is not known. */
export function viewOf({ width, height, resized, view }: PictureLook): PictureView | undefined {
  return view ?? (resized === undefined ? wholeView(width, height) : undefined);
}

/** @internal The picture without its pixels. */
export function lookOf({ width, height, resized, view }: Pixels): PictureLook {
  return { width, height, ...(resized === undefined ? {} : { resized }), ...(view === undefined ? {} : { view }) };
}

/**
 * @internal What a picture of this size shows that was made of all of another one, or of so much of it. Where it is not known what that one
 * showed, such as behind the fit `digit`, it stays so.
 */
export function lookOfWhole(before: PictureView | undefined, part: Size, size: Size): Pick<Pixels, 'view' | 'resized'> {
  if (!before) return { resized: 'repainted' };
  return { view: viewOfPart(before, { x: 0, y: 0, ...part }, { x: 0, y: 0, ...size }, size) };
}

/** @internal Whether the data of a frame are a picture. */
export function isPixels(data: unknown): data is Pixels {
  return typeof data === 'object' && data !== null && 'channels' in data && 'width' in data && 'height' in data;
}

/** @internal A stage from pictures to tensors, split in two: the bytes of a picture, and the number that each byte becomes. */
export interface FromPixels {
  /** Interleaved RGB of the stage's output size. */
  bytes(pixels: Pixels): Uint8Array;
  /** Each byte x becomes x · scale + offset. One number, or one per channel. */
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** @internal Whether a value is an array of bytes, of this realm or another. */
export function isBytes(value: unknown): value is Uint8Array | Uint8ClampedArray {
  return /^Uint8(Clamped)?Array$/.test(typeName(value));
}

function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** @internal Throws `ShapeError` for a picture whose data are not bytes, or do not match its size. */
export function checkPixels(pixels: Pixels): Pixels {
  const { width, height, channels, data } = pixels;
  const whole = [width, height].every((size) => Number.isSafeInteger(size) && size > 0) && isBytes(data);
  if (whole && (channels === 3 || channels === 4) && data.length === width * height * channels) return pixels;
  throw new ShapeError(
    `a picture of ${width}×${height} with ${channels} channels must have width · height · 3 (RGB) or 4 (RGBA) bytes ` +
      `in a Uint8Array or Uint8ClampedArray, but has ${data?.length} in a ${typeName(data)}`,
  );
}

/** @internal Throws `ShapeError` for a shape that is not a picture's. */
export function requirePicture(shape: Shape): void {
  const dimensions = ['1', 'height', 'width', '3 or 4 channels'];
  requireRank(shape, dimensions);
  if (shape[0] === 1 && (shape[3] === 3 || shape[3] === 4)) return;
  throw new ShapeError(`needs [${dimensions.join(', ')}], but got ${describeShape(shape)}`);
}

/** @internal A black picture. */
export function blankPixels(shape: Shape): Pixels {
  const [, height = 0, width = 0, channels] = shape;
  return { width, height, channels: channels === 4 ? 4 : 3, data: new Uint8Array(sizeOf(shape)) };
}

/** @internal The RGB values of a picture; transparent pixels are blended with white. */
export function opaqueData(pixels: Pixels): Pixels['data'] {
  const { data, channels } = checkPixels(pixels);
  if (channels === 3) return data;
  const rgb = new Uint8ClampedArray((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    const alpha = (data[from + 3] ?? 0) / 255;
    for (let c = 0; c < 3; c++) rgb[to++] = (data[from + c] ?? 0) * alpha + 255 * (1 - alpha);
  }
  return rgb;
}

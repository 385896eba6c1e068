import type { OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { viewOfPart, type Rectangle, type Size } from '../frames/picture-view.ts';
import { viewOf, type PictureLook } from '../stage/pixels.ts';

/**
 * How a picture fits the input size of a model.
 *
 * - `cover` (default): the largest centred part with the target's aspect ratio; the rest is cut off.
 * - `contain`: the whole picture, centred on black bars (letterbox).
 * - `fill`: the whole picture, stretched.
 * - `digit`: the handwritten digit in the picture, as MNIST shows digits: light on black without what is around it, its longer side 20/28
 *   of the shorter side of the target, its centre of mass at the centre. Dark ink is found as well as light ink.
 */
export type Fit = 'cover' | 'contain' | 'fill' | 'digit';

/**
 * How pixels are averaged or filled in.
 *
 * - `area` (default): the average of the area of each pixel when shrinking, `bilinear` when enlarging; OpenCV's `INTER_AREA`.
 * - `bilinear`: the two nearest pixels in each direction, also when shrinking, which then skips pixels; TensorFlow, Keras, OpenCV.
 * - `antialias`: bilinear over all pixels when shrinking; Pillow's `BILINEAR`, torchvision.
 * - `bicubic`: Pillow's `BICUBIC`, over all pixels when shrinking.
 * - `lanczos`: Pillow's `LANCZOS`, over all pixels when shrinking.
 * - `nearest`: the nearest pixel; Pillow's `NEAREST`.
 */
export type ResizeMethod = 'area' | 'bilinear' | 'antialias' | 'bicubic' | 'lanczos' | 'nearest';

/** Options of {@link resize}: the size of the output, and how the picture fits it. */
export interface ResizeOptions {
  /** Pixels, 1 to 16,384. */
  readonly width: number;
  /** Pixels, 1 to 16,384. */
  readonly height: number;
  /** Which part of the picture is used. Default `cover`. */
  readonly fit?: Fit;
  /**
   * The share of the part that `fit` selects that is used, around its centre; over 0 and at most 1. Default 1. With the fit `digit` it is
   * the share of the picture in which the digit is looked for.
   */
  readonly centralFraction?: number;
  /**
   * How pixels are averaged or filled in. Default `area`, which a source can do while it decodes; the others take longer. With the fit
   * `digit` it says how the digit is brought to its size.
   */
  readonly resizeMethod?: ResizeMethod;
}

/** @internal */
export const RESIZE_NAMES: OptionNames<ResizeOptions> = {
  width: true,
  height: true,
  fit: true,
  centralFraction: true,
  resizeMethod: true,
};

/** @internal */
export const FITS: readonly Fit[] = ['cover', 'contain', 'fill', 'digit'];
/** @internal */
export const RESIZE_METHODS: readonly ResizeMethod[] = [
  'area',
  'bilinear',
  'antialias',
  'bicubic',
  'lanczos',
  'nearest',
];
/** The most pixels on a side of a picture. */
export const MAX_SIDE = 16_384;

/** @internal Checks the values of resize options and fills in defaults; throws `OptionError`. */
export function resolveResize(options: ResizeOptions): Required<ResizeOptions> {
  const { width, height, fit = 'cover', centralFraction = 1, resizeMethod = 'area' } = options;
  for (const [name, value] of Object.entries({ width, height })) {
    if (!Number.isInteger(value) || value < 1 || value > MAX_SIDE) {
      throw new OptionError(
        `resize: ${name} must be a whole number from 1 to ${MAX_SIDE}, not ${describeValue(value)}`,
      );
    }
  }
  if (!FITS.includes(fit)) {
    throw new OptionError(`resize: fit must be one of ${FITS.join(', ')}, not ${describeValue(fit)}`);
  }
  if (!(Number.isFinite(centralFraction) && centralFraction > 0 && centralFraction <= 1)) {
    throw new OptionError(
      `resize: centralFraction must be over 0 and at most 1, not ${describeValue(centralFraction)}`,
    );
  }
  if (!RESIZE_METHODS.includes(resizeMethod)) {
    throw new OptionError(
      `resize: resizeMethod must be one of ${RESIZE_METHODS.join(', ')}, not ${describeValue(resizeMethod)}`,
    );
  }
  return { width, height, fit, centralFraction, resizeMethod };
}

/** @internal The options in a stage's spec. A default that was added later is left out, so that older versions read it. */
export function resizeSpec({ resizeMethod, ...size }: Required<ResizeOptions>): ResizeOptions {
  return resizeMethod === 'area' ? size : { ...size, resizeMethod };
}

/** The most pixels on a side of a picture in which a digit is looked for, where a decoder can make it smaller. */
const MOST_FOR_DIGIT = 1024;

/**
 * @internal The options with which a decoder can resize: by area averages. With another method, undefined. For a digit, which has to be
 * found in the whole picture, they only make a large picture smaller, if its size is given.
 */
export function decoderResize(options: ResizeOptions | undefined, size?: Size): ResizeOptions | undefined {
  if (options?.fit === 'digit') return size && smaller(size);
  return options?.resizeMethod === undefined || options.resizeMethod === 'area' ? options : undefined;
}

function smaller({ width, height }: Size): ResizeOptions | undefined {
  const scale = MOST_FOR_DIGIT / Math.max(width, height);
  if (scale >= 1) return undefined;
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height), fit: 'fill' };
}

/** @internal A key of the options: pictures that were resized with equal keys are equal. */
export function resizeKey(options: ResizeOptions): string {
  const { width, height, fit, centralFraction, resizeMethod } = resolveResize(options);
  return `${width}x${height} ${fit} ${centralFraction}${resizeMethod === 'area' ? '' : ` ${resizeMethod}`}`;
}

/**
 * @internal The part of the source that is used, and the part of the target that it fills; the rest of the target is black. Not for the fit
 * `digit`, whose part depends on the pixels.
 *
 * `source` may be fractional: an implementation that crops whole pixels rounds it.
 */
export function fitRectangles(
  sourceWidth: number,
  sourceHeight: number,
  options: ResizeOptions,
): { source: Rectangle; target: Rectangle } {
  const { width, height, fit, centralFraction } = resolveResize(options);
  const whole = { x: 0, y: 0, width, height };
  const aspect = width / height;
  const cover = fit === 'cover';
  const cropWidth = centralFraction * (cover ? Math.min(sourceWidth, sourceHeight * aspect) : sourceWidth);
  const cropHeight = centralFraction * (cover ? Math.min(sourceHeight, sourceWidth / aspect) : sourceHeight);
  const source = centred(cropWidth, cropHeight, sourceWidth, sourceHeight);
  if (fit !== 'contain') return { source, target: whole };
  const scale = Math.min(width / cropWidth, height / cropHeight);
  const targetWidth = Math.max(1, Math.round(cropWidth * scale));
  const targetHeight = Math.max(1, Math.round(cropHeight * scale));
  // Whole pixels: the edge of a bar is sharp, and in the same place in every implementation.
  const x = Math.floor((width - targetWidth) / 2);
  const y = Math.floor((height - targetHeight) / 2);
  return { source, target: { x, y, width: targetWidth, height: targetHeight } };
}

/** @internal What a picture is when it is resized, without its pixels. Where a digit is found depends on the pixels. */
export function lookAfter(picture: PictureLook, options: Required<ResizeOptions>): PictureLook {
  const resized = resizeKey(options);
  if (picture.resized === resized) return picture;
  const { width, height, fit } = options;
  const before = fit === 'digit' ? undefined : viewOf(picture);
  if (!before) return { width, height, resized };
  const { source, target } = fitRectangles(picture.width, picture.height, options);
  return { width, height, resized, view: viewOfPart(before, source, target, { width, height }) };
}

/** The part of a picture around its centre that has this share of each side. */
export function centralPart({ width, height }: Size, fraction: number): Rectangle {
  return centred(width * fraction, height * fraction, width, height);
}

function centred(width: number, height: number, inWidth: number, inHeight: number): Rectangle {
  return { x: (inWidth - width) / 2, y: (inHeight - height) / 2, width, height };
}

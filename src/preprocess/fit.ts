import type { OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';

/**
 * How a picture is brought to a network's input size.
 *
 * - `cover` (default): the largest centred part with the target's aspect ratio, the rest cut off.
 * - `contain`: the whole picture, centred on black bars (letterbox).
 * - `fill`: the whole picture, stretched.
 */
export type Fit = 'cover' | 'contain' | 'fill';

/** Target size and how to reach it. */
export interface ResizeOptions {
  readonly width: number;
  readonly height: number;
  /** Default `cover`. */
  readonly fit?: Fit;
  /** The central part of what `fit` selected that is used, 0 < centralFraction ≤ 1. Default 1. */
  readonly centralFraction?: number;
}

/** @internal */
export const RESIZE_NAMES: OptionNames<ResizeOptions> = { width: true, height: true, fit: true, centralFraction: true };

/** A part of a picture, in (fractional) pixels of that picture. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const FITS: readonly string[] = ['cover', 'contain', 'fill'];
const MAX_SIDE = 16_384;

/** Checks resize options and fills in their defaults; throws `OptionError` naming the one that is wrong. */
export function resolveResize(options: ResizeOptions): Required<ResizeOptions> {
  const { width, height, fit = 'cover', centralFraction = 1 } = options;
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
  return { width, height, fit, centralFraction };
}

/** One string per meaning of the options: equal keys, equal result. */
export function resizeKey(options: ResizeOptions): string {
  const { width, height, fit, centralFraction } = resolveResize(options);
  return `${width}x${height} ${fit} ${centralFraction}`;
}

/**
 * Which part of the source goes to which part of the target; what the target part leaves free is black.
 *
 * `source` is exact (fractional): an implementation that can only crop whole pixels rounds it.
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
  // Whole pixels, so that a bar's edge is sharp and every implementation puts it in the same place.
  const x = Math.floor((width - targetWidth) / 2);
  const y = Math.floor((height - targetHeight) / 2);
  return { source, target: { x, y, width: targetWidth, height: targetHeight } };
}

function centred(width: number, height: number, inWidth: number, inHeight: number): Rectangle {
  return { x: (inWidth - width) / 2, y: (inHeight - height) / 2, width, height };
}

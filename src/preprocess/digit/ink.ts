import { borderOf, mediansAround } from './border.ts';
import { contrastOf, noiseOf } from './contrast.ts';
import { digitParts, type DigitParts } from './digit-parts.ts';
import { flood } from './flood.ts';
import { partsOf } from './parts.ts';
import { valuesAt, wholeOf, type Plane } from './plane.ts';

/** What may be a digit: connected parts of a plane that rise above what is around them. */
export interface Ink {
  /** How far each pixel rises above what is around. */
  readonly rise: Plane;
  /** How far ink rises, 0–255. */
  readonly contrast: number;
  /** Of each pixel the label of its part, or 0. */
  readonly labels: Int32Array;
  /** The parts that may be a digit. */
  readonly digit: DigitParts;
}

/** Ink rises at least this far, of 255 … */
const LEAST_CONTRAST = 16;
/** … and at least by this many deviations of the noise. Noise alone is found to rise by about 2. */
const LEAST_TO_NOISE = 4;
/** A part reaches this share of the contrast somewhere … */
const PEAK = 1 / 2;
/** … and consists of pixels that reach this one: above it, digits of MNIST are 20 pixels long, as its makers scaled them. */
const EDGE = 1 / 4;
/** Lines from the border are flooded up to this share of the contrast: rules of paper go, and strokes stay. */
const RULES = 1 / 3;

/** Finds what is lighter than all around it and may be a digit; undefined if there is nothing. */
export function lightInk(plane: Plane): Ink | undefined {
  const { width, height, data } = plane;
  const border = borderOf(wholeOf(plane), width);
  const values = valuesAt(data, border);
  // What is narrower at the border than half of a side is a stroke that is cut off, or a line. Else it is a shadow, or not paper.
  const levels = mediansAround(values, Math.min(width, height));
  const whole = above(plane, flood(plane, border, levels));
  let [rise, contrast] = [whole, contrastOf(whole)];
  if (contrast < Math.max(LEAST_CONTRAST, LEAST_TO_NOISE * noiseOf(plane))) return undefined;
  if (values.some((value, i) => value > (levels[i] as number) + contrast * EDGE)) {
    const higher = levels.map((level) => Math.min(255, level + contrast * RULES));
    rise = above(plane, flood(plane, border, higher));
    contrast = contrastOf(rise);
  }
  const parts = partsOf(rise, Math.max(1, contrast * EDGE));
  const digit = digitParts({ ...parts, all: parts.all.filter(({ peak }) => peak >= contrast * PEAK) });
  return digit && { rise: digit.touches ? whole : rise, contrast, labels: parts.labels, digit };
}

/** How far a plane rises above its flood. */
function above({ width, height, data }: Plane, flooded: Uint8Array): Plane {
  return { width, height, data: data.map((value, i) => value - (flooded[i] as number)) };
}

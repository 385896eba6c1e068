import type { Rectangle } from '../../frames/picture-view.ts';
import { borderOf } from './border.ts';
import { around, longerSide, widened } from './box.ts';
import { lightInk, type Ink } from './ink.ts';
import { inverted, valuesAt, wholeOf, type Plane } from './plane.ts';
import { quantile } from './counts.ts';

/** What covers more of the picture, and does not reach its border, is a sheet of paper. No digit of MNIST covers so much. */
const SHEET = 1 / 2;
/** How far around the ink its surroundings are looked at, of its longer side. */
const MARGIN = 1 / 8;

/** Ink, and whether it is dark: then it was found in the inverted plane. */
export interface FoundInk {
  readonly ink: Ink;
  readonly isDark: boolean;
}

/**
 * Finds ink that is light or dark. Undefined if there is none.
 *
 * Where something is lighter than all around it, and something is darker, ink is what differs more from the surroundings of both:
 * what a digit encloses is of the same paper. Only a sheet of paper on a table is around the digit.
 */
export function findInk(plane: Plane): FoundInk | undefined {
  const [light, dark] = [lightInk(plane), lightInk(inverted(plane))];
  if (dark && (!light || isDark(plane, light, dark))) return { ink: dark, isDark: true };
  return light && { ink: light, isDark: false };
}

function isDark(plane: Plane, light: Ink, dark: Ink): boolean {
  if (isSheet(light)) return true;
  if (isSheet(dark)) return false;
  const both = around(light.digit.box, dark.digit.box);
  const paper = medianAround(plane, widened(both, Math.ceil(longerSide(both) * MARGIN), wholeOf(plane)));
  return paper - meanOf(plane, dark) > meanOf(plane, light) - paper;
}

function isSheet({ labels, digit }: Ink): boolean {
  return !digit.touches && digit.area > labels.length * SHEET;
}

/** The median of the pixels on the border of a part. */
function medianAround({ width, data }: Plane, part: Rectangle): number {
  return quantile(valuesAt(data, borderOf(part, width)), 1 / 2);
}

/** The mean of the ink's pixels. */
function meanOf({ data }: Plane, { labels, digit }: Ink): number {
  return data.reduce((sum, value, i) => sum + (digit.labels.has(labels[i] as number) ? value : 0), 0) / digit.area;
}

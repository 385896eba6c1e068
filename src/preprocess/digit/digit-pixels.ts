import type { Pixels } from '../../stage/pixels.ts';
import { centralPart, type ResizeOptions } from '../fit.ts';
import { longerSide } from './box.ts';
import { findDigit } from './find-digit.ts';
import { asPixels, scaled, wholeSide, type Plane } from './plane.ts';
import { strokesOf } from './strokes.ts';
import { strokeWidth, thickened } from './thicken.ts';

/** The longer side of a digit in MNIST's field of 28 pixels. */
const [DIGIT, FIELD] = [20, 28];
/** Strokes are thickened in pixels of which this many make one of the output. */
const FINE = 4;
/** Thinner strokes become THICKER pixels thick, of 20. In MNIST, strokes are 2.4 pixels thick, and only a tenth are thinner than 1.75. */
const [THIN, THICKER] = [1.75, 2];

/**
 * The digit in a picture, as MNIST shows digits: light ink on black, its longer side 20 of 28 pixels, its centre of mass at the centre. Black if
 * there is no digit.
 */
export function digitPixels(pixels: Pixels, options: Required<ResizeOptions>): Pixels {
  const { width, height, centralFraction, resizeMethod } = options;
  const field = { width, height, data: new Uint8Array(width * height) };
  const ink = findDigit(pixels, centralPart(pixels, centralFraction));
  if (!ink) return asPixels(field);
  const side = wholeSide((Math.min(width, height) * DIGIT) / FIELD);
  let strokes = strokesOf(ink);
  let longer = longerSide(ink.digit.box);
  if (longer > side * FINE) {
    strokes = scaled(strokes, (side * FINE) / longer, 'area');
    longer = side * FINE;
  }
  const thickness = (strokeWidth(strokes) * DIGIT) / longer;
  const by = thickness < THIN ? Math.round((((THICKER - thickness) / 2) * longer) / DIGIT) : 0;
  if (by > 0) strokes = thickened(strokes, by);
  place(brightened(scaled(strokes, side / (longer + 2 * by), resizeMethod)), field);
  return asPixels(field);
}

/** The same with full ink somewhere, as each digit of MNIST has it. */
function brightened({ width, height, data }: Plane): Plane {
  const most = data.reduce((most, value) => Math.max(most, value), 1);
  return { width, height, data: data.map((value) => Math.round((value * 255) / most)) };
}

/** Copies a plane so that its centre of mass is in the field's middle pixel, as MNIST has it: from 13.5 to 14.5 of 28, counted from 0. */
function place({ width, data }: Plane, field: Plane): void {
  let [sum, across, down] = [0, 0, 0];
  data.forEach((value, i) => {
    sum += value;
    across += value * (i % width);
    down += value * Math.floor(i / width);
  });
  const left = Math.ceil(field.width / 2 - across / sum - 0.5);
  const top = Math.ceil(field.height / 2 - down / sum - 0.5);
  data.forEach((value, i) => {
    const [x, y] = [left + (i % width), top + Math.floor(i / width)];
    if (x >= 0 && y >= 0 && x < field.width && y < field.height) field.data[y * field.width + x] = value;
  });
}

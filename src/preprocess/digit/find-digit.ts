import type { Pixels } from '../../stage/pixels.ts';
import type { Rectangle } from '../../frames/picture-view.ts';
import { inWholePixels, longerSide, widened } from './box.ts';
import { lightInk, type Ink } from './ink.ts';
import { greyPart, inverted, wholeSide, type Plane } from './plane.ts';
import { findInk, type FoundInk } from './find-ink.ts';

/** A look at a picture has at most this many pixels on a side: so it takes about as long for all pictures. */
const MOST = 192;
/** The most looks. */
const LOOKS = 5;
/** What a closer look shows around the digit, of its longer side. */
const MARGIN = 1 / 4;
/** A look that would show more than this of the one before, in length, is not worth it. */
const CLOSER = 9 / 10;

/**
 * Finds the digit in a part of a picture. While it is small in what was looked at, it looks closer: there is more detail then, and light
 * is more even. Undefined if there is no ink.
 */
export function findDigit(pixels: Pixels, within: Rectangle): Ink | undefined {
  let found: FoundInk | undefined;
  let part = within;
  for (let look = 0; look < LOOKS; look++) {
    const scale = Math.min(1, MOST / longerSide(part));
    const size = { width: wholeSide(part.width * scale), height: wholeSide(part.height * scale) };
    const grey = greyPart(pixels, part, size, 'area');
    const seen = found ? again(grey, found) : findInk(grey);
    if (!seen) break;
    found = seen;
    const core = coreOf(seen.ink);
    const [across, down] = [part.width / size.width, part.height / size.height];
    const [x, y] = [part.x + core.x * across, part.y + core.y * down];
    const digit = { x, y, width: core.width * across, height: core.height * down };
    const closer = inWholePixels(widened(digit, longerSide(digit) * MARGIN, part));
    if (longerSide(closer) > longerSide(part) * CLOSER) break;
    part = closer;
  }
  return found?.ink;
}

/** The ink in a closer look, which is as light or dark as before. */
function again(grey: Plane, { isDark }: FoundInk): FoundInk | undefined {
  const ink = lightInk(isDark ? inverted(grey) : grey);
  return ink && { ink, isDark };
}

/** The box of the digit's pixels that rise by at least half of the contrast: a soft shadow around a digit is not in it. */
function coreOf({ rise: { width, height, data }, contrast, labels, digit }: Ink): Rectangle {
  let [left, top, right, bottom] = [width, height, 0, 0];
  data.forEach((value, i) => {
    if (value < contrast / 2 || !digit.labels.has(labels[i] as number)) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  });
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

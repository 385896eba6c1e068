import type { Pixels } from '../../stage/pixels.ts';
import type { Rectangle, Size } from '../../frames/picture-view.ts';
import type { ResizeMethod } from '../fit.ts';
import { scalePart } from '../scale.ts';
import { LUMA } from '../to-tensor.ts';

/** A picture of one number a pixel, 0–255, row by row from the top left. */
export interface Plane extends Size {
  readonly data: Uint8Array;
}

/** The grey of a part of a picture, in another size: the luma of ITU-R BT.601, as `toTensor` has it. */
export function greyPart(pixels: Pixels, part: Rectangle, size: Size, method: ResizeMethod): Plane {
  const rgb = scalePart(pixels, part, size, wholeOf(size), method);
  const data = new Uint8Array(size.width * size.height);
  for (let i = 0, at = 0; i < data.length; i++, at += 3) {
    const [red, green, blue] = [rgb[at] as number, rgb[at + 1] as number, rgb[at + 2] as number];
    data[i] = Math.round(LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue);
  }
  return { ...size, data };
}

/** A plane whose sides are `scale` times as long, in whole pixels. */
export function scaled(plane: Plane, scale: number, method: ResizeMethod): Plane {
  const size = { width: wholeSide(plane.width * scale), height: wholeSide(plane.height * scale) };
  return greyPart(asPixels(plane), wholeOf(plane), size, method);
}

/** The whole number of pixels that is nearest to the length of a side. */
export function wholeSide(length: number): number {
  return Math.max(1, Math.round(length));
}

/** The grey picture. */
export function asPixels({ width, height, data }: Plane): Pixels {
  const rgb = new Uint8ClampedArray(data.length * 3);
  for (let i = 0, at = 0; i < data.length; i++) {
    const grey = data[i] as number;
    rgb[at++] = grey;
    rgb[at++] = grey;
    rgb[at++] = grey;
  }
  return { width, height, channels: 3, data: rgb };
}

/** Dark for light. */
export function inverted({ width, height, data }: Plane): Plane {
  return { width, height, data: data.map((value) => 255 - value) };
}

/** All of a plane. */
export function wholeOf({ width, height }: Size): Rectangle {
  return { x: 0, y: 0, width, height };
}

/** The values of these pixels. */
export function valuesAt(data: Uint8Array, places: Int32Array): Uint8Array {
  return Uint8Array.from(places, (place) => data[place] as number);
}

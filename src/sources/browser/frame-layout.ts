import type { PictureView, Rectangle } from '../../frames/picture-view.ts';
import type { ResizeOptions } from '../../preprocess/fit.ts';
import { shownPart } from '../shown-part.ts';
import type { Area } from './planes.ts';

/** How large a frame is stored, and how it is to be shown. */
export interface Stored {
  readonly width: number;
  readonly height: number;
  /** Its size with square pixels. */
  readonly squarePixelWidth: number;
  readonly squarePixelHeight: number;
  /** Width over height of one stored pixel. */
  readonly pixelAspect: number;
  /** Clockwise, by quarters. */
  readonly rotation: number;
}

/** What part of a frame, turned upright, goes where in the picture. */
export interface FrameLayout {
  readonly part: Area;
  /** In the picture; what is left free is black. */
  readonly place: Area;
  readonly width: number;
  readonly height: number;
  readonly view: PictureView;
}

/** @internal As `filterGraph` tells ffmpeg in Node: cropped in whole stored pixels, squared by the one scaling. */
export function frameLayout(stored: Stored, resize: ResizeOptions | undefined): FrameLayout {
  const { squarePixelWidth, squarePixelHeight } = stored;
  const lying = stored.rotation % 180 !== 0;
  const upright = lying
    ? { width: squarePixelHeight, height: squarePixelWidth }
    : { width: squarePixelWidth, height: squarePixelHeight };
  const { part, place, view } = shownPart({ ...stored, lying }, upright, resize);
  const { width, height } = resize ?? upright;
  return { part: areaOf(part), place: areaOf(place), width, height, view };
}

function areaOf({ x, y, width, height }: Rectangle): Area {
  return { left: x, top: y, width, height };
}

/** @internal The picture with its black bars, if it has any. */
export function onBlack(data: Uint8ClampedArray, { place, width, height }: FrameLayout): Uint8ClampedArray {
  if (place.width === width && place.height === height) return data;
  const whole = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < place.height; y++) {
    const row = data.subarray(y * place.width * 3, (y + 1) * place.width * 3);
    whole.set(row, ((place.top + y) * width + place.left) * 3);
  }
  return whole;
}

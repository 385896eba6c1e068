import { fitRectangles, resolveResize, type ResizeOptions } from '../../preprocess/fit.ts';
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
}

/** @internal As `filterGraph` tells ffmpeg in Node: cropped in whole stored pixels, squared by the one scaling. */
export function frameLayout(stored: Stored, resize: ResizeOptions | undefined): FrameLayout {
  const lying = stored.rotation % 180 !== 0;
  const [iw, ih] = lying ? [stored.height, stored.width] : [stored.width, stored.height];
  const [width, height] = lying
    ? [stored.squarePixelHeight, stored.squarePixelWidth]
    : [stored.squarePixelWidth, stored.squarePixelHeight];
  const whole = { left: 0, top: 0 };
  if (!resize) return { part: { ...whole, width: iw, height: ih }, place: { ...whole, width, height }, width, height };
  const to = resolveResize(resize);
  const aspect = lying ? 1 / stored.pixelAspect : stored.pixelAspect;
  const cover = to.fit === 'cover';
  const side = (all: number, most: number) =>
    Math.max(1, Math.round(to.centralFraction * (cover ? Math.min(all, most) : all)));
  const part = {
    width: side(iw, (ih * to.width) / to.height / aspect),
    height: side(ih, ((iw * to.height) / to.width) * aspect),
  };
  const { target } = fitRectangles(width, height, resize);
  return {
    part: { ...part, left: middle(iw - part.width), top: middle(ih - part.height) },
    place: { left: target.x, top: target.y, width: target.width, height: target.height },
    width: to.width,
    height: to.height,
  };
}

/** Half of what is left over; of two middles the even one, which is what ffmpeg's `crop` takes. */
function middle(rest: number): number {
  return rest % 4 === 3 ? (rest + 1) / 2 : Math.floor(rest / 2);
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

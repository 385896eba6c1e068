import { decoderResize, type ResizeOptions } from '../../preprocess/fit.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { brought } from '../brought.ts';
import type { Colour } from '../colour.ts';
import { frameLayout, onBlack } from './frame-layout.ts';
import type { Planes, Turn } from './planes.ts';
import { PlanesToRgb } from './planes-to-rgb.ts';

/** How a decoded picture is to be shown. */
export interface Shown extends Turn {
  /** Its size with square pixels, before it is turned. */
  readonly squarePixelWidth: number;
  readonly squarePixelHeight: number;
  readonly colour: Colour;
}

/** @internal Makes RGB of decoded planes, as they are to be shown: upright, with square pixels, brought to size. */
export class ShownPixels {
  readonly #resize: ResizeOptions | undefined;
  /** What the last picture was converted with, and what it is for: pictures of one source are alike, as a rule. */
  #last: { readonly kind: string; readonly converter: PlanesToRgb } | undefined;

  constructor(resize: ResizeOptions | undefined) {
    this.#resize = resize;
  }

  of(planes: Planes, { squarePixelWidth, squarePixelHeight, rotation, flip, colour }: Shown): Pixels {
    const { width, height } = planes;
    // Of whole square pixels, so not quite the file's own: a crop of pixels that are not square may be one pixel off.
    const pixelAspect = (squarePixelWidth * height) / (squarePixelHeight * width);
    const stored = { width, height, squarePixelWidth, squarePixelHeight, pixelAspect, rotation };
    const [across, down] =
      rotation % 180 === 0 ? [squarePixelWidth, squarePixelHeight] : [squarePixelHeight, squarePixelWidth];
    const layout = frameLayout(stored, decoderResize(this.#resize, { width: across, height: down }));
    const kind = [planes.format, ...Object.values(stored), flip, colour.matrix, colour.range].join(' ');
    if (this.#last?.kind !== kind) {
      const { part, place: size } = layout;
      this.#last = { kind, converter: new PlanesToRgb(planes, { colour, turn: { rotation, flip }, part, size }) };
    }
    const data = onBlack(this.#last.converter.convert(planes), layout);
    return brought({ width: layout.width, height: layout.height, channels: 3, data, view: layout.view }, this.#resize);
  }
}

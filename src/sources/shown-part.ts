import { viewOfPart, wholeView, type PictureView, type Rectangle } from '../frames/picture-view.ts';
import { fitRectangles, resolveResize, type ResizeOptions } from '../preprocess/fit.ts';

/** A frame as it is stored: its own size, that with square pixels, and by how far it is turned. */
export interface Stored {
  readonly width: number;
  readonly height: number;
  /** Width over height of one stored pixel. */
  readonly pixelAspect: number;
  /** Whether the stored frame lies on its side. */
  readonly lying: boolean;
}

/** What part of an upright frame goes where in the picture. */
export interface ShownPart {
  /** In whole stored pixels: squaring them is left to the one scaling. */
  readonly part: Rectangle;
  /** In the picture; what is left free is black. */
  readonly place: Rectangle;
  readonly view: PictureView;
}

/**
 * @internal The part that `fitRectangles` selects of a frame, as ffmpeg's `crop` takes it, and where it goes. `upright` is the size of the
 * whole frame when it is upright and has square pixels.
 */
export function shownPart(
  stored: Stored,
  upright: { readonly width: number; readonly height: number },
  resize: ResizeOptions | undefined,
): ShownPart {
  const { width, height } = upright;
  const view = wholeView(width, height);
  const [across, down] = stored.lying ? [stored.height, stored.width] : [stored.width, stored.height];
  if (!resize) {
    return { part: { x: 0, y: 0, width: across, height: down }, place: { x: 0, y: 0, width, height }, view };
  }
  const { fit, centralFraction, ...to } = resolveResize(resize);
  const aspect = stored.lying ? 1 / stored.pixelAspect : stored.pixelAspect;
  const side = (all: number, most: number) =>
    Math.max(1, Math.round(centralFraction * (fit === 'cover' ? Math.min(all, most) : all)));
  const partWidth = side(across, (down * to.width) / to.height / aspect);
  const partHeight = side(down, ((across * to.height) / to.width) * aspect);
  const part = { x: middle(across - partWidth), y: middle(down - partHeight), width: partWidth, height: partHeight };
  const { target: place } = fitRectangles(width, height, resize);
  const [squareX, squareY] = [width / across, height / down];
  const squared = {
    x: part.x * squareX,
    y: part.y * squareY,
    width: part.width * squareX,
    height: part.height * squareY,
  };
  return { part, place, view: viewOfPart(view, squared, place, { width: to.width, height: to.height }) };
}

/** Half of what is left over; of two middles the even one, which is what ffmpeg's `crop` takes. */
function middle(rest: number): number {
  return rest % 4 === 3 ? (rest + 1) / 2 : Math.floor(rest / 2);
}

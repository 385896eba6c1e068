import type { OptionNames } from '../../errors/check-options.ts';
import { SourceError } from '../../errors/errors.ts';
import { decoderResize, fitRectangles, lookAfter, type ResizeOptions } from '../../preprocess/fit.ts';
import type { PictureLook, Pixels } from '../../stage/pixels.ts';
import { checkResize } from '../check-resize.ts';

/** The options of all sources that draw pictures on a canvas. */
export interface GrabOptions {
  /**
   * Resizes pictures while they are read, which is cheaper than resizing them later. With a `resizeMethod` other than `area`, or
   * with the fit `digit`, pictures come whole, for `preprocess` to resize. Default: not resized.
   */
  readonly resize?: ResizeOptions;
  /** Mirrors pictures horizontally, as users expect of a camera that faces them. Default false. */
  readonly flip?: boolean;
}

/** @internal */
export const GRAB_NAMES: OptionNames<GrabOptions> = { resize: true, flip: true };

/** @internal Reads the pixels of everything that a canvas can draw. It uses one canvas for all pictures. */
export class Grabber {
  readonly #resize: Required<ResizeOptions> | undefined;
  readonly #flip: boolean;
  #context: OffscreenCanvasRenderingContext2D | undefined;

  constructor({ resize, flip = false }: { [Option in keyof GrabOptions]: GrabOptions[Option] | undefined }) {
    const checked = resize && checkResize(resize);
    this.#resize = decoderResize(checked) && checked;
    this.#flip = flip;
  }

  /** How it reads pictures: another grabber with these options reads the same bytes. */
  get options(): GrabOptions & { readonly resize?: Required<ResizeOptions> } {
    return { ...(this.#resize && { resize: this.#resize }), flip: this.#flip };
  }

  /** What the picture of an image of this size is, without its pixels. */
  look(width: number, height: number): PictureLook {
    return this.#resize ? lookAfter({ width, height }, this.#resize) : { width, height };
  }

  /** RGBA of the picture, `width` and `height` being its own; throws `SourceError` for one that can't be read. */
  grab(image: CanvasImageSource, width: number, height: number): Pixels {
    const resize = this.#resize;
    const size = resize ?? { width, height };
    const context = this.#contextOf(size.width, size.height);
    const whole = { x: 0, y: 0, width, height };
    const { source, target } = resize ? fitRectangles(width, height, resize) : { source: whole, target: whole };
    context.setTransform(this.#flip ? -1 : 1, 0, 0, 1, this.#flip ? size.width : 0, 0);
    // Bars are black, and transparent pixels are blended with white.
    context.fillStyle = 'black';
    context.fillRect(0, 0, size.width, size.height);
    context.fillStyle = 'white';
    context.fillRect(target.x, target.y, target.width, target.height);
    context.drawImage(
      image,
      ...([source.x, source.y, source.width, source.height, target.x, target.y, target.width, target.height] as const),
    );
    const { data } = context.getImageData(0, 0, size.width, size.height);
    return { ...this.look(width, height), channels: 4, data };
  }

  #contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
    const canvas = this.#context?.canvas;
    if (this.#context && canvas?.width === width && canvas.height === height) return this.#context;
    // Read each time it is drawn to: it stays in memory, not on the GPU.
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true, alpha: false });
    if (!context)
      throw new SourceError('canvas', `this browser has no canvas of ${width}×${height}: give a smaller resize`);
    context.imageSmoothingQuality = 'high';
    return (this.#context = context);
  }
}

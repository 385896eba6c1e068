import type { OptionNames } from '../../errors/check-options.ts';
import { SourceError } from '../../errors/errors.ts';
import { fitRectangles, resizeKey, type ResizeOptions } from '../../preprocess/fit.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { checkResize } from '../check-resize.ts';

/** How a source in the browser takes its pictures. */
export interface GrabOptions {
  /** Scales pictures as they are taken, which is cheaper than scaling them later. Default: their own size. */
  readonly resize?: ResizeOptions;
  /** Mirrors pictures left to right, as people expect of a camera that faces them. Default: false. */
  readonly flip?: boolean;
}

/** @internal */
export const GRAB_NAMES: OptionNames<GrabOptions> = { resize: true, flip: true };

/** @internal Takes the pixels of whatever a canvas can draw. One canvas, used again for each picture. */
export class Grabber {
  readonly #resize: Required<ResizeOptions> | undefined;
  readonly #flip: boolean;
  #context: OffscreenCanvasRenderingContext2D | undefined;

  constructor({ resize, flip = false }: { [Option in keyof GrabOptions]: GrabOptions[Option] | undefined }) {
    this.#resize = resize && checkResize(resize);
    this.#flip = flip;
  }

  /** RGBA of the picture, `width` and `height` being its own; throws `SourceError` for one that can't be read. */
  grab(image: CanvasImageSource, width: number, height: number): Pixels {
    const resize = this.#resize;
    const size = resize ?? { width, height };
    const context = this.#contextOf(size.width, size.height);
    const whole = { x: 0, y: 0, width, height };
    const { source, target } = resize ? fitRectangles(width, height, resize) : { source: whole, target: whole };
    context.setTransform(this.#flip ? -1 : 1, 0, 0, 1, this.#flip ? size.width : 0, 0);
    // Bars are black, and what is transparent is laid over white.
    context.fillStyle = 'black';
    context.fillRect(0, 0, size.width, size.height);
    context.fillStyle = 'white';
    context.fillRect(target.x, target.y, target.width, target.height);
    context.drawImage(
      image,
      ...([source.x, source.y, source.width, source.height, target.x, target.y, target.width, target.height] as const),
    );
    const { data } = context.getImageData(0, 0, size.width, size.height);
    return { ...size, channels: 4, data, ...(resize ? { resized: resizeKey(resize) } : {}) };
  }

  #contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
    const canvas = this.#context?.canvas;
    if (this.#context && canvas?.width === width && canvas.height === height) return this.#context;
    // Read each time it is drawn to: it stays in memory, not on the GPU.
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true, alpha: false });
    if (!context)
      throw new SourceError('canvas', `there is no canvas of ${width}×${height} here to take pictures with`);
    context.imageSmoothingQuality = 'high';
    return (this.#context = context);
  }
}

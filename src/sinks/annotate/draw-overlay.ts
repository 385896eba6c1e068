import type { Canvas } from '@napi-rs/canvas';
import { SluiceError } from '../../errors/errors.ts';
import type { Pixels } from '../../stage/pixels.ts';
import type { Overlay } from '../../tasks/task.ts';
import { canvasPackage } from './canvas-package.ts';

/** Draws an overlay on an rgb24 picture. It changes the picture's bytes. Without an overlay it does nothing. */
export type DrawOverlay = (picture: Pixels, overlay: Overlay | undefined) => void;

/**
 * Loads `@napi-rs/canvas`, an optional peer dependency, and returns the function that draws overlays. Throws `SluiceError`
 * (`output`) if the package is missing or no font is installed.
 */
export async function loadOverlay(): Promise<DrawOverlay> {
  const { createCanvas, GlobalFonts } = await canvasPackage('drawing labels');
  if (GlobalFonts.families.length === 0) {
    throw new SluiceError(
      'output',
      'drawing labels needs a font, but none is installed: install one (apt install fonts-dejavu-core)',
    );
  }
  // To make a canvas of each frame takes as long as to paint on it.
  let clear: Canvas | undefined;
  return (picture, overlay) => {
    if (!overlay) return;
    const { x, y, width, height } = overlay;
    const canvas = clear?.width === width && clear.height === height ? clear : createCanvas(width, height);
    // One that paint leaves as it is, because it throws, is not used again.
    clear = undefined;
    const context = canvas.getContext('2d');
    context.save();
    overlay.paint(context);
    context.restore();
    blend(picture, { x, y, width, height, data: context.getImageData(0, 0, width, height).data });
    context.clearRect(0, 0, width, height);
    clear = canvas;
  };
}

interface Layer extends Pick<Overlay, 'x' | 'y' | 'width' | 'height'> {
  /** RGBA. */
  readonly data: Uint8ClampedArray;
}

/** Blends RGBA into RGB. Most of a layer is transparent, so that is found with one comparison for a pixel. */
function blend({ width, data }: Pixels, { x, y, width: across, height: down, data: rgba }: Layer): void {
  const whole = new Uint32Array(rgba.buffer, rgba.byteOffset, across * down);
  for (let row = 0; row < down; row++) {
    const end = (row + 1) * across;
    let to = ((y + row) * width + x) * 3;
    for (let pixel = row * across; pixel < end; pixel++, to += 3) {
      if (whole[pixel] === 0) continue;
      const from = pixel * 4;
      const alpha = (rgba[from + 3] ?? 0) / 255;
      for (let c = 0; c < 3; c++) {
        const below = data[to + c] ?? 0;
        data[to + c] = Math.round(below + ((rgba[from + c] ?? 0) - below) * alpha);
      }
    }
  }
}

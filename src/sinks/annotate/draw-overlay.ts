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

/** Blends RGBA into RGB. Most pixels of a layer are transparent, which one comparison finds, and most others are opaque. */
function blend({ width, data }: Pixels, { x, y, width: across, height: down, data: rgba }: Layer): void {
  const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, across * down);
  for (let row = 0; row < down; row++) {
    blendRow(data, ((y + row) * width + x) * 3, rgba, pixels, row * across, (row + 1) * across);
  }
}

function blendRow(
  data: Pixels['data'],
  at: number,
  rgba: Uint8ClampedArray,
  pixels: Uint32Array,
  first: number,
  end: number,
): void {
  for (let pixel = first, to = at; pixel < end; pixel++, to += 3) {
    if (pixels[pixel] === 0) continue;
    const from = pixel * 4;
    const alpha = rgba[from + 3] as number;
    for (let c = 0; c < 3; c++) {
      const above = rgba[from + c] as number;
      const below = data[to + c] as number;
      data[to + c] = alpha === 255 ? above : Math.round(below + ((above - below) * alpha) / 255);
    }
  }
}

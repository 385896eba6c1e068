import type { Shape, Weight } from 'sluice';

const MOST = 64;

/** How many filters can be drawn: those of kernels `[h, w, 1 | 3, filters]` that are larger than 1 × 1. */
export function filterCount(shape: Shape): number {
  const [height = 1, width = 1, channels, filters = 0] = shape;
  return shape.length === 4 && height * width > 1 && (channels === 1 || channels === 3) ? Math.min(MOST, filters) : 0;
}

/** Paints a filter's weights as a picture; grey is 0. */
export function paintFilter(canvas: HTMLCanvasElement, { shape, data }: Weight, filter: number): void {
  const [height = 1, width = 1, channels = 1, filters = 1] = shape;
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  if (!context) return;
  const at = (pixel: number, channel: number) => data[(pixel * channels + channel) * filters + filter] ?? 0;
  let most = 0;
  for (let i = 0; i < width * height * channels; i++) most = Math.max(most, Math.abs(data[i * filters + filter] ?? 0));
  const image = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) {
      image.data[4 * pixel + c] = 128 + (most > 0 ? (127 * at(pixel, channels === 3 ? c : 0)) / most : 0);
    }
    image.data[4 * pixel + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

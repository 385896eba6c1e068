import type { Pixels } from 'sluice';

/** Paints a picture on a canvas and gives the canvas the picture's size. */
export function paintPixels(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  { width, height, channels, data }: Pixels,
): void {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  if (!context) return;
  const image = context.createImageData(width, height);
  if (channels === 4) image.data.set(data);
  else {
    for (let i = 0, o = 0; i < data.length; i += 3, o += 4) {
      image.data[o] = data[i] as number;
      image.data[o + 1] = data[i + 1] as number;
      image.data[o + 2] = data[i + 2] as number;
      image.data[o + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

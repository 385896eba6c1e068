import { createCanvas, loadImage } from '@napi-rs/canvas';

/** Reads the interleaved RGB of an opaque PNG that states no colour space. Throws for one of another size. */
export async function readPng(file: string, { width, height }: Size): Promise<Uint8Array> {
  const image = await loadImage(file);
  if (image.width !== width || image.height !== height) {
    throw new Error(`${file} must be ${width}×${height}, not ${image.width}×${image.height}`);
  }
  const context = createCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data: rgba } = context.getImageData(0, 0, width, height);
  const rgb = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    // A canvas changes the colours of what shines through.
    if (rgba[from + 3] !== 255) throw new Error(`${file} is transparent in places`);
    rgb[to] = rgba[from] ?? 0;
    rgb[to + 1] = rgba[from + 1] ?? 0;
    rgb[to + 2] = rgba[from + 2] ?? 0;
  }
  return rgb;
}

/** Width and height in pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

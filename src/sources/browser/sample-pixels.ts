import type { VideoSample } from 'mediabunny';
import type { ResizeOptions } from '../../preprocess/fit.ts';
import { resizePixels } from '../../preprocess/resize.ts';
import { resolveResize } from '../../preprocess/fit.ts';
import type { Pixels } from '../../preprocess/pixels.ts';
import { Grabber } from './grabber.ts';
import { colourOf, planesToRgb, type Planes } from './planes-to-rgb.ts';

const PLANAR: readonly string[] = ['I420', 'I422', 'I444', 'NV12'] satisfies Planes['format'][];

/** What the file itself says of its colours; what the decoder says it may have made up. */
export type ColourTags = Parameters<typeof colourOf>[0];

/** @internal A decoded frame as it is shown: upright, with square pixels, brought to size. */
export async function samplePixels(
  sample: VideoSample,
  tags: ColourTags,
  resize: ResizeOptions | undefined,
): Promise<Pixels> {
  const { format, squarePixelWidth, squarePixelHeight, rotation, flip } = sample;
  if (!PLANAR.includes(String(format)) || flip) return drawn(sample, resize);
  const { width, height } = sample.visibleRect;
  const bytes = new Uint8Array(sample.allocationSize());
  const layout = await sample.copyTo(bytes);
  const data = planesToRgb(
    { format: format as Planes['format'], width, height, bytes, layout },
    colourOf(tags, height),
  );
  const upright = turned({ width, height, channels: 3, data }, rotation);
  const [w, h] = rotation % 180 === 0 ? [squarePixelWidth, squarePixelHeight] : [squarePixelHeight, squarePixelWidth];
  const square =
    upright.width === w && upright.height === h
      ? upright
      : resizePixels(upright, resolveResize({ width: w, height: h, fit: 'fill' }));
  return resize ? resizePixels(square, resolveResize(resize)) : withoutKey(square);
}

/** What can't be read in planes (10 bits, on the GPU alone) the browser draws, by its own rule for colours. */
function drawn(sample: VideoSample, resize: ResizeOptions | undefined): Pixels {
  const { displayWidth, displayHeight } = sample;
  const canvas = new OffscreenCanvas(displayWidth, displayHeight);
  const context = canvas.getContext('2d');
  if (context) sample.draw(context, 0, 0, displayWidth, displayHeight);
  return new Grabber(resize ? { resize } : {}).grab(canvas, displayWidth, displayHeight);
}

function withoutKey({ width, height, channels, data }: Pixels): Pixels {
  return { width, height, channels, data };
}

/** Clockwise, by quarters. */
function turned(pixels: Pixels, degrees: number): Pixels {
  if (degrees === 0) return pixels;
  const { width, height, data } = pixels;
  const across = degrees === 180 ? width : height;
  const size = { width: across, height: degrees === 180 ? height : width };
  const out = new Uint8ClampedArray(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [tx, ty] =
        degrees === 90 ? [height - 1 - y, x] : degrees === 180 ? [width - 1 - x, height - 1 - y] : [y, width - 1 - x];
      const [from, to] = [(y * width + x) * 3, (ty * across + tx) * 3];
      for (let c = 0; c < 3; c++) out[to + c] = data[from + c] as number;
    }
  }
  return { ...size, channels: 3, data: out };
}

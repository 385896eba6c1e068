import type { VideoSample } from 'mediabunny';
import { resizeKey, resolveResize, type ResizeOptions } from '../../preprocess/fit.ts';
import { resizePixels } from '../../preprocess/resize.ts';
import type { Pixels } from '../../preprocess/pixels.ts';
import { Grabber } from './grabber.ts';
import { colourOf, type Colour } from '../colour.ts';
import { planesToRgb, planesToSize, type Part, type Planes } from './planes-to-rgb.ts';

const PLANAR: readonly string[] = ['I420', 'I422', 'I444', 'NV12'] satisfies Planes['format'][];

/** What the file itself says of its colours; what the decoder says it may have made up. */
export type ColourTags = Pick<VideoColorSpaceInit, 'matrix' | 'fullRange'>;

function colourIn({ matrix, fullRange }: ColourTags, height: number): Colour {
  return colourOf({
    pixelFormat: 'yuv420p',
    // WebCodecs and ffmpeg differ in a dash.
    matrix: matrix?.replace('-', '_'),
    range: typeof fullRange === 'boolean' ? (fullRange ? 'full' : 'limited') : undefined,
    height,
  });
}

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
  const planes: Planes = { format: format as Planes['format'], width, height, bytes, layout };
  const colour = colourIn(tags, height);
  const plain = rotation === 0 && squarePixelWidth === width && squarePixelHeight === height;
  if (resize && plain && resize.fit !== 'contain') {
    const size = resolveResize(resize);
    const data = planesToSize(planes, colour, selected(width, height, size), size.width, size.height);
    return { width: size.width, height: size.height, channels: 3, data, resized: resizeKey(resize) };
  }
  const data = planesToRgb(planes, colour);
  const upright = turned({ width, height, channels: 3, data }, rotation);
  const [w, h] = rotation % 180 === 0 ? [squarePixelWidth, squarePixelHeight] : [squarePixelHeight, squarePixelWidth];
  const square =
    upright.width === w && upright.height === h
      ? upright
      : resizePixels(upright, resolveResize({ width: w, height: h, fit: 'fill' }));
  return resize ? sized(square, resize) : withoutKey(square);
}

/** What can't be read in planes (10 bits, on the GPU alone) the browser draws, by its own rule for colours. */
function drawn(sample: VideoSample, resize: ResizeOptions | undefined): Pixels {
  const { displayWidth, displayHeight } = sample;
  const canvas = new OffscreenCanvas(displayWidth, displayHeight);
  const context = canvas.getContext('2d');
  if (context) sample.draw(context, 0, 0, displayWidth, displayHeight);
  return new Grabber({ resize }).grab(canvas, displayWidth, displayHeight);
}

/** The part of a picture that a resize uses, in whole pixels, as ffmpeg is told in Node. */
function selected(width: number, height: number, { fit, centralFraction, ...to }: Required<ResizeOptions>): Part {
  const aspect = to.width / to.height;
  const side = (whole: number, most: number) =>
    Math.max(1, Math.round(centralFraction * (fit === 'cover' ? Math.min(whole, most) : whole)));
  const part = { width: side(width, height * aspect), height: side(height, width / aspect) };
  return { ...part, left: Math.floor((width - part.width) / 2), top: Math.floor((height - part.height) / 2) };
}

function sized(pixels: Pixels, resize: ResizeOptions): Pixels {
  const size = resolveResize(resize);
  const part = cropped(pixels, selected(pixels.width, pixels.height, size));
  const { width, height, fit } = size;
  const done = resizePixels(part, { width, height, fit: fit === 'cover' ? 'fill' : fit, centralFraction: 1 });
  return { ...done, resized: resizeKey(resize) };
}

function cropped(pixels: Pixels, { left, top, width, height }: Part): Pixels {
  if (width === pixels.width && height === pixels.height) return pixels;
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * pixels.width + left) * 3;
    data.set(pixels.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, channels: 3, data };
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

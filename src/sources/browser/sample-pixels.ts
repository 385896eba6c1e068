import type { VideoSample } from 'mediabunny';
import { resizeKey, type ResizeOptions } from '../../preprocess/fit.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { colourOf, type Colour } from '../colour.ts';
import { frameLayout, onBlack } from './frame-layout.ts';
import { Grabber } from './grabber.ts';
import type { Planes } from './planes.ts';
import { PlanesToRgb } from './planes-to-rgb.ts';

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

/** @internal Makes pictures of a file's decoded frames, as they are shown: upright, with square pixels, brought to size. */
export class SamplePixels {
  readonly #tags: ColourTags;
  readonly #resize: ResizeOptions | undefined;
  /** What the last frame was converted with, and what it is for: frames of one file are alike, as a rule. */
  #last: { readonly kind: string; readonly converter: PlanesToRgb } | undefined;

  constructor(tags: ColourTags, resize: ResizeOptions | undefined) {
    this.#tags = tags;
    this.#resize = resize;
  }

  async of(sample: VideoSample): Promise<Pixels> {
    const { format } = sample;
    if (!PLANAR.includes(String(format))) return drawn(sample, this.#resize);
    const { width, height } = sample.visibleRect;
    const bytes = new Uint8Array(sample.allocationSize());
    const layout = await sample.copyTo(bytes);
    return this.#picture(sample, { format: format as Planes['format'], width, height, bytes, layout });
  }

  #picture(sample: VideoSample, planes: Planes): Pixels {
    const { squarePixelWidth, squarePixelHeight, rotation, flip } = sample;
    const { width, height } = planes;
    // Of whole square pixels, so not quite the file's own: a crop of pixels that are not square may be one pixel off.
    const pixelAspect = (squarePixelWidth * height) / (squarePixelHeight * width);
    const stored = { width, height, squarePixelWidth, squarePixelHeight, pixelAspect, rotation };
    const layout = frameLayout(stored, this.#resize);
    const kind = `${planes.format} ${Object.values(stored).join(' ')} ${flip}`;
    if (this.#last?.kind !== kind) {
      const colour = colourIn(this.#tags, height);
      const { part, place: size } = layout;
      this.#last = { kind, converter: new PlanesToRgb(planes, { colour, turn: { rotation, flip }, part, size }) };
    }
    const data = onBlack(this.#last.converter.convert(planes), layout);
    const picture = { width: layout.width, height: layout.height, channels: 3, data } as const;
    return this.#resize ? { ...picture, resized: resizeKey(this.#resize) } : picture;
  }
}

/** What can't be read in planes (10 bits, on the GPU alone) the browser draws, by its own rule for colours. */
function drawn(sample: VideoSample, resize: ResizeOptions | undefined): Pixels {
  const { displayWidth, displayHeight } = sample;
  const canvas = new OffscreenCanvas(displayWidth, displayHeight);
  const context = canvas.getContext('2d');
  if (context) sample.draw(context, 0, 0, displayWidth, displayHeight);
  return new Grabber({ resize }).grab(canvas, displayWidth, displayHeight);
}

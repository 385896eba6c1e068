import type { VideoSample } from 'mediabunny';
import type { ResizeOptions } from '../../preprocess/fit.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { brought } from '../brought.ts';
import { Grabber } from './grabber.ts';
import { isYuv } from './planes.ts';
import { ShownPixels } from './shown-pixels.ts';
import { webColour, type WebColourTags } from './web-colour.ts';

/** @internal Makes pictures of a file's decoded frames. */
export class SamplePixels {
  readonly #tags: WebColourTags;
  readonly #resize: ResizeOptions | undefined;
  readonly #shown: ShownPixels;

  /** `tags`: what the file itself says of its colours; what the decoder says it may have made up. */
  constructor(tags: WebColourTags, resize: ResizeOptions | undefined) {
    this.#tags = tags;
    this.#resize = resize;
    this.#shown = new ShownPixels(resize);
  }

  async of(sample: VideoSample): Promise<Pixels> {
    const { format } = sample;
    if (!isYuv(format)) return drawn(sample, this.#resize);
    const { width, height } = sample.visibleRect;
    const bytes = new Uint8Array(sample.allocationSize());
    const layout = await sample.copyTo(bytes);
    const { squarePixelWidth, squarePixelHeight, rotation, flip } = sample;
    const shown = { squarePixelWidth, squarePixelHeight, rotation, flip, colour: webColour(this.#tags, height) };
    return this.#shown.of({ format, width, height, bytes, layout }, shown);
  }
}

/** What can't be read in planes (10 bits, on the GPU alone) the browser draws, by its own rule for colours. */
function drawn(sample: VideoSample, resize: ResizeOptions | undefined): Pixels {
  const { displayWidth, displayHeight } = sample;
  const canvas = new OffscreenCanvas(displayWidth, displayHeight);
  const context = canvas.getContext('2d');
  if (context) sample.draw(context, 0, 0, displayWidth, displayHeight);
  return brought(new Grabber({ resize }).grab(canvas, displayWidth, displayHeight), resize);
}

import { SourceError } from '../../errors/errors.ts';
import type { MediaInput } from './input.ts';

/** The most pixels of one picture, unless an option says otherwise: 16-bit RGBA of this size takes 800 MB. */
export const MAX_PIXELS = 100_000_000;

/** A picture has more pixels than are allowed. */
export class PixelLimitError extends SourceError {
  readonly input: Pick<MediaInput, 'name' | 'args'>;
  readonly width: number;
  readonly height: number;

  constructor(input: Pick<MediaInput, 'name' | 'args'>, [width, height]: readonly [number, number], maxPixels: number) {
    const limit = maxPixels.toLocaleString('en');
    super(
      'too-large',
      `${input.name}: ${width}x${height} is over the limit of ${limit} pixels: maxPixels (--max-pixels) raises it`,
    );
    // For users it is no class of its own.
    this.name = 'SourceError';
    this.input = input;
    this.width = width;
    this.height = height;
  }

  get pixels(): number {
    return this.width * this.height;
  }

  /** The same error for another limit. */
  withLimit(maxPixels: number): PixelLimitError {
    return new PixelLimitError(this.input, [this.width, this.height], maxPixels);
  }
}

/** The size that ffmpeg refused by `-max_pixels`. */
export function refusedSize(text: string): readonly [number, number] | undefined {
  const [, width, height] = /\] Picture size (\d+)x(\d+) exceeds specified max pixel count/.exec(text) ?? [];
  return width === undefined ? undefined : [Number(width), Number(height)];
}

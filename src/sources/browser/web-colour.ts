import { colourOf, type Colour } from '../colour.ts';

/** What WebCodecs calls the colours of a frame. */
export type WebColourTags = Pick<VideoColorSpaceInit, 'matrix' | 'fullRange'>;

/** @internal The colours of luma and chroma of `height` lines, by the one colour rule. */
export function webColour({ matrix, fullRange }: WebColourTags, height: number): Colour {
  return colourOf({
    pixelFormat: 'yuv420p',
    // WebCodecs and ffmpeg differ in a dash.
    matrix: matrix?.replace('-', '_'),
    range: typeof fullRange === 'boolean' ? (fullRange ? 'full' : 'limited') : undefined,
    height,
  });
}

import type { PictureForm } from './picture-form.ts';
import type { PictureOutputs } from './picture-outputs.ts';

/** The values of an output as interleaved RGB, 0 for black to 255 for white, neither rounded nor clamped. Throws `RangeError` for one that is NaN or infinite. */
export function readColours(
  values: ArrayLike<number>,
  { width, height, channels, isPlanar }: PictureForm,
  { range: [black, white], channelOrder }: Pick<PictureOutputs, 'range' | 'channelOrder'>,
): Float32Array {
  const pixels = width * height;
  const scale = 255 / (white - black);
  const colours = new Float32Array(3 * pixels);
  for (let c = 0; c < 3; c++) {
    const channel = channels === 1 ? 0 : channelOrder === 'bgr' ? 2 - c : c;
    const [first, step] = isPlanar ? [channel * pixels, 1] : [channel, channels];
    for (let i = 0, from = first, to = c; i < pixels; i++, from += step, to += 3) {
      const value = values[from] ?? NaN;
      // A clamped NaN would be black, and nobody would notice.
      if (!Number.isFinite(value)) throw new RangeError(`value ${from} of the picture is ${value}`);
      colours[to] = (value - black) * scale;
    }
  }
  return colours;
}

import type { PictureForm } from './picture-form.ts';
import type { PictureOutputs } from './picture-outputs.ts';

/** The values of an output as interleaved RGB, 0 for black to 255 for white, neither rounded nor clamped. Throws `RangeError` for one that is NaN or infinite. */
export function readColours(
  values: ArrayLike<number>,
  { width, height, channels, isPlanar }: PictureForm,
  { range: [black, white], channelOrder }: Pick<PictureOutputs, 'range' | 'channelOrder'>,
): Float32Array {
  const pixels = width * height;
  for (let i = 0; i < pixels * channels; i++) {
    // A clamped NaN would be black, and nobody would notice.
    if (!Number.isFinite(values[i])) throw new RangeError(`value ${i} of the picture is ${values[i]}`);
  }
  const scale = 255 / (white - black);
  const colours = new Float32Array(3 * pixels);
  const step = isPlanar ? 1 : channels;
  const [red = 0, green = 0, blue = 0] = [0, 1, 2].map((colour) => {
    const channel = channels === 1 ? 0 : channelOrder === 'bgr' ? 2 - colour : colour;
    return isPlanar ? channel * pixels : channel;
  });
  for (let i = 0, from = 0, to = 0; i < pixels; i++, from += step, to += 3) {
    colours[to] = ((values[from + red] ?? NaN) - black) * scale;
    colours[to + 1] = ((values[from + green] ?? NaN) - black) * scale;
    colours[to + 2] = ((values[from + blue] ?? NaN) - black) * scale;
  }
  return colours;
}

import * as tf from '@tensorflow/tfjs-core';
import { stage, type Stage } from '../stage.ts';
import { blankPixels, checkPixels, requirePicture, type Pixels } from './pixels.ts';

/**
 * Pictures to tensors: Pixels `[1, h, w, 3 | 4]` → float32 `[1, h, w, 3]` of 0–255; transparent pixels over white.
 *
 * @example
 * console.log(toTensor().outputShape([1, 224, 224, 4])); // [1, 224, 224, 3]
 */
export function toTensor(): Stage<Pixels, tf.Tensor4D> {
  return stage<Pixels, tf.Tensor4D>({
    spec: { op: 'toTensor' },
    blank: blankPixels,
    outputShape(input) {
      requirePicture(input);
      return [1, input[1] ?? 0, input[2] ?? 0, 3];
    },
    kernel: () => pixelsToTensor([1], [0]),
    clean: true,
  });
}

/**
 * @internal Pixels as x · scale + offset. A byte has 256 values, so each channel's arithmetic is a table; and the upload
 * is of floats, because tfjs converts bytes twenty times slower.
 */
export function pixelsToTensor(scale: readonly number[], offset: readonly number[]): (pixels: Pixels) => tf.Tensor4D {
  const [red, green, blue] = [0, 1, 2].map((channel) => {
    const [a, b] = [scale[channel % scale.length] ?? 1, offset[channel % offset.length] ?? 0];
    return Float32Array.from({ length: 256 }, (_, value) => value * a + b);
  }) as [Float32Array, Float32Array, Float32Array];
  return (pixels) => {
    const { width, height } = pixels;
    const rgb = opaque(pixels);
    const values = new Float32Array(width * height * 3);
    for (let i = 0; i < values.length; i += 3) {
      values[i] = red[rgb[i] ?? 0] ?? 0;
      values[i + 1] = green[rgb[i + 1] ?? 0] ?? 0;
      values[i + 2] = blue[rgb[i + 2] ?? 0] ?? 0;
    }
    return tf.tensor4d(values, [1, height, width, 3]);
  };
}

/** RGB, what is transparent laid over white. */
function opaque(pixels: Pixels): Pixels['data'] {
  const { data, channels } = checkPixels(pixels);
  if (channels === 3) return data;
  const rgb = new Uint8ClampedArray((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    const alpha = (data[from + 3] ?? 0) / 255;
    for (let c = 0; c < 3; c++) rgb[to++] = (data[from + c] ?? 0) * alpha + 255 * (1 - alpha);
  }
  return rgb;
}

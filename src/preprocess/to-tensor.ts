import * as tf from '@tensorflow/tfjs-core';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Stage } from '../stage/stage.ts';
import { blankPixels, checkPixels, requirePicture, type Pixels } from '../stage/pixels.ts';
import { stage } from '../stages/define-stage.ts';
import { isA } from '../errors/is-a.ts';

/** Options of {@link toTensor}. */
export interface ToTensorOptions {
  /** 3 for RGB (default), or 1 for grey: the luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, as in PIL and OpenCV). */
  readonly channels?: 1 | 3;
}

/** @internal */
export const TO_TENSOR_NAMES: OptionNames<ToTensorOptions> = { channels: true };

/**
 * Converts pictures to tensors: Pixels `[1, h, w, 3 | 4]` → float32 `[1, h, w, channels]` of 0–255. Transparent pixels are
 * blended with white.
 *
 * Throws `OptionError` for `channels` other than 1 and 3.
 *
 * @see {@link preprocess}, {@link resize}, {@link normalize}
 *
 * @example
 * console.log(toTensor().outputShape([1, 224, 224, 4])); // [1, 224, 224, 3]
 */
export function toTensor(options: ToTensorOptions = {}): Stage<Pixels, tf.Tensor4D> {
  checkOptions('toTensor', options, TO_TENSOR_NAMES);
  const { channels = 3 } = options;
  checkChannels('toTensor', channels);
  return stage<Pixels, tf.Tensor4D>({
    spec: { op: 'toTensor', channels },
    blank: blankPixels,
    outputShape(input) {
      requirePicture(input);
      return [1, input[1] ?? 0, input[2] ?? 0, channels];
    },
    kernel: () => pixelsToTensor(channels, [1], [0]),
    clean: true,
    fromPixels: channels === 3 ? { bytes: rgbBytes, scale: [1], offset: [0] } : undefined,
  });
}

/** @internal Throws `OptionError` for `channels` other than 1 and 3. */
export function checkChannels(called: string, channels: unknown): void {
  if (channels === 1 || channels === 3) return;
  throw new OptionError(`${called}: channels must be 3 (RGB) or 1 (grey), not ${describeValue(channels)}`);
}

const LUMA = [0.299, 0.587, 0.114];

/**
 * @internal Makes a function from pixels to a tensor of x · scale + offset. A byte has 256 values, so each channel has a table
 * of results. The tensor is made from floats, because tfjs converts bytes twenty times slower.
 */
export function pixelsToTensor(
  channels: 1 | 3,
  scale: readonly number[],
  offset: readonly number[],
): (pixels: Pixels) => tf.Tensor4D {
  const tables = [0, 1, 2].map((channel) => {
    const [a, b] = [scale[channel % scale.length] ?? 1, offset[channel % offset.length] ?? 0];
    const part = channels === 1 ? (LUMA[channel] ?? 0) : 1;
    return Float32Array.from({ length: 256 }, (_, value) => (value * a + b) * part);
  }) as unknown as Tables;
  let scratch = new Float32Array();
  /** wasm copies the numbers at once, so one array is used again: collecting a new one each time costs more than the rest. */
  const numbers = (size: number) => {
    if (tf.getBackend() !== 'wasm') return new Float32Array(size);
    if (scratch.length !== size) scratch = new Float32Array(size);
    return scratch;
  };
  return (pixels) => {
    const { width, height } = pixels;
    const rgb = opaque(pixels);
    const values = numbers(width * height * channels);
    const convert = channels === 1 ? greyRow : colourRow;
    for (let row = 0; row < height; row++) convert(rgb, tables, values, row * width, width);
    return tf.tensor4d(values, [1, height, width, channels]);
  };
}

/** For each channel the result of every byte. */
type Tables = readonly [red: Float32Array, green: Float32Array, blue: Float32Array];

// One row a call: a loop over a whole picture, entered once per frame, would be compiled late or never.
function colourRow(rgb: Pixels['data'], [red, green, blue]: Tables, values: Float32Array, at: number, width: number) {
  const end = (at + width) * 3;
  for (let i = at * 3; i < end; i += 3) {
    values[i] = red[rgb[i] ?? 0] ?? 0;
    values[i + 1] = green[rgb[i + 1] ?? 0] ?? 0;
    values[i + 2] = blue[rgb[i + 2] ?? 0] ?? 0;
  }
}

function greyRow(rgb: Pixels['data'], [red, green, blue]: Tables, values: Float32Array, at: number, width: number) {
  for (let i = at, from = at * 3; i < at + width; i++, from += 3) {
    values[i] = (red[rgb[from] ?? 0] ?? 0) + (green[rgb[from + 1] ?? 0] ?? 0) + (blue[rgb[from + 2] ?? 0] ?? 0);
  }
}

/** @internal The RGB bytes of a picture; transparent pixels are blended with white. */
export function rgbBytes(pixels: Pixels): Uint8Array {
  const rgb = opaque(pixels);
  return isA('Uint8Array', rgb) ? rgb : new Uint8Array(rgb.buffer, rgb.byteOffset, rgb.length);
}

/** The RGB values of a picture; transparent pixels are blended with white. */
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

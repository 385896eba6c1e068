import * as tf from '@tensorflow/tfjs-core';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Stage } from '../stage/stage.ts';
import { blankPixels, opaqueData, requirePicture, type Pixels } from '../stage/pixels.ts';
import { stage } from '../stages/define-stage.ts';
import { isA } from '../errors/is-a.ts';

/** Options of {@link toTensor}. */
export interface ToTensorOptions {
  /** 3 for colours (default), or 1 for grey: the luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, as in PIL and OpenCV). */
  readonly channels?: 1 | 3;
  /** The order of the three channels. Default `rgb`; models of Caffe and OpenCV take `bgr`. */
  readonly channelOrder?: ChannelOrder;
  /** The order of the dimensions. Default `nhwc`, `[1, height, width, channels]`; `nchw` is `[1, channels, height, width]`. */
  readonly layout?: Layout;
}

/** The order of the channels of a tensor. */
export type ChannelOrder = 'rgb' | 'bgr';

/** The order of the dimensions of a tensor: N the batch, H the height, W the width, C the channels. */
export type Layout = 'nhwc' | 'nchw';

/** @internal */
export const TO_TENSOR_NAMES: OptionNames<ToTensorOptions> = { channels: true, channelOrder: true, layout: true };

/**
 * Converts pictures to tensors: Pixels `[1, h, w, 3 | 4]` → float32 `[1, h, w, channels]` of 0–255, or with
 * `layout: 'nchw'` `[1, channels, h, w]`. Transparent pixels are blended with white.
 *
 * Throws `OptionError` for `channels` other than 1 and 3, for an order or a layout that does not exist, and for grey with `bgr`.
 *
 * @see {@link preprocess}, {@link resize}, {@link normalize}
 *
 * @example
 * console.log(toTensor().outputShape([1, 224, 224, 4])); // [1, 224, 224, 3]
 * console.log(toTensor({ layout: 'nchw' }).outputShape([1, 224, 224, 3])); // [1, 3, 224, 224]
 */
export function toTensor(options: ToTensorOptions = {}): Stage<Pixels, tf.Tensor4D> {
  checkOptions('toTensor', options, TO_TENSOR_NAMES);
  const form = tensorForm('toTensor', options);
  return stage<Pixels, tf.Tensor4D>({
    spec: { op: 'toTensor', ...form.spec },
    blank: blankPixels,
    outputShape(input) {
      requirePicture(input);
      return form.shape(input[1] ?? 0, input[2] ?? 0);
    },
    kernel: () => pixelsToTensor(form, [1], [0]),
    clean: true,
    fromPixels: form.isRow ? { bytes: (pixels) => bytesInOrder(pixels, form), scale: [1], offset: [0] } : undefined,
  });
}

/** @internal How a tensor holds a picture. */
export interface TensorForm {
  readonly channels: 1 | 3;
  readonly isBgr: boolean;
  readonly isPlanar: boolean;
  /** Whether the tensor holds the values of the pixels' bytes, pixel by pixel. */
  readonly isRow: boolean;
  /** The options; defaults that were added later are left out. */
  readonly spec: ToTensorOptions;
  readonly shape: (height: number, width: number) => number[];
}

/** @internal Checks the options; throws `OptionError`. `called` is the function that was given them. */
export function tensorForm(called: string, options: ToTensorOptions): TensorForm {
  const { channels = 3, channelOrder = 'rgb', layout = 'nhwc' } = options;
  const refuse = (what: string, value: unknown) => {
    throw new OptionError(`${called}: ${what}, not ${describeValue(value)}`);
  };
  if (channels !== 1 && channels !== 3) refuse('channels must be 3 (RGB) or 1 (grey)', channels);
  const isBgr = channelOrder === 'bgr';
  const isPlanar = layout === 'nchw';
  if (!isBgr && channelOrder !== 'rgb') refuse('channelOrder must be rgb or bgr', channelOrder);
  if (!isPlanar && layout !== 'nhwc') refuse('layout must be nhwc or nchw', layout);
  if (isBgr && channels === 1) refuse('channelOrder bgr needs channels 3', channels);
  return {
    channels,
    isBgr,
    isPlanar,
    isRow: channels === 3 && !isPlanar,
    spec: { channels, ...(isBgr && { channelOrder }), ...(isPlanar && { layout }) },
    shape: (height, width) => (isPlanar ? [1, channels, height, width] : [1, height, width, channels]),
  };
}

/** @internal How much red, green and blue count in the luma of a colour (ITU-R BT.601). */
export const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * @internal Makes a function from pixels to a tensor of x · scale + offset, each one number or one per channel of the tensor. A
 * byte has 256 values, so each channel has a table of results. The tensor is made from floats, because tfjs converts bytes
 * twenty times slower.
 */
export function pixelsToTensor(
  { channels, isBgr, isPlanar, shape }: TensorForm,
  scale: readonly number[],
  offset: readonly number[],
): (pixels: Pixels) => tf.Tensor4D {
  const tables = [0, 1, 2].map((colour) => {
    const channel = isBgr ? 2 - colour : colour;
    const [a, b] = [scale[channel % scale.length] ?? 1, offset[channel % offset.length] ?? 0];
    const part = channels === 1 ? (LUMA[colour] ?? 0) : 1;
    return Float32Array.from({ length: 256 }, (_, value) => (value * a + b) * part);
  }) as unknown as Tables;
  const isBytes = channels === 3 && !isBgr && !isPlanar && scale.every((a) => a === 1) && offset.every((b) => b === 0);
  let scratch = new Float32Array();
  /** wasm copies the numbers at once, so one array is used again: collecting a new one each time costs more than the rest. */
  const numbers = (size: number) => {
    if (tf.getBackend() !== 'wasm') return new Float32Array(size);
    if (scratch.length !== size) scratch = new Float32Array(size);
    return scratch;
  };
  return (pixels) => {
    const { width, height } = pixels;
    const rgb = opaqueData(pixels);
    const values = numbers(width * height * channels);
    const apart = isPlanar ? width * height : 1;
    const places: Places = {
      red: isBgr ? 2 * apart : 0,
      green: apart,
      blue: isBgr ? 0 : 2 * apart,
      step: isPlanar ? 1 : 3,
    };
    const convert = channels === 1 ? greyRow : isBgr || isPlanar ? colourRow : rgbRow;
    if (isBytes) values.set(rgb);
    else for (let row = 0; row < height; row++) convert(rgb, tables, values, row * width, width, places);
    return tf.tensor4d(values, shape(height, width) as [number, number, number, number]);
  };
}

/** For each colour the result of every byte. */
type Tables = readonly [red: Float32Array, green: Float32Array, blue: Float32Array];

/** Where the values of the first pixel are, and how far those of the next one are from them. */
interface Places {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly step: number;
}

// One row a call: a loop over a whole picture, entered once per frame, would be compiled late or never.
function rgbRow(rgb: Pixels['data'], [red, green, blue]: Tables, values: Float32Array, at: number, width: number) {
  const end = (at + width) * 3;
  for (let i = at * 3; i < end; i += 3) {
    values[i] = red[rgb[i] ?? 0] ?? 0;
    values[i + 1] = green[rgb[i + 1] ?? 0] ?? 0;
    values[i + 2] = blue[rgb[i + 2] ?? 0] ?? 0;
  }
}

/** As `rgbRow`, in any order, which takes longer. */
function colourRow(
  rgb: Pixels['data'],
  [reds, greens, blues]: Tables,
  values: Float32Array,
  at: number,
  width: number,
  { red, green, blue, step }: Places,
) {
  const end = (at + width) * 3;
  for (let i = at * 3, to = at * step; i < end; i += 3, to += step) {
    values[to + red] = reds[rgb[i] ?? 0] ?? 0;
    values[to + green] = greens[rgb[i + 1] ?? 0] ?? 0;
    values[to + blue] = blues[rgb[i + 2] ?? 0] ?? 0;
  }
}

function greyRow(rgb: Pixels['data'], [red, green, blue]: Tables, values: Float32Array, at: number, width: number) {
  for (let i = at, from = at * 3; i < at + width; i++, from += 3) {
    values[i] = (red[rgb[from] ?? 0] ?? 0) + (green[rgb[from + 1] ?? 0] ?? 0) + (blue[rgb[from + 2] ?? 0] ?? 0);
  }
}

/** @internal The bytes of a picture in the order of the tensor's channels; transparent pixels are blended with white. */
export function bytesInOrder(pixels: Pixels, { isBgr }: TensorForm): Uint8Array {
  const rgb = opaqueData(pixels);
  const bytes = isA('Uint8Array', rgb) ? rgb : new Uint8Array(rgb.buffer, rgb.byteOffset, rgb.length);
  if (!isBgr) return bytes;
  const bgr = new Uint8Array(bytes.length);
  for (let i = 0; i < bgr.length; i += 3) {
    bgr[i] = bytes[i + 2] ?? 0;
    bgr[i + 1] = bytes[i + 1] ?? 0;
    bgr[i + 2] = bytes[i] ?? 0;
  }
  return bgr;
}

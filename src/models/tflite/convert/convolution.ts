import type { Activation } from '../../../stage/activations.ts';
import { describeShape, type Sides } from '../../../stage/shape.ts';
import { conv2dTranspose } from '../../../stages/conv2d-transpose.ts';
import { conv2d } from '../../../stages/conv2d.ts';
import { depthwiseConv2d } from '../../../stages/depthwise-conv2d.ts';
import { floats, permuted, type Constant } from '../../onnx/constant.ts';
import { unsupported } from '../../onnx/conversion.ts';
import { sameList } from '../../onnx/value.ts';
import type { Conversion, Convert } from '../conversion.ts';
import { QUANTIZED } from '../tflite-constant.ts';
import { activatedInside } from './activations.ts';
import { asPictures, throughPictures } from './pictures.ts';

/** @internal TFLite's numbers for padding. */
export function paddingOf(code: number): 'same' | 'valid' {
  if (code === 0) return 'same';
  if (code === 1) return 'valid';
  throw unsupported(`the padding ${code}`);
}

/** @internal The bias of an operator, as weights. One of whole numbers is in units of the input's scale times those of the weights. */
export function biasOf(
  conversion: Conversion,
  index: number,
  of = { input: 0, weights: 1 },
): { readonly bias?: Float32Array } {
  const [input, weights] = [conversion.input(of.input), conversion.input(of.weights)];
  const scale = QUANTIZED.has(input?.type ?? -1) ? input?.quantization?.scales[0] : undefined;
  const isWhole = [2, 4].includes(conversion.input(index)?.type ?? -1);
  const scales = scale === undefined || !isWhole ? undefined : weights?.quantization?.scales.map((one) => one * scale);
  const bias = conversion.constantIfAny(index, scales);
  return bias ? { bias: floats(bias) } : {};
}

function kernelOf(conversion: Conversion, index = 1): Constant {
  const kernel = conversion.constantAt(index);
  if (kernel.shape.length === 4) return kernel;
  throw unsupported(`a kernel of ${describeShape(kernel.shape)}`);
}

/** How a convolution between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND is dilated and padded; undefined for any other. */
function around({
  operator,
  constants,
  options,
}: Conversion): { readonly dilations: readonly [number, number]; readonly padding: Sides } | undefined {
  if (!operator.around) return undefined;
  const numbers = (tensor: number) => Array.from(constants.get(tensor).data);
  const [blocks, same] = operator.around.blocks.map(numbers) as [number[], number[]];
  const [paddings, crops] = [numbers(operator.around.paddings), numbers(operator.around.crops)];
  const padding = paddings.map((size, i) => size - (crops[i] ?? 0));
  const [height = 1, width = 1] = blocks;
  const [top = 0, bottom = 0, left = 0, right = 0] = padding;
  const fits = blocks.length === 2 && sameList(blocks, same) && padding.length === 4 && crops.length === 4;
  const isPlain = options.byte(0) === 1 && options.int(1) === 1 && options.int(2) === 1;
  if (!fits || !isPlain || padding.some((size) => size < 0)) {
    throw unsupported('a convolution between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND that is not a dilated one');
  }
  const sides: Sides = [
    [top, bottom],
    [left, right],
  ];
  return { dilations: [height, width], padding: sides };
}

/** @internal The kernel is `[filters, height, width, channels / groups]`. */
export const convertConv2d: Convert = (conversion) => {
  const { options } = conversion;
  const value = conversion.valueAt();
  const kernel = kernelOf(conversion);
  const [filters = 0, height = 0, width = 0, depth = 0] = kernel.shape;
  const channels = asPictures(conversion, value).shape[3] ?? 0;
  const groups = channels / depth;
  if (!Number.isSafeInteger(groups)) throw misfit(kernel, channels);
  const known = around(conversion);
  const bias = biasOf(conversion, 2);
  const weights = { kernel: floats(permuted(kernel, [1, 2, 3, 0])), ...bias };
  return activatedInside(conversion, 3, (activation) => {
    const stage = conv2d({
      filters,
      kernelSize: [height, width],
      groups,
      strides: [options.int(2), options.int(1)],
      dilationRate: known?.dilations ?? [options.int(5, 1), options.int(4, 1)],
      padding: known?.padding ?? paddingOf(options.byte(0)),
      useBias: 'bias' in bias,
      activation,
      weights,
    });
    return throughPictures(conversion, value, stage);
  });
};

/** @internal The kernel is `[1, height, width, channels · multiplier]`. */
export const convertDepthwiseConv2d: Convert = (conversion) => {
  const { options } = conversion;
  const value = conversion.valueAt();
  const kernel = kernelOf(conversion);
  const [one = 0, height = 0, width = 0, filters = 0] = kernel.shape;
  const channels = asPictures(conversion, value).shape[3] ?? 0;
  const depthMultiplier = filters / channels;
  if (one !== 1 || !Number.isSafeInteger(depthMultiplier)) throw misfit(kernel, channels);
  const known = around(conversion);
  const bias = biasOf(conversion, 2);
  return activatedInside(conversion, 4, (activation) => {
    const stage = depthwiseConv2d({
      kernelSize: [height, width],
      depthMultiplier,
      strides: [options.int(2), options.int(1)],
      dilationRate: known?.dilations ?? [options.int(6, 1), options.int(5, 1)],
      padding: known?.padding ?? paddingOf(options.byte(0)),
      useBias: 'bias' in bias,
      activation,
      weights: { kernel: floats(kernel), ...bias },
    });
    return throughPictures(conversion, value, stage);
  });
};

function misfit({ shape }: Constant, channels: number) {
  return unsupported(`a kernel of ${describeShape(shape)} for ${channels} channels`);
}

/** The tensors and strides of a transposed convolution. */
interface Transposed {
  readonly value: number;
  readonly bias: number;
  readonly strides: readonly [number, number];
  readonly padding: 'same' | 'valid';
  /** The height and width of the output. */
  readonly size: (picture: readonly number[], kernel: readonly number[]) => readonly number[];
}

/** A transposed convolution, whose kernel is its input 1: `[filters, height, width, channels]`. */
function transposed(
  conversion: Conversion,
  { value: at, bias: biasAt, strides, padding, size }: Transposed,
  activation: Activation,
) {
  const value = conversion.valueAt(at);
  const kernel = kernelOf(conversion);
  const [filters = 0, ...kernelSize] = kernel.shape.slice(0, 3);
  const picture = asPictures(conversion, value).shape.slice(1, 3);
  if (kernel.shape[3] !== asPictures(conversion, value).shape[3])
    throw misfit(kernel, asPictures(conversion, value).shape[3] ?? 0);
  const wanted = size(picture, kernelSize);
  const sides = strides.map((stride, i) => {
    const full = stride * ((picture[i] ?? 1) - 1) + (kernelSize[i] ?? 1);
    const cut = Math.max(0, full - (wanted[i] ?? 0));
    const before = padding === 'same' ? Math.floor(cut / 2) : 0;
    return { cut: [before, cut - before] as const, extra: Math.max(0, (wanted[i] ?? 0) - full) };
  });
  const bias = biasOf(conversion, biasAt, { input: at, weights: 1 });
  const stage = conv2dTranspose({
    filters,
    kernelSize: [kernelSize[0] ?? 1, kernelSize[1] ?? 1],
    strides,
    padding: [sides[0]?.cut ?? [0, 0], sides[1]?.cut ?? [0, 0]],
    outputPadding: [sides[0]?.extra ?? 0, sides[1]?.extra ?? 0],
    useBias: 'bias' in bias,
    activation,
    weights: { kernel: floats(permuted(kernel, [1, 2, 0, 3])), ...bias },
  });
  return throughPictures(conversion, value, stage);
}

/** @internal The shape of the output is its first input. */
export const convertTransposeConv: Convert = (conversion) => {
  const { options } = conversion;
  const shape = conversion.numbersAt(0);
  const told: Transposed = {
    value: 2,
    bias: 3,
    strides: [options.int(2), options.int(1)],
    padding: paddingOf(options.byte(0)),
    size: () => shape.slice(1, 3),
  };
  return activatedInside(conversion, 3, (activation) => transposed(conversion, told, activation));
};

/**
 * @internal MediaPipe's operator for a transposed convolution with a bias. Its options are three whole numbers: padding (1 is `same`,
 * 2 `valid`), and the strides along width and height.
 *
 * @see mediapipe/util/tflite/operations/transpose_conv_bias.cc
 */
export const convertTransposeConvBias: Convert = (conversion) => {
  const { customOptions } = conversion.operator;
  if (customOptions.length < 12) throw unsupported(`options of ${customOptions.length} bytes`);
  const view = new DataView(customOptions.buffer, customOptions.byteOffset, customOptions.length);
  const [code, width, height] = [0, 4, 8].map((at) => view.getInt32(at, true)) as [number, number, number];
  const [strides, padding] = [[height, width] as const, paddingOf(code - 1)];
  const size: Transposed['size'] = (picture, kernel) =>
    picture.map((from, i) =>
      padding === 'same' ? from * (strides[i] ?? 1) : (from - 1) * (strides[i] ?? 1) + (kernel[i] ?? 1),
    );
  return transposed(conversion, { value: 0, bias: 2, strides, padding, size }, 'linear');
};

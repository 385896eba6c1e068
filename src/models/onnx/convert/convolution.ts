import { describeShape } from '../../../stage/shape.ts';
import { conv2dTranspose } from '../../../stages/conv2d-transpose.ts';
import { conv2d } from '../../../stages/conv2d.ts';
import { depthwiseConv2d } from '../../../stages/depthwise-conv2d.ts';
import { list, number, text } from '../attributes.ts';
import { floats, permuted, type Constant } from '../constant.ts';
import { constantAt, constantIfAny, unsupported, valueAt, type Conversion, type Convert } from '../conversion.ts';
import { tensorShape } from '../value.ts';
import { asPictures, throughPictures } from './pictures.ts';
import { isNone, windowOf } from './windows.ts';

/** @internal Conv: the kernel is `[filters, channels / group, height, width]`. */
export const convertConv: Convert = (conversion) => {
  const { node } = conversion;
  const value = valueAt(conversion);
  const kernel = asPicture(constantAt(conversion, 1));
  const [filters = 0, depth = 0] = kernel.shape;
  const [, height = 1, width = 1, channels = 1] = tensorShape(asPictures(conversion, value));
  const { size, strides, dilations, padding } = windowOf(node, kernelSize(node, kernel, value.shape.length), [
    height,
    width,
  ]);
  const group = number(node, 'group', 1);
  if (depth * group !== channels) {
    throw unsupported(`a kernel of ${describeShape(kernel.shape)} in ${group} groups for ${channels} channels`);
  }
  const bias = constantIfAny(conversion, 2);
  const told = {
    kernelSize: size,
    strides,
    dilationRate: dilations,
    padding: isNone(padding) ? 'valid' : padding,
    useBias: bias !== undefined,
  } as const;
  const biases = bias ? { bias: floats(bias) } : {};
  if (group === channels && group > 1) {
    // [c · m, 1, h, w] → [h, w, c, m]
    const multiplier = filters / channels;
    const split = { ...kernel, shape: [channels, multiplier, ...kernel.shape.slice(2)] };
    const weights = { kernel: floats(permuted(split, [2, 3, 0, 1])), ...biases };
    const stage = depthwiseConv2d({ ...told, depthMultiplier: multiplier, weights });
    return throughPictures(conversion, value, stage);
  }
  const weights = { kernel: floats(permuted(kernel, [2, 3, 1, 0])), ...biases };
  return throughPictures(conversion, value, conv2d({ ...told, filters, groups: group, weights }));
};

/** @internal ConvTranspose: the kernel is `[channels, filters / group, height, width]`. */
export const convertConvTranspose: Convert = (conversion) => {
  const { node } = conversion;
  const value = valueAt(conversion);
  const kernel = asPicture(constantAt(conversion, 1));
  const filters = kernel.shape[1] ?? 0;
  if (number(node, 'group', 1) !== 1) throw unsupported('group other than 1');
  const [, ...picture] = tensorShape(asPictures(conversion, value));
  const given = kernelSize(node, kernel, value.shape.length);
  const { size, strides, dilations, padding } = windowOf(node, given, [picture[0] ?? 1, picture[1] ?? 1]);
  const flat = given.length === 1;
  const pair = (name: string) => {
    const values = list(node, name);
    return values && ((flat ? [name === 'output_shape' ? 1 : 0, ...values] : values.slice(-2)) as readonly number[]);
  };
  const [stated = [0, 0], wanted] = [pair('output_padding'), pair('output_shape')];
  const automatic = text(node, 'auto_pad', 'NOTSET');
  const sides = ([0, 1] as const).map((i) => {
    const [extra, stride] = [stated[i] ?? 0, strides[i]];
    const full = stride * ((picture[i] ?? 1) - 1) + dilations[i] * (size[i] - 1) + 1 + extra;
    const same = automatic.startsWith('SAME') ? (picture[i] ?? 1) * stride : undefined;
    const output = wanted?.[i] ?? same;
    if (output === undefined) return { cut: padding[i], extra };
    const cut = Math.max(0, full - output);
    const [small, large] = [Math.floor(cut / 2), Math.ceil(cut / 2)];
    const both = automatic === 'SAME_UPPER' ? ([small, large] as const) : ([large, small] as const);
    return { cut: both, extra: extra + Math.max(0, output - full) };
  });
  const bias = constantIfAny(conversion, 2);
  const stage = conv2dTranspose({
    filters,
    kernelSize: size,
    strides,
    dilationRate: dilations,
    padding: [sides[0]?.cut ?? [0, 0], sides[1]?.cut ?? [0, 0]],
    outputPadding: [sides[0]?.extra ?? 0, sides[1]?.extra ?? 0],
    useBias: bias !== undefined,
    // [channels, filters, h, w] → [h, w, filters, channels]
    weights: { kernel: floats(permuted(kernel, [2, 3, 1, 0])), ...(bias ? { bias: floats(bias) } : {}) },
  });
  return throughPictures(conversion, value, stage);
};

/** The kernel for signals as one of a single row. */
function asPicture(kernel: Constant): Constant {
  const { shape } = kernel;
  if (shape.length === 4) return kernel;
  if (shape.length !== 3) throw unsupported(`a kernel of ${describeShape(shape)}`);
  const [filters = 0, channels = 0, length = 0] = shape;
  return { ...kernel, shape: [filters, channels, 1, length] };
}

function kernelSize(node: Conversion['node'], kernel: Constant, rank: number): readonly number[] {
  const sizes = rank === 3 ? kernel.shape.slice(3) : kernel.shape.slice(2);
  const stated = list(node, 'kernel_shape');
  if (stated && stated.join() !== sizes.join()) throw unsupported(`a kernel_shape that is not that of the kernel`);
  return sizes;
}

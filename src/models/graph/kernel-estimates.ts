import * as tf from '@tensorflow/tfjs-core';
import { sizeOf, type Shape } from '../../stage/shape.ts';

/** @internal The tensors that a kernel takes, by name or in a list. */
export type Inputs = Readonly<Record<string, tf.Tensor>>;

/** Estimates something of a kernel from the shapes that it takes, its attributes, and the number of values that it gives. */
type Estimate<A> = (inputs: Inputs, attributes: A, values: number) => number;

/** @internal What a kernel gives and does. */
export interface KernelEstimate {
  /** How many values it gives. */
  readonly values: number;
  /** Its multiply-adds, or the values that it takes, visits or gives, if those are more. */
  readonly work: number;
}

/** @internal Estimates a kernel before it runs. */
export function estimateKernel(name: string, inputs: Inputs, attributes: never): KernelEstimate {
  const values = VALUES[name]?.(inputs, attributes, 0) ?? broadcast(inputs);
  const work = WORK[name]?.(inputs, attributes, values) ?? 0;
  return { values, work: Math.max(work, values, all(inputs)) };
}

const { _FusedMatMul: FusedMatMul } = tf;

const product = (sizes: Shape) => sizes.reduce((a, b) => a * b, 1);
const shapeOf = (tensor: tf.Tensor | undefined): Shape => tensor?.shape ?? [];
const sizeIn = (tensor: tf.Tensor | undefined) => sizeOf(shapeOf(tensor));
const all = (inputs: Inputs) => Object.values(inputs).reduce((sum, tensor) => sum + sizeIn(tensor), 0);

/** As many values as come in, or, of two inputs of different shapes, those of `[n, 1] + [1, n]`. */
function broadcast(inputs: Inputs): number {
  const { a = inputs['x'], b = inputs['alpha'] } = inputs;
  if (!a || !b) return all(inputs);
  const [long, short] = a.rank < b.rank ? [b.shape, a.shape] : [a.shape, b.shape];
  const missing = long.length - short.length;
  return product(long.map((size, i) => (size === 1 ? (short[i - missing] ?? 1) : size)));
}

const padded: Estimate<{ paddings: [number, number][] }> = ({ x }, { paddings }) =>
  product(shapeOf(x).map((size, i) => size + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0)));

const spread: Estimate<{ paddings: [number, number][] }> = (inputs, { paddings }, values) =>
  padded(inputs, { paddings: [[0, 0], ...paddings] }, values);

const resized: Estimate<{ size: [number, number] }> = ({ images }, { size }) => {
  const [batch = 1, , , channels = 1] = shapeOf(images);
  return batch * product(size) * channels;
};

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly dilations: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dimRoundingMode: 'floor';
  readonly filterSize: number | readonly number[];
  readonly inputShape: Shape;
}

const convolution =
  (depthwise: boolean): Estimate<ConvolutionAttributes> =>
  ({ x, filter }, { strides, dilations, pad, dataFormat, dimRoundingMode }) => {
    const [from, window] = [shapeOf(x), shapeOf(filter)] as [never, never];
    const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
    const { computeConv2DInfo: info } = tf.backend_util;
    return product(info(from, window, strides, dilations, pad, dimRoundingMode, depthwise, format).outShape);
  };

const convolution3d: Estimate<ConvolutionAttributes> = ({ x, filter }, { strides, dilations, pad }) => {
  const [from, window] = [shapeOf(x), shapeOf(filter)] as [never, never];
  return product(tf.backend_util.computeConv3DInfo(from, window, strides as never, dilations as never, pad).outShape);
};

const pool: Estimate<ConvolutionAttributes> = ({ x }, { filterSize, strides, pad, dimRoundingMode }) => {
  const { computePool2DInfo: info } = tf.backend_util;
  return product(info(shapeOf(x) as never, filterSize as never, strides, 1, pad, dimRoundingMode).outShape);
};

const pool3d: Estimate<ConvolutionAttributes> = ({ x }, { filterSize, strides, pad, dimRoundingMode }) => {
  const { computePool3DInfo: info } = tf.backend_util;
  const [from, window, steps] = [shapeOf(x), filterSize, strides] as [never, never, never];
  return product(info(from, window, steps, 1, pad, dimRoundingMode).outShape);
};

const matrices: Estimate<{ transposeA: boolean; transposeB: boolean }> = ({ a, b }, { transposeA, transposeB }) => {
  const [left, right] = [shapeOf(a), shapeOf(b)];
  const batch = Math.max(product(left.slice(0, -2)), product(right.slice(0, -2)));
  return batch * (left.at(transposeA ? -1 : -2) ?? 1) * (right.at(transposeB ? -2 : -1) ?? 1);
};

/** The products of all sizes: the kernels multiply everything with everything before they sum. */
const einsum: Estimate<{ equation: string }> = (inputs, { equation }) => {
  const sizes = new Map<string, number>();
  const terms = equation.replaceAll(/\s|->.*/g, '').split(',');
  Object.values(inputs).forEach(({ shape }, i) =>
    (terms[i] ?? '').split('').forEach((name, at) => sizes.set(name, shape[at] ?? 1)),
  );
  return product([...sizes.values()]);
};

const declared: Estimate<{ shape: Shape }> = (_inputs, { shape }) => product(shape);
const backwards: Estimate<ConvolutionAttributes> = (_inputs, { inputShape }) => product(inputShape);

/** The values that a kernel gives, if those can be more than it takes. */
const VALUES: Readonly<Record<string, Estimate<never>>> = {
  // From numbers
  [tf.Fill]: declared,
  [tf.ScatterNd]: declared,
  [tf.SparseToDense]: (_inputs, { outputShape }: { outputShape: Shape }) => product(outputShape),
  [tf.Range]: (_inputs, { start, stop, step }: Record<string, number>) =>
    Math.abs(((stop ?? 0) - (start ?? 0)) / (step ?? 1)),
  [tf.LinSpace]: (_inputs, { num }: { num: number }) => num,
  [tf.OneHot]: ({ indices }, { depth }: { depth: number }) => sizeIn(indices) * depth,
  [tf.Multinomial]: ({ logits }, { numSamples }: { numSamples: number }) => (shapeOf(logits)[0] ?? 1) * numSamples,
  [tf.Bincount]: (_inputs, { size }: { size: number }) => size,
  [tf.DenseBincount]: ({ x }, { size }: { size: number }) => sizeIn(x) * size,
  [tf.UnsortedSegmentSum]: ({ x }, { numSegments }: { numSegments: number }) =>
    product(shapeOf(x).slice(1)) * numSegments,

  // Larger pictures
  [tf.Tile]: ({ x }, { reps }: { reps: Shape }) => sizeIn(x) * product(reps),
  [tf.PadV2]: padded,
  [tf.MirrorPad]: padded,
  [tf.SpaceToBatchND]: spread,
  [tf.ResizeBilinear]: resized,
  [tf.ResizeNearestNeighbor]: resized,
  [tf.CropAndResize]: ({ image, boxes }, { cropSize }: { cropSize: Shape }) =>
    (shapeOf(boxes)[0] ?? 1) * product(cropSize) * (shapeOf(image)[3] ?? 1),
  [tf.Transform]: ({ image }, { outputShape }: { outputShape: Shape | null }) =>
    outputShape ? (shapeOf(image)[0] ?? 1) * product(outputShape) * (shapeOf(image)[3] ?? 1) : sizeIn(image),
  [tf.Diag]: ({ x }) => sizeIn(x) ** 2,

  // Windows and products
  [tf.Conv2D]: convolution(false),
  [tf.FusedConv2D]: convolution(false),
  [tf.DepthwiseConv2dNative]: convolution(true),
  [tf.FusedDepthwiseConv2D]: convolution(true),
  [tf.Conv3D]: convolution3d,
  [tf.Conv2DBackpropInput]: backwards,
  [tf.Conv3DBackpropInputV2]: backwards,
  [tf.AvgPool]: pool,
  [tf.MaxPool]: pool,
  [tf.AvgPool3D]: pool3d,
  [tf.MaxPool3D]: pool3d,
  [tf.BatchMatMul]: matrices,
  [FusedMatMul]: matrices,
  [tf.Einsum]: einsum,
  [tf.GatherV2]: ({ x, indices }, { axis }: { axis: number }) =>
    (sizeIn(x) / Math.max(1, shapeOf(x)[axis] ?? 1)) * sizeIn(indices),
  [tf.GatherNd]: ({ params, indices }) => {
    const depth = shapeOf(indices).at(-1) ?? 1;
    return (sizeIn(indices) / Math.max(1, depth)) * product(shapeOf(params).slice(depth));
  },
};

const taps: Estimate<never> = ({ filter }, _attributes, values) =>
  (values * sizeIn(filter)) / Math.max(1, shapeOf(filter).at(-1) ?? 1);
const tapsOfChannel: Estimate<never> = ({ filter }, _attributes, values) =>
  values * product(shapeOf(filter).slice(0, 2));
const window: Estimate<ConvolutionAttributes> = (_inputs, { filterSize }, values) =>
  values * product([filterSize].flat());
const backTaps: Estimate<never> = ({ dy, filter }) =>
  (sizeIn(dy) * sizeIn(filter)) / Math.max(1, shapeOf(dy).at(-1) ?? 1);
const inner: Estimate<{ transposeA: boolean }> = ({ a }, { transposeA }, values) =>
  values * (shapeOf(a).at(transposeA ? -2 : -1) ?? 1);
const fourier: Estimate<never> = ({ input }, _attributes, values) => values * (shapeOf(input).at(-1) ?? 1);

/** The multiply-adds, or the values visited, of kernels for which those are more than the values that they take and give. */
const WORK: Readonly<Record<string, Estimate<never>>> = {
  [tf.Conv2D]: taps,
  [tf.FusedConv2D]: taps,
  [tf.Conv3D]: taps,
  [tf.DepthwiseConv2dNative]: tapsOfChannel,
  [tf.FusedDepthwiseConv2D]: tapsOfChannel,
  // The values are those that it takes: no window gives more.
  [tf.Dilation2D]: tapsOfChannel,
  [tf.MaxPoolWithArgmax]: window,
  [tf.AvgPool]: window,
  [tf.MaxPool]: window,
  [tf.AvgPool3D]: window,
  [tf.MaxPool3D]: window,
  [tf.BatchMatMul]: inner,
  [FusedMatMul]: inner,
  [tf.Conv2DBackpropInput]: backTaps,
  [tf.Conv3DBackpropInputV2]: backTaps,
  [tf.LRN]: (_inputs, { depthRadius }: { depthRadius: number }, values) => values * (2 * depthRadius + 1),
  [tf.Multinomial]: ({ logits }, { numSamples }: { numSamples: number }) => sizeIn(logits) * numSamples,
  [tf.FFT]: fourier,
  [tf.IFFT]: fourier,
};

import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { checkPadding, pair } from '../stage/arguments.ts';
import { type Pair, requireRank, type Shape } from '../stage/shape.ts';
import { type Padding, windowOutput } from '../stage/window.ts';
import type { Json, Stage } from '../stage/stage.ts';
import type { Weights } from '../stage/weights.ts';
import type { Activation } from '../stage/activations.ts';
import { checkActivation } from './activation.ts';
import { fuse, kernelPadding } from './fuse.ts';
import type { ConvolutionAttributes } from './grouped-convolution.ts';
import { stage } from './define-stage.ts';

/** Options that all convolutions have. */
export interface ConvolutionOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The kernel's height and width. */
  readonly kernelSize: Pair;
  /** The distance between two positions of the kernel. Default 1. */
  readonly strides?: Pair;
  /** The padding around the picture. Default `valid`: none. */
  readonly padding?: Padding;
  /** The distance between two values of the kernel. Default 1. */
  readonly dilationRate?: Pair;
  /** The function applied to the output. Default `linear`. */
  readonly activation?: Activation;
  /** Whether there is a `bias`. Default true. */
  readonly useBias?: boolean;
  /** The weights by name: `kernel`, and with `useBias` `bias`. */
  readonly weights?: Weights;
  /** The seed that weights which are not given are drawn from. */
  readonly seed?: number;
}

/** @internal Where convolutions differ: the output channels, the kernel's shape and the computation. */
export interface ConvolutionKind {
  readonly op: string;
  readonly arguments: Readonly<Record<string, Json | undefined>>;
  outputChannels(channels: number): number;
  /** Throws `ShapeError` for channels that the convolution cannot take. */
  checkChannels?(input: Shape): void;
  /** The computation, with bias and fused activation. */
  compute(
    kernel: Tensor4D,
    bias: Tensor | undefined,
    attributes: ConvolutionAttributes,
    own: (tensor: Tensor) => Tensor,
  ): (x: Tensor) => Tensor;
  /** The last two dimensions of the kernel. */
  kernelChannels(channels: number): readonly [number, number];
}

/** @internal What all convolutions share. */
export function convolution(kind: ConvolutionKind, options: ConvolutionOptions): Stage<Tensor4D, Tensor4D> {
  const { activation = 'linear', useBias = true, name, weights, seed } = options;
  const called = name ?? kind.op;
  const kernelSize = pair(called, 'kernelSize', options.kernelSize);
  const strides = pair(called, 'strides', options.strides ?? 1);
  const padding = checkPadding(called, options.padding ?? 'valid');
  const dilationRate = pair(called, 'dilationRate', options.dilationRate ?? 1);
  checkActivation(called, activation);
  const window = { size: kernelSize, strides, padding, dilationRate };
  const kernelShape = (input: Shape) => [...kernelSize, ...kind.kernelChannels(input[3] ?? 0)];
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: {
      op: kind.op,
      name,
      ...kind.arguments,
      kernelSize,
      strides,
      padding,
      dilationRate,
      activation,
      useBias,
    },
    weights,
    seed,
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      kind.checkChannels?.(input);
      return [input[0] ?? 0, ...windowOutput(input, window), kind.outputChannels(input[3] ?? 0)];
    },
    weightShapes: (input) => ({
      kernel: kernelShape(input),
      ...(useBias ? { bias: [kind.outputChannels(input[3] ?? 0)] } : {}),
    }),
    // Each output position uses each weight of the kernel once.
    macs: (input) => [...windowOutput(input, window), ...kernelShape(input)].reduce((a, b) => a * b, input[0] ?? 1),
    kernel(input, { kernel, bias }, own) {
      const { attributes, after } = fuse(activation);
      const all = {
        ...attributes,
        strides,
        pad: kernelPadding(input, window),
        dilations: dilationRate,
        dataFormat: 'NHWC',
        dimRoundingMode: 'floor',
      };
      const compute = kind.compute(kernel as Tensor4D, bias, all, own);
      return (x) => after(compute(x)) as Tensor4D;
    },
    clean: true,
    compilable: true,
  });
}

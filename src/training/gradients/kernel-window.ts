import type { Attribute } from '@tensorflow/tfjs-core';
import { TrainingError } from '../../errors/errors.ts';
import type { Shape, Sides } from '../../stage/shape.ts';
import { explicitPadding, type Window } from '../../stage/window.ts';
import type { Attributes } from './kernel-gradient.ts';

/** A window whose padding is known in rows and columns. */
export interface KernelWindow extends Window {
  readonly padding: Sides;
}

const NONE: [number, number] = [0, 0];

/**
 * The window of a convolution or a pool, from the attributes of its kernel: those that sluice's stages give it, and those of the functions
 * of TensorFlow.js, which a stage of your own may call. Throws `TrainingError` for pictures with the channels first.
 */
export function kernelWindow(input: Shape, size: readonly [number, number], attributes: Attributes): KernelWindow {
  if (attributes['dataFormat'] === 'NCHW') {
    throw new TrainingError(
      "no gradient can flow through a kernel with dataFormat 'NCHW': give it pictures with the channels last",
    );
  }
  const [strides, dilationRate] = [pairOf(attributes['strides']), pairOf(attributes['dilations'])];
  const { pad } = attributes;
  const lists = Array.isArray(pad) ? (pad as unknown as readonly (readonly [number, number])[]) : undefined;
  // Lists are those of all four dimensions.
  const given = lists ? ([lists[1], lists[2]] as Sides) : (pad as 'same' | 'valid' | number);
  const window = { size, strides, dilationRate, padding: given };
  return { ...window, padding: explicitPadding(input, window) };
}

/** A number for height and width. Default 1. */
export function pairOf(value: Attribute | undefined): readonly [number, number] {
  if (Array.isArray(value)) return [Number(value[0]), Number(value[1] ?? value[0])];
  return typeof value === 'number' ? [value, value] : [1, 1];
}

/** The attributes of tfjs's own kernels for gradients, which take no dilation. */
export function backpropAttributes({ strides, padding }: KernelWindow): object {
  return { strides, pad: [NONE, ...padding, NONE], dataFormat: 'NHWC', dimRoundingMode: 'floor' };
}

export function isDilated({ dilationRate }: KernelWindow): boolean {
  return Math.max(...dilationRate) > 1;
}

/**
 * The zeros around the gradients of the outputs, spread by the strides, with which a convolution with the reversed kernel gives the gradient
 * of each pixel of the input. Below 0 they are cut off.
 */
export function paddingFor(
  input: Shape,
  apart: Shape,
  { size, dilationRate, padding }: KernelWindow,
): readonly [[number, number], [number, number]] {
  const side = (i: 0 | 1): [number, number] => {
    const reach = dilationRate[i] * (size[i] - 1);
    const before = reach - padding[i][0];
    return [before, (input[i + 1] ?? 0) + reach - before - (apart[i + 1] ?? 0)];
  };
  return [side(0), side(1)];
}

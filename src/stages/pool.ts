import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { checkPadding, pair } from '../stage/arguments.ts';
import { type Pair, requireRank, type Shape } from '../stage/shape.ts';
import { type Padding, type Window, windowOutput } from '../stage/window.ts';
import { OptionError } from '../errors/errors.ts';
import type { Json, Stage } from '../stage/stage.ts';
import { kernelPadding } from './fuse.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options that {@link maxPool}, {@link avgPool} and {@link l2Pool} have. */
export interface PoolOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The window's height and width. */
  readonly poolSize: Pair;
  /** The distance between two windows. Default: the pool size, so that windows do not overlap. */
  readonly strides?: Pair;
  /** The padding around the picture. Default `valid`: none. */
  readonly padding?: Padding;
}

/** @internal What is different in each kind of pooling. */
export interface PoolKind {
  readonly op: string;
  readonly arguments?: Readonly<Record<string, Json>>;
  /** The computation; `attributes` are those of tfjs's pooling kernels. */
  compute(attributes: object, window: Window, input: Shape, own: (tensor: Tensor) => Tensor): (x: Tensor) => Tensor;
}

/** @internal Pooling that is one tfjs kernel. */
export function kernelPool(op: string, kernelName: string, options: PoolOptions): Stage<Tensor4D, Tensor4D> {
  return pool({ op, compute: (attributes) => (x) => runKernel(kernelName, { x }, attributes) }, options);
}

/** @internal What all kinds of pooling share. */
export function pool(kind: PoolKind, options: PoolOptions): Stage<Tensor4D, Tensor4D> {
  const { op } = kind;
  const stageName = options.name ?? op;
  const poolSize = pair(stageName, 'poolSize', options.poolSize);
  const strides = pair(stageName, 'strides', options.strides ?? poolSize);
  const padding = checkPadding(stageName, options.padding ?? 'valid');
  checkReach(stageName, poolSize, padding);
  const window = { size: poolSize, strides, padding, dilationRate: [1, 1] as const };
  return stage<Tensor4D, Tensor4D>({
    options,
    spec: { op, name: options.name, poolSize, strides, padding, ...kind.arguments },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      return [input[0] ?? 0, ...windowOutput(input, window), input[3] ?? 0];
    },
    kernel(input, _weights, own) {
      const seen = within(input, window);
      const pad = kernelPadding(input, seen);
      const attributes = { filterSize: seen.size, strides, pad, dimRoundingMode: 'floor' };
      return kind.compute(attributes, seen, input, own) as (x: Tensor) => Tensor4D;
    },
    clean: true,
    compilable: true,
  });
}

/**
 * With `same` padding, a window may be larger than the picture. A window of 2i + 1 covers a picture of size i from any
 * position, so a larger one gives the same result and is cut down to that. tfjs-wasm allocates memory for each position in
 * the window and fails at a few hundred thousand.
 */
function within(input: Shape, window: Window): Window {
  if (window.padding !== 'same') return window;
  const clipped = (i: 0 | 1) => Math.min(window.size[i], 2 * (input[i + 1] ?? 0) + 1);
  return { ...window, size: [clipped(0), clipped(1)] };
}

/** A window that covers only padding would have no value. */
function checkReach(stageName: string, poolSize: readonly [number, number], padding: Padding): void {
  if (typeof padding === 'string') return;
  const sides = typeof padding === 'number' ? [[padding], [padding]] : padding;
  if (sides.every((side, i) => Math.max(...side) < (poolSize[i] ?? 1))) return;
  throw new OptionError(
    `${stageName}: padding ${JSON.stringify(padding)} must be smaller than poolSize [${poolSize.join(', ')}]: ` +
      'a window that covers only padding has no value',
    { stage: stageName },
  );
}

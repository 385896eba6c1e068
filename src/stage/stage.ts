import type * as tf from '@tensorflow/tfjs-core';
import type { Observable, OperatorFunction } from 'rxjs';
import type { FrameLabel } from '../errors/frame-label.ts';
import type { Frame } from '../frames/frame.ts';
import type { FromPixels } from './pixels.ts';
import type { Shape } from './shape.ts';
import type { Weight, Weights } from './weights.ts';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A stage's operation and arguments as plain JSON: enough to build it again elsewhere. */
export interface Spec {
  readonly op: string;
  readonly name?: string | undefined;
  readonly [argument: string]: Json | undefined;
}

/** A stage made ready for one input shape: its weights are on the device. Dispose it when done. */
export interface Kernel<I, O> {
  /** The label says which frame it is for, where it is for one. */
  readonly run: (input: I, label?: FrameLabel) => O;
  readonly dispose: () => void;
}

/**
 * One step of a network: a value that says what it does, and an operator on frames that does it.
 *
 * Shapes are `[batch, height, width, channels]`; pictures count as `[1, height, width, channels]`.
 */
export interface Stage<I, O> extends OperatorFunction<Frame<I>, Frame<O>>, Step<I, O> {
  named(name: string): Stage<I, O>;
  withWeights(weights: Weights): Stage<I, O>;
}

/** A stage that gives the shape it takes, whatever its rank: its output has the type of its input. */
export interface Elementwise extends Step<tf.Tensor, tf.Tensor> {
  <T extends tf.Tensor>(source: Observable<Frame<T>>): Observable<Frame<T>>;
  readonly elementwise: true;
  named(name: string): Elementwise;
  withWeights(weights: Weights): Elementwise;
  build<T extends tf.Tensor>(input: Shape, weights?: Weights): Kernel<T, T>;
}

/** What a stage says about itself, and how it is made ready. */
export interface Step<I, O> {
  /** What it is called in timings and weights; given as `name`, else its operation. */
  readonly name: string;
  readonly spec: Spec;
  /** The steps it runs as: itself, or a pipeline's stages, each with the name it has there. */
  readonly parts: readonly Part[];
  /** @internal True where spec and weights say all there is to it, so that another engine may compute it: for those that come with sluice. */
  readonly compilable?: boolean;
  /** @internal For a stage that makes RGB numbers of pictures, so that another engine may do half of it. */
  readonly fromPixels?: FromPixels | undefined;
  /** The shape it was declared for, if any; such a stage is warmed up before the first frame. */
  readonly inputShape: Shape | undefined;
  /** The shape that comes out; throws `ShapeError` for one it can't take. Allocates nothing. */
  outputShape(input: Shape): Shape;
  /** The weights it needs, by name. */
  weightShapes(input: Shape): Readonly<Record<string, Shape>>;
  /** The weights themselves, given or drawn, by name; throws `WeightsError` for one that is missing. */
  weights(input: Shape): Readonly<Record<string, Weight>>;
  /** How many numbers its weights are. */
  parameterCount(input: Shape): number;
  /** Multiply-accumulates per run; pooling, activation and reshaping count as none. */
  macs(input: Shape): number;
  /** The stages it is made of, with what each gets; none where it is one operation. */
  inner(input: Shape): readonly Inner[];
  /** The same stage under another name. */
  named(name: string): Step<I, O>;
  /** The same stage with these weights, besides those it has. */
  withWeights(weights: Weights): Step<I, O>;
  /** An input of that shape, all zeros: to warm up with. */
  blank(input: Shape): unknown;
  /** Puts the weights on the device; throws `ShapeError` and `WeightsError`. The caller disposes the kernel. */
  build(input: Shape, weights?: Weights): Kernel<I, O>;
}

/** A stage inside another. */
export interface Inner {
  readonly name: string;
  readonly stage: AnyStage;
  readonly input: Shape;
}

/** Any stage, whatever it takes and gives. */
export type AnyStage = Stage<never, unknown>;

/** One step of a run, under its name there. */
export interface Part {
  readonly name: string;
  readonly stage: AnyStage;
  readonly inputShape?: Shape | undefined;
}

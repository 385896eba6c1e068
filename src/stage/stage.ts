import type * as tf from '@tensorflow/tfjs-core';
import type { Observable, OperatorFunction } from 'rxjs';
import type { FrameLabel } from '../errors/frame-label.ts';
import type { Frame } from '../frames/frame.ts';
import type { PipeMisfit } from './misfit.ts';
import type { FromPixels, PictureLook } from './pixels.ts';
import type { Shape } from './shape.ts';
import type { TrainingPass } from './training-pass.ts';
import type { Weight, Weights } from './weights.ts';

/** A value that JSON can represent. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A stage's operation and arguments as plain JSON, from which `fromSpec` builds the stage again. */
export interface Spec {
  readonly op: string;
  readonly name?: string | undefined;
  readonly [argument: string]: Json | undefined;
}

/** A stage made ready for one input shape, with its weights on the device. Call `dispose` when it is no longer needed. */
export interface Kernel<I, O> {
  /** The label names the frame that the input belongs to; undefined in a warm-up. */
  readonly run: (input: I, label?: FrameLabel) => O;
  /** Frees the weights on the device, and what the computation keeps between frames. */
  readonly dispose: () => void;
  /** @internal Returns a kernel with the same weights that keeps nothing yet. Absent where the computation keeps nothing. */
  readonly begin?: () => Kernel<I, O>;
}

/**
 * One step of a network: an operator on frames that also describes itself (its spec, shapes and weights).
 *
 * Shapes are `[batch, height, width, channels]`; a picture counts as `[1, height, width, channels]`.
 */
export interface Stage<I, O> extends OperatorFunction<Frame<I>, Frame<O>>, Step<I, O> {
  /**
   * No call can use this signature. It stands first because the compiler explains why the first one does not fit: so its
   * error holds a sentence.
   */
  (source: PipeMisfit<I, O> & Observable<Frame<I>>): Observable<Frame<O>>;
  /** Returns the same stage under another name. */
  named(name: string): Stage<I, O>;
  /** Returns the same stage with these weights in addition to those it has. */
  withWeights(weights: Weights): Stage<I, O>;
}

/** A stage whose output has the shape and type of its input, which can have any rank. */
export interface Elementwise extends Step<tf.Tensor, tf.Tensor> {
  <T extends tf.Tensor>(source: Observable<Frame<T>>): Observable<Frame<T>>;
  /** Marks a stage that returns the shape it takes. */
  readonly elementwise: true;
  /** Returns the same stage under another name. */
  named(name: string): Elementwise;
  /** Returns the same stage with these weights in addition to those it has. */
  withWeights(weights: Weights): Elementwise;
  /** Puts the weights on the device for one input shape. The caller disposes the kernel. */
  build<T extends tf.Tensor>(input: Shape, weights?: Weights): Kernel<T, T>;
}

/** The description of a stage, and the methods that prepare it for computing. */
export interface Step<I, O> {
  /** The name in timings and weights: the option `name`, by default the operation. */
  readonly name: string;
  readonly spec: Spec;
  /** The stages that run one after the other: the stage itself, or the stages of a pipeline, each with its name there. */
  readonly parts: readonly NamedStage[];
  /** @internal True where spec and weights describe the stage completely, so that another engine can compile it into its own graph. */
  readonly compilable?: boolean;
  /** Set for a stage whose computation ends later. Such a stage runs on frames only, and cannot be inside of another stage. */
  readonly asynchronous?: Asynchronous | undefined;
  /** @internal Set for a stage from pictures to RGB tensors: another engine can then convert the bytes to numbers itself. */
  readonly fromPixels?: FromPixels | undefined;
  /** @internal What another thread makes the stage from, where `spec` does not say it all. It can be posted. */
  readonly origin?: object | undefined;
  /** @internal Set for a stage that resizes pictures: what its output is then, without the pixels. */
  readonly lookAfter?: ((picture: PictureLook) => PictureLook) | undefined;
  /** The declared input shape, if any. A stage that has one is warmed up before the first frame. */
  readonly inputShape: Shape | undefined;
  /** The output's shape, or that of its first output; throws `ShapeError` for an input the stage cannot take. Allocates no tensor. */
  outputShape(input: Shape): Shape;
  /** The shapes of several outputs, by name. Undefined for a stage whose output is one tensor. */
  readonly outputShapes?: ((input: Shape) => Readonly<Record<string, Shape>>) | undefined;
  /** The shapes of the weights, by name. */
  weightShapes(input: Shape): Readonly<Record<string, Shape>>;
  /** The weights, given or drawn, by name; throws `WeightsError` for a missing one. */
  weights(input: Shape): Readonly<Record<string, Weight>>;
  /** The number of values in all weights. */
  parameterCount(input: Shape): number;
  /** Multiply-accumulates per run. Pooling, activations and reshaping count as 0. */
  macs(input: Shape): number;
  /** The stages that this stage is made of, with their input shapes. Empty for a single operation. */
  inner(input: Shape): readonly InnerStage[];
  /** The same stage under another name. */
  named(name: string): Step<I, O>;
  /** The same stage with these weights added to those it has. */
  withWeights(weights: Weights): Step<I, O>;
  /** An input of zeros, to warm up with. */
  blank(input: Shape): unknown;
  /** Puts the weights on the device. Throws `ShapeError` and `WeightsError`. The caller disposes the kernel. */
  build(input: Shape, weights?: Weights): Kernel<I, O>;
  /**
   * @internal Makes the computation with weights that are on the device, by the names of `weights`, so that gradients can flow back to them.
   * With a pass, the stage computes as it does in training. The caller disposes the kernel, which leaves the weights.
   */
  kernelWith(input: Shape, weights: Readonly<Record<string, tf.Tensor>>, pass?: TrainingPass): Kernel<never, unknown>;
}

/** How an asynchronous stage computes. */
export interface Asynchronous {
  /** How many frames it works on at once. */
  readonly inFlight: number;
  /** Whether the output of a frame may have another shape than `outputShape` says. */
  readonly variesInShape: boolean;
  /** @internal Makes the computation of one subscription for one input shape. */
  begin(input: Shape): AsyncKernel<never, unknown>;
}

/** The computation of an asynchronous stage for one input shape. `dispose` is called when no frame is being computed. */
export interface AsyncKernel<I, O> {
  /** The label names the frame that the input belongs to; undefined in a warm-up. */
  readonly run: (input: I, label?: FrameLabel) => Promise<O>;
  /** Frees what the computation keeps. */
  readonly dispose: () => void;
}

/** A stage inside another one, with the input shape it gets there. */
export interface InnerStage {
  readonly name: string;
  readonly stage: AnyStage;
  readonly input: Shape;
}

/** A stage of any input and output. */
export type AnyStage = Stage<never, unknown>;

/** A stage under the name it has in a pipeline or a run. */
export interface NamedStage {
  readonly name: string;
  readonly stage: AnyStage;
  readonly inputShape?: Shape | undefined;
}

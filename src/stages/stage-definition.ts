import type * as tf from '@tensorflow/tfjs-core';
import type { FromPixels, PictureLook } from '../stage/pixels.ts';
import type { Shape } from '../stage/shape.ts';
import type { Kernel, Spec } from '../stage/stage.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import type { TrainingPass } from '../stage/training-pass.ts';
import type { Weights } from '../stage/weights.ts';

/** The description that {@link stage} makes a stage from. */
export interface StageDefinition<I, O> {
  /** The operation and its arguments, as plain JSON. */
  readonly spec: Spec;
  /** The options the stage was made with. An option that `spec` does not name is an `OptionError`. */
  readonly options?: object;
  /**
   * The output's shape. Throws `ShapeError` for an input the stage cannot take; the message follows the stage's name:
   * "needs …, but got …".
   */
  outputShape(input: Shape): Shape;
  /** The shapes of several outputs by name, for a stage whose output is `NamedTensors`. Default: there is one output. */
  readonly outputShapes?: ((input: Shape) => Readonly<Record<string, Shape>>) | undefined;
  /** The weights' shapes by name. Default: no weights. */
  weightShapes?(input: Shape): Record<string, Shape>;
  /** Multiply-accumulates per run. Default: 0. */
  macs?(input: Shape): number;
  /** The number of parameters, for a stage that does not list its weights. Default: the sizes of `weightShapes`. */
  parameterCount?(input: Shape): number;
  /** An input of zeros, to warm up with. Default: a tensor. */
  blank?(input: Shape): I;
  /** The weights that are given. `withWeights` and `build` add to them. */
  readonly weights?: Weights | undefined;
  /** The seed that missing weights are drawn from. Without it, a missing weight is a `WeightsError`. */
  readonly seed?: number | undefined;
  /** The values that drawn weights of these names are filled with. Default: `{ bias: 0 }`; other weights are random. */
  readonly fill?: Readonly<Record<string, number>> | undefined;
  /** How many products each output value of a drawn weight sums up. Default: multiply-accumulates per output value. */
  fanIn?(input: Shape, weight: string): number;
  /**
   * Returns the computation for one input shape. The computation does not dispose its input, and returns a new tensor.
   *
   * It is called for each subscription before the first frame, once more for the warm-up, and again when the frames' shape
   * changes or a GPU was lost. So variables in it are the state of one subscription. Pass tensors that are made here to `own`:
   * they are disposed with the computation. A computation that keeps tensors of frames returns `{ run, dispose }`.
   */
  kernel(
    input: Shape,
    weights: Record<string, tf.Tensor>,
    own: (tensor: tf.Tensor) => tf.Tensor,
  ): ((input: I, label?: FrameLabel) => O) | Kernel<I, O>;
  /**
   * Returns the computation for one step of a training, where it is another one: dropout leaves out values only then. It is made
   * for each step. Default: `kernel`.
   */
  training?(
    input: Shape,
    weights: Record<string, tf.Tensor>,
    own: (tensor: tf.Tensor) => tf.Tensor,
    pass: TrainingPass,
  ): ((input: I, label?: FrameLabel) => O) | Kernel<I, O>;
  /** True for an {@link Elementwise} stage. */
  readonly elementwise?: boolean;
  /** @internal */
  readonly compilable?: boolean;
  /** @internal True where all subscriptions can use one computation, because it keeps nothing. Default: as `compilable`. */
  readonly stateless?: boolean;
  /** @internal */
  readonly origin?: object | undefined;
  /** @internal */
  readonly fromPixels?: FromPixels | undefined;
  /** @internal */
  readonly lookAfter?: ((picture: PictureLook) => PictureLook) | undefined;
  /** True when the computation leaves no tensor but its output. Otherwise it runs in `tf.tidy`. */
  readonly clean?: boolean;
}

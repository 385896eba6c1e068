import { describeValue } from '../errors/describe-value.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import { OptionError } from '../errors/errors.ts';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { count } from '../stage/arguments.ts';
import type { Shape } from '../stage/shape.ts';
import type { AsyncKernel, Spec, Stage } from '../stage/stage.ts';
import { assembleStage, stageShapes } from './assemble-stage.ts';

/** The description that {@link asyncStage} makes a stage from. */
export interface AsyncStageDefinition<I, O> {
  /** The operation and its arguments, as plain JSON. */
  readonly spec: Spec;
  /** The output's shape. Throws `ShapeError` for an input the stage cannot take; the message follows the stage's name. */
  outputShape(input: Shape): Shape;
  /** The shapes of several outputs by name, for a stage whose output is `NamedTensors`. Default: there is one output. */
  readonly outputShapes?: ((input: Shape) => Readonly<Record<string, Shape>>) | undefined;
  /**
   * Returns the computation for one input shape. It does not dispose its input, and resolves to a new tensor. It must dispose all
   * other tensors itself: `tf.tidy` cannot wait.
   *
   * It is called for each subscription, and again when the frames' shape changes or a GPU was lost. A computation that keeps
   * something returns `{ run, dispose }`; `dispose` is called when no frame is being computed.
   */
  readonly kernel: (input: Shape) => ((input: I, label?: FrameLabel) => Promise<O>) | AsyncKernel<I, O>;
  /** How many frames are computed at once. Default 1. */
  readonly inFlight?: number;
  /** True if an output may have another shape than `outputShape` says, such as a list of what was found. Default false. */
  readonly variesInShape?: boolean;
  /** The number of parameters. Default 0. */
  parameterCount?(input: Shape): number;
  /** Multiply-accumulates per run. Default 0. */
  macs?(input: Shape): number;
  /** @internal */
  readonly origin?: object | undefined;
}

const NAMES: OptionNames<AsyncStageDefinition<unknown, unknown>> = {
  spec: true,
  outputShape: true,
  outputShapes: true,
  kernel: true,
  inFlight: true,
  variesInShape: true,
  parameterCount: true,
  macs: true,
  origin: true,
};

/**
 * Makes a stage whose computation is asynchronous: a model on another runtime, a request to a server, an operation that reads
 * numbers back. Frames wait for it with their leases, at most `inFlight` at once, and leave it in their order.
 *
 * It can be in a pipe, in a `pipeline` and in a model. It cannot be inside of `graph`, `residual` or `concatenate`, or run in a
 * worker, unless {@link graphModel} made it. A frame whose promise rejects fails with a `StageError`. Throws `OptionError` for an unknown option.
 *
 * @see {@link stage}, {@link inOrder}
 *
 * @example
 * const brightest = asyncStage<tf.Tensor4D, tf.Tensor2D>({
 *   spec: { op: 'brightest' },
 *   outputShape: () => [1, 1],
 *   kernel: () => async (x) => tf.tensor2d([[Math.max(...(await x.data()))]]),
 * });
 * source.pipe(brightest, map(({ data }) => data.shape)).subscribe((shape) => console.log(shape)); // [ 1, 1 ]
 */
export function asyncStage<I, O>(definition: AsyncStageDefinition<I, O>): Stage<I, O> {
  checkOptions('asyncStage', definition, NAMES);
  const { spec, inFlight = 1, variesInShape = false } = definition;
  const basics = {
    spec,
    origin: definition.origin,
    outputShape: (input: Shape) => definition.outputShape(input),
    outputShapes: definition.outputShapes,
    parameterCount: (input: Shape) => definition.parameterCount?.(input) ?? 0,
    macs: (input: Shape) => definition.macs?.(input) ?? 0,
  };
  const shapes = stageShapes(basics);
  const { name } = shapes;
  count(name, 'inFlight', inFlight);
  if (typeof definition.kernel !== 'function') {
    throw new OptionError(`${name}: kernel must be a function, not ${describeValue(definition.kernel)}`);
  }
  const begin = (input: Shape): AsyncKernel<I, O> => {
    const made = definition.kernel(input);
    return typeof made === 'function' ? { run: made, dispose: () => undefined } : made;
  };
  return assembleStage<I, O>({ ...basics, asynchronous: { inFlight, variesInShape, begin } }, shapes, {
    weights: () => ({}),
    inner: () => [],
    build() {
      throw new OptionError(
        `${name} is asynchronous: it can run on frames, in a pipe or a pipeline, but not inside of another stage`,
        { stage: name },
      );
    },
    kernelWith() {
      throw new OptionError(`${name} is asynchronous: no gradient can flow through it`, { stage: name });
    },
    changed: (changes) => asyncStage({ ...definition, spec: changes.spec }),
  });
}

import * as tf from '@tensorflow/tfjs-core';
import type { OperatorFunction } from 'rxjs';
import type { Spec, Inner, Kernel, Stage, Part } from '../stage/stage.ts';
import { type Shape, sizeOf } from '../stage/shape.ts';
import { type Weights, type Weight, resolveWeights, readWeights } from '../stage/weights.ts';
import type { FromPixels } from '../stage/pixels.ts';
import { checkName } from '../stage/names.ts';
import { checkKnown } from '../errors/known-options.ts';
import { OptionError, ShapeError } from '../errors/errors.ts';
import { describeValue } from '../errors/describe-value.ts';
import { Frame } from '../frames/frame.ts';
import { chain } from '../run/chain.ts';
/** What a stage is made from. */
export interface StageDefinition<I, O> {
  readonly spec: Spec;
  /** The options it was made with, if any: one that `spec` does not name is an `OptionError`, also where it is undefined there. */
  readonly options?: object;
  /** Throws `ShapeError` for a shape it can't take, worded to follow the stage's name: "needs …, but … came". */
  outputShape(input: Shape): Shape;
  /** Default: none. */
  weightShapes?(input: Shape): Record<string, Shape>;
  /** Default: 0. */
  macs?(input: Shape): number;
  /** For a stage that keeps its weights to itself; default: as many as `weightShapes` says. */
  parameterCount?(input: Shape): number;
  /** An input of zeros; default: a tensor. */
  blank?(input: Shape): I;
  /** Those that are given; `withWeights` and `build` add to them. */
  readonly weights?: Weights | undefined;
  /** Weights that are not given are drawn from this seed instead of being an error. */
  readonly seed?: number | undefined;
  /** What drawn weights of these names are filled with; default `{ bias: 0 }`. Kernels are drawn at random. */
  readonly fill?: Readonly<Record<string, number>> | undefined;
  /** How many products a drawn weight's outputs are the sum of; default: multiply-accumulates per output value. */
  fanIn?(input: Shape, weight: string): number;
  /**
   * The computation for one input shape. The input is not disposed; the output must be a tensor of its own. `own` takes
   * what the computation needs for as long as it lives.
   */
  kernel(input: Shape, weights: Record<string, tf.Tensor>, own: (tensor: tf.Tensor) => tf.Tensor): (input: I) => O;
  /** True for an {@link Elementwise} stage. */
  readonly elementwise?: boolean;
  /** @internal */
  readonly compilable?: boolean;
  /** @internal */
  readonly fromPixels?: FromPixels | undefined;
  /** True when the kernel leaves no tensor behind but its output; otherwise it runs in `tf.tidy`. */
  readonly clean?: boolean;
}

/** @internal What a stage that is made of stages is made from: it has their weights, under names of its own. */
export interface CompositeDefinition<I, O> extends Omit<
  StageDefinition<I, O>,
  'kernel' | 'seed' | 'fill' | 'fanIn' | 'clean'
> {
  /** The inner stages' weights, those given here first. */
  innerWeights(input: Shape, given: Weights): Record<string, Weight>;
  inner(input: Shape): readonly Inner[];
  /** The inner stages made ready. */
  build(input: Shape, given: Weights): Kernel<I, O>;
}

/**
 * Makes a stage: the one seam between tensors and RxJS, the same for ours and for yours.
 *
 * Throws `OptionError` for a name that is empty or holds a `/`.
 *
 * @see {@link pipeline}, {@link graph}
 *
 * @example
 * const double = stage<tf.Tensor4D, tf.Tensor4D>({
 *   spec: { op: 'double' },
 *   outputShape: (input) => input,
 *   kernel: () => (x) => tf.mul(x, 2),
 * });
 */
export function stage<I, O>(definition: StageDefinition<I, O>): Stage<I, O>;
/** @internal */
export function stage<I, O>(definition: CompositeDefinition<I, O>): Stage<I, O>;
export function stage<I, O>(definition: StageDefinition<I, O> | CompositeDefinition<I, O>): Stage<I, O> {
  const spec = withoutUndefined(definition.spec);
  const name = spec.name === undefined ? spec.op : spec.name;
  checkName(name);
  if (definition.options) {
    const own = Object.keys(definition.spec).filter((key) => key !== 'op' && key !== 'name');
    const known = ['name', ...own, ...(definition.weightShapes && 'kernel' in definition ? ['weights', 'seed'] : [])];
    checkKnown(name, definition.options, known, ['weights', 'seed']);
  }
  const composite = 'build' in definition ? definition : undefined;
  const seed = 'seed' in definition ? definition.seed : undefined;
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new OptionError(`${name}: seed must be a whole number, not ${describeValue(seed)}`, { stage: name });
  }
  const outputShape = (input: Shape) => {
    try {
      return definition.outputShape(input);
    } catch (error) {
      throw error instanceof ShapeError ? new ShapeError(`${name} ${error.message}`, { stage: name }) : error;
    }
  };
  const weightShapes = (input: Shape) => {
    outputShape(input);
    return definition.weightShapes?.(input) ?? {};
  };
  const macs = (input: Shape) => {
    outputShape(input);
    return definition.macs?.(input) ?? 0;
  };
  /** How many products each output value is the sum of. */
  const fanIn = (input: Shape, weight: string) =>
    ('fanIn' in definition ? definition.fanIn?.(input, weight) : undefined) ?? macs(input) / sizeOf(outputShape(input));
  const weights = (input: Shape, more?: Weights): Record<string, Weight> => {
    const given = { ...definition.weights, ...more };
    if (composite) return composite.innerWeights(input, knownWeights(name, weightShapes(input), given));
    const { fill } = definition as StageDefinition<I, O>;
    return resolveWeights(name, weightShapes(input), given, { seed, fill, fanIn: (weight) => fanIn(input, weight) });
  };
  const parts: Part[] = [];
  const operator: OperatorFunction<Frame<I>, Frame<O>> = (source) => chain<O>(source, parts);
  const made = Object.assign(operator, {
    spec,
    parts,
    inputShape: undefined,
    ...(definition.elementwise ? { elementwise: true } : {}),
    compilable: definition.compilable === true,
    fromPixels: definition.fromPixels,
    outputShape,
    weightShapes,
    parameterCount: (input: Shape) =>
      definition.parameterCount?.(input) ??
      Object.values(weightShapes(input)).reduce((sum, shape) => sum + sizeOf(shape), 0),
    macs,
    weights: (input: Shape) => weights(input),
    inner: (input: Shape) => composite?.inner(input) ?? [],
    blank: (input: Shape) => definition.blank?.(input) ?? tf.zeros([...input]),
    named: (other: string) =>
      stage({ ...definition, spec: { ...definition.spec, name: other } } as StageDefinition<I, O>),
    withWeights: (more: Weights) =>
      stage({ ...definition, weights: { ...definition.weights, ...more } } as StageDefinition<I, O>),
    build: (input: Shape, more?: Weights) => {
      if (!composite) return build(definition as StageDefinition<I, O>, input, weights(input, more));
      return composite.build(input, knownWeights(name, weightShapes(input), { ...definition.weights, ...more }));
    },
  });
  // A function's own `name` can be redefined but not assigned.
  Object.defineProperty(made, 'name', { value: name });
  parts.push({ name, stage: made });
  return made;
}

/** Those weights, in the shapes a composite's stages need; throws `WeightsError` for one that none of them has. */
function knownWeights(name: string, shapes: Readonly<Record<string, Shape>>, given: Weights): Record<string, Weight> {
  return Object.fromEntries(readWeights(name, shapes, given));
}

/** JSON has no undefined. */
function withoutUndefined(spec: Spec): Spec {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) as Spec;
}

function build<I, O>(
  definition: StageDefinition<I, O>,
  input: Shape,
  weights: Readonly<Record<string, Weight>>,
): Kernel<I, O> {
  const owned: tf.Tensor[] = [];
  const own = (tensor: tf.Tensor) => {
    owned.push(tf.keep(tensor));
    return tensor;
  };
  const dispose = () => tf.dispose(owned);
  try {
    const tensors = Object.entries(weights).map(([key, { data, shape }]) => [
      key,
      own(tf.tensor(data, [...shape], 'float32')),
    ]);
    const compute = definition.kernel(input, Object.fromEntries(tensors) as Record<string, tf.Tensor>, own);
    const tidied = (x: I): O => tf.tidy(() => compute(x) as tf.TensorContainer) as O;
    return { run: definition.clean ? compute : tidied, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

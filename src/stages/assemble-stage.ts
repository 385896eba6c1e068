import * as tf from '@tensorflow/tfjs-core';
import type { OperatorFunction } from 'rxjs';
import { ShapeError } from '../errors/errors.ts';
import type { Frame } from '../frames/frame.ts';
import { chain } from '../run/chain.ts';
import { checkName } from '../stage/names.ts';
import { sizeOf, type Shape } from '../stage/shape.ts';
import type { Asynchronous, InnerStage, Kernel, NamedStage, Spec, Stage } from '../stage/stage.ts';
import type { TrainingPass } from '../stage/training-pass.ts';
import type { Weight, Weights } from '../stage/weights.ts';
import type { StageDefinition } from './stage-definition.ts';

/** @internal What the definitions of operations and of stages made of stages have in common. */
export type StageBasics<I, O> = Omit<
  StageDefinition<I, O>,
  'kernel' | 'training' | 'seed' | 'fill' | 'fanIn' | 'clean'
> & {
  readonly asynchronous?: Asynchronous;
};

/** @internal A stage's name, and its shape functions, which name the stage in their errors. */
export interface StageShapes {
  readonly name: string;
  readonly outputShape: (input: Shape) => Shape;
  /** Throws `ShapeError` as `outputShape` does. */
  readonly weightShapes: (input: Shape) => Readonly<Record<string, Shape>>;
  /** Throws `ShapeError` as `outputShape` does. */
  readonly macs: (input: Shape) => number;
}

/** @internal Where the two kinds of stage differ. `more` are weights in addition to those of the definition. */
export interface StageBehaviour<I, O> {
  weights(input: Shape, more?: Weights): Record<string, Weight>;
  inner(input: Shape): readonly InnerStage[];
  build(input: Shape, more?: Weights): Kernel<I, O>;
  kernelWith(input: Shape, weights: Readonly<Record<string, tf.Tensor>>, pass?: TrainingPass): Kernel<I, O>;
  /** The same stage with another spec or other weights. */
  changed(changes: Pick<StageBasics<I, O>, 'spec' | 'weights'>): Stage<I, O>;
}

/** @internal Throws `OptionError` for a name that a stage cannot have. */
export function stageShapes(
  definition: Pick<StageBasics<never, unknown>, 'spec' | 'outputShape' | 'weightShapes' | 'macs'>,
): StageShapes {
  const { spec } = definition;
  const name = spec.name === undefined ? spec.op : spec.name;
  checkName(name);
  const outputShape = (input: Shape) => {
    try {
      return definition.outputShape(input);
    } catch (error) {
      throw error instanceof ShapeError ? new ShapeError(`${name} ${error.message}`, { stage: name }) : error;
    }
  };
  return {
    name,
    outputShape,
    weightShapes(input) {
      outputShape(input);
      return definition.weightShapes?.(input) ?? {};
    },
    macs(input) {
      outputShape(input);
      return definition.macs?.(input) ?? 0;
    },
  };
}

/** @internal Makes the stage: an operator on frames that is also a value with the members of {@link Stage}. */
export function assembleStage<I, O>(
  definition: StageBasics<I, O>,
  shapes: StageShapes,
  behaviour: StageBehaviour<I, O>,
): Stage<I, O> {
  const { name, outputShape, weightShapes, macs } = shapes;
  const { spec, weights } = definition;
  const parts: NamedStage[] = [];
  const operator: OperatorFunction<Frame<I>, Frame<O>> = (source) => chain<O>(source, parts);
  const stage = Object.assign(operator, {
    spec: withoutUndefined(spec),
    parts,
    inputShape: undefined,
    ...(definition.elementwise ? { elementwise: true } : {}),
    compilable: definition.compilable === true,
    origin: definition.origin,
    fromPixels: definition.fromPixels,
    lookAfter: definition.lookAfter,
    asynchronous: definition.asynchronous,
    outputShape,
    outputShapes: definition.outputShapes,
    weightShapes,
    parameterCount: (input: Shape) =>
      definition.parameterCount?.(input) ??
      Object.values(weightShapes(input)).reduce((sum, shape) => sum + sizeOf(shape), 0),
    macs,
    weights: (input: Shape) => behaviour.weights(input),
    inner: (input: Shape) => behaviour.inner(input),
    blank: (input: Shape) => definition.blank?.(input) ?? tf.zeros([...input]),
    build: (input: Shape, more?: Weights) => behaviour.build(input, more),
    kernelWith: (input: Shape, tensors: Readonly<Record<string, tf.Tensor>>, pass?: TrainingPass) =>
      behaviour.kernelWith(input, tensors, pass),
    named: (other: string) => behaviour.changed({ spec: { ...spec, name: other }, weights }),
    withWeights: (more: Weights) => behaviour.changed({ spec, weights: { ...weights, ...more } }),
  });
  // The name of a function can be redefined, but not assigned.
  Object.defineProperty(stage, 'name', { value: name });
  parts.push({ name, stage });
  return stage;
}

/** JSON has no `undefined`. */
function withoutUndefined(spec: Spec): Spec {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) as Spec;
}

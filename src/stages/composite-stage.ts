import type { Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { checkKnown } from '../errors/known-options.ts';
import { runInRow } from '../run/run-in-row.ts';
import type { NamedTensors } from '../stage/named-tensors.ts';
import type { Shape } from '../stage/shape.ts';
import type { AnyStage, Kernel, Spec, Stage } from '../stage/stage.ts';
import { allKernels, combined } from '../stage/begin.ts';
import { passWithin } from '../stage/training-pass.ts';
import { readWeights, startingWith, type Weight, type Weights } from '../stage/weights.ts';
import { assembleStage, stageShapes } from './assemble-stage.ts';
import type { FrameLabel } from '../errors/frame-label.ts';

/** @internal A stage inside another one. `prefix` is what its weights' names begin with there: `<name>/`. */
export interface Member {
  readonly prefix: string;
  readonly stage: AnyStage;
}

/** @internal A member's computation. */
export type Run = (x: Tensor, label?: FrameLabel) => Tensor;

/** @internal A stage's computation. */
export type CompositeRun = (x: Tensor, label?: FrameLabel) => Tensor | NamedTensors;

/** @internal The description that {@link compositeStage} makes a stage from. */
export interface CompositeDefinition {
  readonly options: object;
  readonly spec: Spec;
  readonly members: readonly Member[];
  /** False where another engine cannot take the stage into its graph. Default: whether it can take all members. */
  readonly compilable?: false;
  /** Weights that replace those of the members, by `<member>/<weight>`. */
  readonly weights?: Weights | undefined;
  /** The members' input shapes, in their order. */
  inputs(input: Shape): readonly Shape[];
  outputShape(input: Shape): Shape;
  /** The shapes of several outputs, by name. */
  readonly outputShapes?: ((input: Shape) => Readonly<Record<string, Shape>>) | undefined;
  /** Combines the members' computations, which come in their order. Frees every tensor but its input and output. */
  run(input: Shape, runs: readonly Run[]): CompositeRun;
}

/**
 * @internal Makes a stage of other stages: it has their weights, parameters and multiply-accumulates. The counterpart of
 * `stage`, which makes a stage of one operation.
 */
export function compositeStage<I extends Tensor, O extends Tensor | NamedTensors>(
  definition: CompositeDefinition,
): Stage<I, O> {
  const { spec, options, members } = definition;
  for (const { stage } of members) {
    const late = stage.parts.find((part) => part.stage.asynchronous);
    if (late) {
      throw new OptionError(
        `${spec.name ?? spec.op} cannot hold ${late.name}, which is asynchronous: put it before or after, in a pipeline`,
      );
    }
  }
  const forEach = <T>(input: Shape, visit: (member: Member, shape: Shape) => T): T[] => {
    const inputs = definition.inputs(input);
    return members.map((member, i) => visit(member, inputs[i] ?? input));
  };
  const basics = {
    ...definition,
    compilable: definition.compilable ?? members.every(({ stage }) => stage.compilable === true),
    weightShapes: (input: Shape) =>
      Object.fromEntries(
        forEach(input, ({ prefix, stage }, shape) => prefixed(prefix, stage.weightShapes(shape))).flat(),
      ),
    macs: (input: Shape) => forEach(input, ({ stage }, shape) => stage.macs(shape)).reduce((a, b) => a + b, 0),
  };
  const shapes = stageShapes(basics);
  checkKnown(shapes.name, options, ['name', ...Object.keys(spec).filter((key) => key !== 'op' && key !== 'name')]);
  /** The weights that replace the members' own; throws `WeightsError` for one that no member has. */
  const replaced = (input: Shape, more?: Weights): Readonly<Record<string, Weight>> =>
    Object.fromEntries(readWeights(shapes.name, shapes.weightShapes(input), { ...definition.weights, ...more }));
  /** The kernel of the stage, from those of its members. */
  const together = (input: Shape, kernelOf: (member: Member, shape: Shape) => Kernel<never, unknown>) => {
    const inputs = definition.inputs(input);
    const kernels = allKernels(members, (member, i) => kernelOf(member, inputs[i] ?? input));
    return combined(kernels, (all) =>
      definition.run(
        input,
        all.map(({ run }) => run as Run),
      ),
    ) as Kernel<I, O>;
  };
  return assembleStage<I, O>(basics, shapes, {
    weights(input, more) {
      const given = replaced(input, more);
      const weightsOf = ({ prefix, stage }: Member, shape: Shape) =>
        prefixed(prefix, stage.withWeights(startingWith(prefix, given)).weights(shape));
      return Object.fromEntries(forEach(input, weightsOf).flat());
    },
    inner: (input) =>
      forEach(input, ({ prefix, stage }, shape) => ({ name: prefix.slice(0, -1), stage, input: shape })),
    build: (input, more) => {
      const given = replaced(input, more);
      return together(input, ({ prefix, stage }, shape) => stage.build(shape, startingWith(prefix, given)));
    },
    kernelWith: (input, tensors, pass) =>
      together(input, ({ prefix, stage }, shape) =>
        stage.kernelWith(shape, startingWith(prefix, tensors), passWithin(prefix, pass)),
      ),
    changed: (changes) => compositeStage({ ...definition, ...changes }),
  });
}

function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]);
}

/** @internal Computations one after the other as one. Gives the input itself where there are none. */
export function inRow(runs: readonly Run[]): Run {
  return (x, label) => runInRow(x, runs.length, (i, value) => runs[i]?.(value as Tensor, label)) as Tensor;
}

/** @internal Throws `OptionError` unless all of these are stages, and there is at least one. */
export function checkStages(called: string, stages: readonly unknown[]): void {
  const wrong = stages.findIndex((item) => typeof item !== 'function' || !('parts' in item));
  if (wrong < 0 && stages.length > 0) return;
  const what = wrong < 0 ? 'got none' : `item ${wrong + 1} of them is ${describeValue(stages[wrong])}`;
  throw new OptionError(`${called} takes stages; ${what}`, { stage: called });
}

import type { Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import { OptionError } from '../errors/errors.ts';
import type { Shape } from '../stage/shape.ts';
import type { AnyStage, Kernel, Spec, Stage } from '../stage/stage.ts';
import type { Weights } from '../stage/weights.ts';
import { stage } from './define-stage.ts';

/** @internal A stage inside another; its weights' names there begin with `prefix`. */
export interface Member {
  readonly prefix: string;
  readonly stage: AnyStage;
}

/** @internal A member's kernel. */
export type Run = (x: Tensor, label?: FrameLabel) => Tensor;

/** @internal What a stage that is made of stages is made from. */
export interface Composite {
  readonly options: object;
  readonly spec: Spec;
  readonly members: readonly Member[];
  /** What each member gets. */
  inputs(input: Shape): readonly Shape[];
  outputShape(input: Shape): Shape;
  /** What it does with its members' kernels, which come in the members' order; frees all but its input and output. */
  run(input: Shape, runs: readonly Run[]): Run;
}

/** @internal A stage that owns others: their weights, parameters and multiply-accumulates are its own. */
export function composite<I extends Tensor, O extends Tensor>(definition: Composite): Stage<I, O> {
  const { options, spec, members } = definition;
  const each = <T>(input: Shape, visit: (member: Member, shape: Shape) => T): T[] => {
    const shapes = definition.inputs(input);
    return members.map((member, i) => visit(member, shapes[i] ?? input));
  };
  return stage<I, O>({
    options,
    spec,
    compilable: members.every((member) => member.stage.compilable === true),
    outputShape: (input) => definition.outputShape(input),
    weightShapes: (input) =>
      Object.fromEntries(each(input, (m, shape) => prefixed(m.prefix, m.stage.weightShapes(shape))).flat()),
    macs: (input) => each(input, (member, shape) => member.stage.macs(shape)).reduce((a, b) => a + b, 0),
    inner: (input) =>
      each(input, ({ prefix, stage: member }, shape) => ({ name: prefix.slice(0, -1), stage: member, input: shape })),
    innerWeights: (input, given) =>
      Object.fromEntries(
        each(input, (m, shape) => prefixed(m.prefix, m.stage.withWeights(own(m, given)).weights(shape))).flat(),
      ),
    build(input, given) {
      const kernels: Kernel<never, unknown>[] = [];
      const dispose = () => kernels.forEach((kernel) => kernel.dispose());
      try {
        each(input, (member, shape) => kernels.push(member.stage.build(shape, own(member, given))));
        const runs = kernels.map(
          ({ run }): Run =>
            (x, label) =>
              run(x as never, label) as Tensor,
        );
        return { run: definition.run(input, runs) as unknown as Kernel<I, O>['run'], dispose };
      } catch (error) {
        dispose();
        throw error;
      }
    },
  });
}

function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]);
}

/** Those of the weights that are a member's, under its own names. */
function own({ prefix }: Member, weights: Weights): Weights {
  const names = Object.entries(weights).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(names.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** @internal Runs kernels one after the other, freeing what lies between; gives the input itself when there are none. */
export function inRow(runs: readonly Run[]): Run {
  return (input, label) =>
    runs.reduce((x, run) => {
      try {
        return run(x, label);
      } finally {
        if (x !== input) x.dispose();
      }
    }, input);
}

/** @internal Throws `OptionError` unless all of these are stages. */
export function checkStages(called: string, stages: readonly unknown[]): void {
  const wrong = stages.findIndex((item) => typeof item !== 'function' || !('parts' in item));
  if (wrong < 0 && stages.length > 0) return;
  const what = wrong < 0 ? 'got none' : `item ${wrong + 1} of them is ${describeValue(stages[wrong])}`;
  throw new OptionError(`${called} takes stages; ${what}`, { stage: called });
}

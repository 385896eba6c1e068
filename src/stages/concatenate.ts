import { Concat, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { OptionError } from '../errors/errors.ts';
import { checkAxis } from '../stage/axes.ts';
import { concatOutput } from '../stage/shape.ts';
import type { AnyStage, Stage } from '../stage/stage.ts';
import { checkStages, compositeStage } from './composite-stage.ts';
import type { PictureStage } from './residual.ts';
import { runKernel } from './run-kernel.ts';
import { named } from '../stage/names.ts';

/** Options of {@link concatenate}. */
export interface ConcatenateOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The dimension along which the outputs follow each other: 1 is the first after the batch, −1 the last. Default −1: the channels. */
  readonly axis?: number;
}

/**
 * Runs each branch, a stage or a `pipeline(…)`, on the input, and concatenates the outputs along the channels, or along
 * `axis`.  * `[b, h, w, c]` → `[b, h′, w′, c₁ + c₂ + …]`. Szegedy et al. 2014, "Going deeper with convolutions"; Keras `Concatenate`,
 * ONNX `Concat`.
 *
 * Weights are named `<branch>/<weight>`. Throws `OptionError` for an argument that is not a stage and for two branches of the
 * same name, and `ShapeError` where the branches' outputs differ in another dimension.
 *
 * @see {@link residual}, {@link graph}
 *
 * @example
 * const fire = concatenate(
 *   conv2d({ filters: 64, kernelSize: 1, activation: 'relu', seed: 1 }),
 *   conv2d({ filters: 64, kernelSize: 3, padding: 'same', activation: 'relu', seed: 2 }),
 * );
 * console.log(fire.outputShape([1, 55, 55, 16])); // [1, 55, 55, 128]
 */
export function concatenate(
  ...items: readonly [ConcatenateOptions | PictureStage, ...PictureStage[]]
): Stage<Tensor4D, Tensor4D> {
  const [first] = items;
  const options: ConcatenateOptions = typeof first === 'object' && first !== null ? first : {};
  const { axis = -1 } = options;
  const called = options.name ?? 'concatenate';
  checkAxis(called, axis);
  const stages = (options === first ? items.slice(1) : items) as readonly AnyStage[];
  checkStages(called, stages);
  const given = stages.map(({ spec }) => spec.name).filter((name) => name !== undefined && name !== 'pipeline');
  const twice = given.find((name, i) => given.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new OptionError(`${called}: two branches are named ${twice}: give each its own name`, { stage: called });
  }
  const branches = named(stages.map((stage) => ({ name: stage.name, stage })));
  return compositeStage<Tensor4D, Tensor4D>({
    options,
    spec: {
      op: 'concatenate',
      name: options.name,
      axis: axis === -1 ? undefined : axis,
      branches: branches.map(({ stage }) => stage.spec),
    },
    members: branches.map(({ name, stage }) => ({ prefix: `${name}/`, stage })),
    inputs: (input) => branches.map(() => input),
    outputShape: (input) =>
      concatOutput(
        branches.map(({ stage }) => stage.outputShape(input)),
        axis,
      ),
    run: (_input, runs) => (x, label) => {
      const results: Tensor[] = [];
      try {
        for (const run of runs) results.push(run(x, label));
        return runKernel(Concat, results, { axis: axis < 0 ? (results[0]?.rank ?? 0) + axis : axis });
      } finally {
        for (const result of results) result.dispose();
      }
    },
  });
}

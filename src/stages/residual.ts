import { Add, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { OptionError } from '../errors/errors.ts';
import { sumOutput } from '../stage/shape.ts';
import type { AnyStage, Elementwise, Spec, Stage } from '../stage/stage.ts';
import { activate, type Activation } from '../stage/activations.ts';
import { checkActivation } from './activation.ts';
import { checkStages, compositeStage, inRow } from './composite-stage.ts';
import { runKernel } from './run-kernel.ts';
import { named } from '../stage/names.ts';
import { shapesThrough } from '../stage/shapes-through.ts';

/** A stage from pictures to pictures. */
export type PictureStage = Stage<Tensor4D, Tensor4D> | Elementwise;

/** Options of {@link residual}. */
export interface ResidualOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The stage applied to the input before it is added. Needed where the branch changes the shape; usually a 1×1 convolution. */
  readonly shortcut?: PictureStage;
  /** The function applied to the sum. Default `linear`. */
  readonly activation?: Activation;
}

/**
 * A residual block: runs its stages one after the other and adds the result to the input, y = f(x + F(x)), or to a shortcut S
 * of the input, y = f(S(x) + F(x)). `[b, h, w, c]` → the output shape of the stages. He et al. 2015, "Deep residual
 * learning", equations 1 and 2.
 *
 * Weights are named `<stage>/<weight>` and `shortcut/<weight>`. Throws `OptionError` for an argument that is not a stage and
 * for a stage named `shortcut`, and `ShapeError` where branch and shortcut give different shapes.
 *
 * @see {@link concatenate}, {@link graph}
 *
 * @example
 * const block = residual(
 *   { activation: 'relu' },
 *   conv2d({ filters: 8, kernelSize: 3, padding: 'same', activation: 'relu', seed: 1 }),
 *   conv2d({ filters: 8, kernelSize: 3, padding: 'same', seed: 2 }),
 * );
 * console.log(block.outputShape([1, 8, 8, 8])); // [1, 8, 8, 8]
 */
export function residual(
  ...items: readonly [ResidualOptions | PictureStage, ...PictureStage[]]
): Stage<Tensor4D, Tensor4D> {
  const [first] = items;
  const options: ResidualOptions = typeof first === 'object' && first !== null ? first : {};
  const { name, shortcut, activation = 'linear' } = options;
  const called = name ?? 'residual';
  const stages = (options === first ? items.slice(1) : items) as readonly AnyStage[];
  checkStages(called, stages);
  if (shortcut !== undefined) checkStages(`${called}: shortcut`, [shortcut]);
  checkActivation(called, activation);
  const parts = named(stages.flatMap((stage) => stage.parts));
  if (parts.some((part) => part.name === 'shortcut')) {
    throw new OptionError(`${called}: a stage of the branch is named shortcut: give it another name`, {
      stage: called,
    });
  }
  const members = parts.map((part) => ({ prefix: `${part.name}/`, stage: part.stage }));
  if (shortcut) members.push({ prefix: 'shortcut/', stage: shortcut });
  const spec: Spec = {
    op: 'residual',
    name,
    stages: parts.map(({ stage }) => stage.spec),
    shortcut: shortcut?.spec,
    activation,
  };
  return compositeStage<Tensor4D, Tensor4D>({
    options,
    spec,
    members,
    inputs: (input) => [...shapesThrough(parts, input).slice(0, -1), input],
    outputShape: (input) =>
      sumOutput(shapesThrough(parts, input).at(-1) ?? input, shortcut?.outputShape(input) ?? input),
    run(_input, runs) {
      const branch = inRow(runs.slice(0, parts.length));
      const direct = runs[parts.length];
      return (x, label) => {
        const a = branch(x, label);
        let b: Tensor | undefined;
        let sum: Tensor;
        try {
          b = direct?.(x, label);
          sum = runKernel(Add, { a, b: b ?? x });
        } finally {
          a.dispose();
          b?.dispose();
        }
        if (activation === 'linear') return sum;
        const y = activate(sum, activation);
        sum.dispose();
        return y;
      };
    },
  });
}

import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { fromSpec } from '../models/from-spec.ts';
import type { NamedStage, Spec, Stage } from '../stage/stage.ts';
import type { TaskSpec } from '../tasks/task.ts';
import { binaryCrossEntropy } from './losses/binary-cross-entropy.ts';
import { crossEntropy } from './losses/cross-entropy.ts';
import { meanSquaredError } from './losses/mean-squared-error.ts';

/** A loss as a stage: from the outputs of a model, and the targets in the frames' labels, to a number. */
export type Loss = Stage<Tensor2D, Tensor1D>;

/** The loss of a task that has an obvious one. Throws `OptionError` for another task. */
export function lossFor(called: string, { kind, outputKind }: TaskSpec): Loss {
  if (kind === 'classification') {
    return outputKind === 'binary' || outputKind === 'multiLabel' ? binaryCrossEntropy() : crossEntropy();
  }
  if (kind === 'regression') return meanSquaredError();
  if (kind === 'act') return crossEntropy();
  throw new OptionError(`${called} knows no loss for a model of ${kind}: give loss, a stage such as crossEntropy()`);
}

/** What turns logits into the probabilities that a loss is for. A model may end with the one of another loss. */
const PROBABILITIES: Readonly<Record<string, string>> = { crossEntropy: 'softmax', binaryCrossEntropy: 'sigmoid' };

/** A network and a loss that go together. */
export interface Objective {
  readonly parts: readonly NamedStage[];
  readonly loss: Loss;
}

/**
 * What is trained: the stages, and the loss of their outputs. Where the model ends with softmax or sigmoid and the loss is a cross entropy,
 * that function is left out and the loss is computed from the logits, which is exact; where it can't be left out (it has a temperature, or
 * is that of the other loss), from the probabilities. Throws `OptionError` for a loss from logits where the model gives probabilities.
 */
export function objectiveOf(called: string, parts: readonly NamedStage[], loss: Loss): Objective {
  if (typeof loss !== 'function' || !('spec' in loss)) {
    throw new OptionError(`${called}: loss must be a stage such as crossEntropy(), not ${describeValue(loss)}`);
  }
  if (loss.spec['reduction'] === 'none') {
    throw new OptionError(
      `${called}: the loss must be one number for a batch: leave reduction out, or give 'mean' or 'sum'`,
    );
  }
  if (parts.at(-1)?.stage.outputShapes) {
    throw new OptionError(
      `${called} trains models with one output, but ${parts.at(-1)?.name ?? ''} has several: choose one`,
    );
  }
  const late = parts.find(({ stage }) => stage.asynchronous);
  if (late)
    throw new OptionError(`${called}: ${late.name} is asynchronous, so no gradient can flow through it or past it`);
  const ending = PROBABILITIES[loss.spec.op];
  const last = parts.at(-1);
  if (ending === undefined || !last) return { parts, loss };
  const { spec } = last.stage;
  // The function of a recurrent stage is inside of it, not at its end.
  const functions = [spec.op, 'recurrentActivation' in spec ? undefined : spec['activation']];
  const given = Object.values(PROBABILITIES).find((one) => functions.includes(one));
  if (given === undefined) return { parts, loss };
  if (loss.spec['from'] === 'logits') {
    throw new OptionError(
      `${called}: the loss is from logits, but the model ends with ${given}, which gives probabilities: leave from out`,
    );
  }
  const logits = given === ending ? withoutEnding(last) : undefined;
  if (!logits) return { parts, loss: lossFrom('probabilities', loss) };
  return { parts: [...parts.slice(0, -1), ...logits], loss: lossFrom('logits', loss) };
}

/** The last stage without its function: nothing, or the stage with no activation. Undefined where the function is more than that. */
function withoutEnding({ name, stage, ...rest }: NamedStage): readonly NamedStage[] | undefined {
  const { spec } = stage;
  if (spec.op === 'softmax') return spec['temperature'] === 1 && spec['axis'] === undefined ? [] : undefined;
  if (spec.op === 'activation') return [];
  return [{ ...rest, name, stage: fromSpec({ ...spec, activation: 'linear' }, { maxWork: Infinity }) }];
}

function lossFrom(from: 'logits' | 'probabilities', { spec }: Loss): Loss {
  const { op, ...options } = spec as Spec & Parameters<typeof crossEntropy>[0];
  const make = op === 'crossEntropy' ? crossEntropy : binaryCrossEntropy;
  return make({ ...options, from });
}

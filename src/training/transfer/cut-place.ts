import { OptionError } from '../../errors/errors.ts';
import type { Model } from '../../models/model.ts';
import type { Shape } from '../../stage/shape.ts';
import type { NamedStage } from '../../stage/stage.ts';
import { checkTrainable, weightedPlaces } from '../weighted-stages.ts';

/** The stages of a model that stay as they are, and those after them that are trained. What a new head replaces is in neither. */
export interface CutParts {
  readonly front: readonly NamedStage[];
  readonly kept: readonly NamedStage[];
}

/** Finds where to cut a model, so that `trainable` stages with weights, a new last one among them, are trained. Throws `OptionError`. */
export function cutPlace(
  called: string,
  { name, pipeline: { parts }, task }: Model<object, object>,
  input: Shape,
  trainable: number,
): CutParts {
  const weighted = weightedPlaces(parts, input);
  // A vector is what the model is for: nothing of it is replaced.
  const end = task.kind === 'embedding' ? parts.length : (weighted.at(-1) ?? 0);
  const before = weighted.filter((place) => place < end);
  if (before.length === 0) {
    const ops = parts.map(({ stage }) => stage.spec.op).join(', ');
    throw new OptionError(
      `${called}: ${name} has no stage with weights before its last one (its stages are ${ops}), so it gives no features: ` +
        'take another model, or import this one with the layer or node that gives features as output, and outputKind vector',
    );
  }
  const most = before.length + 1;
  checkTrainable(called, trainable, most);
  const from = trainable === 1 ? end : (before.at(1 - trainable) ?? end);
  return { front: parts.slice(0, from), kept: parts.slice(from, end) };
}

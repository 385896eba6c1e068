import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Shape } from '../stage/shape.ts';
import type { NamedStage } from '../stage/stage.ts';
import { checkTrainable, weightedPlaces } from './weighted-stages.ts';

/** Which stages of a pipeline are trained: their names, or how many of the last ones that have weights. */
export type Trainable = readonly string[] | number;

/** The names of the stages that are trained. Throws `OptionError` for stages that do not exist or have no weights. */
export function trainedStages(
  called: string,
  parts: readonly NamedStage[],
  input: Shape,
  trainable: Trainable | undefined,
): ReadonlySet<string> {
  const weighted = weightedPlaces(parts, input).map((place) => parts[place]?.name ?? '');
  if (weighted.length === 0)
    throw new OptionError(`${called}: no stage of the model has weights, so it can't be trained`);
  if (trainable === undefined) return new Set(weighted);
  if (typeof trainable === 'number') {
    checkTrainable(called, trainable, weighted.length);
    return new Set(weighted.slice(-trainable));
  }
  const names: unknown = trainable;
  if (!Array.isArray(names) || names.length === 0) {
    throw new OptionError(
      `${called}: trainable must be names of stages, or a number of them, not ${describeValue(names)}`,
    );
  }
  const unknown = trainable.filter((name) => !weighted.includes(name));
  // In the order of the pipeline, so that the same stages are the same set.
  if (unknown.length === 0) return new Set(weighted.filter((name) => trainable.includes(name)));
  throw new OptionError(
    `${called}: trainable names ${unknown.join(', ')}, but the stages with weights are ${weighted.join(', ')}`,
  );
}

import { OptionError } from '../errors/errors.ts';
import type { ModelChoice } from './model-choice.ts';
import { graphsIn } from './graph/graph-origin.ts';
import type { Model } from './model.ts';

/** Whether a model takes something from one frame to the next. `state` is what it was loaded with. */
export function keepsState({ pipeline }: Model<object, object>, { state }: Pick<ModelChoice, 'state'>): boolean {
  return state !== undefined || graphsIn(pipeline).some(({ options }) => options.state !== undefined);
}

/** Throws `OptionError` if frames that have not changed can't be left out, because the model takes something from each frame to the next. */
export function checkSkipStill(model: Model<object, object>, choice: Pick<ModelChoice, 'state'>): void {
  if (!keepsState(model, choice)) return;
  throw new OptionError(
    `skipStill (--skip-still) leaves out frames, but ${model.name} takes a state from each frame to the next: leave out skipStill`,
  );
}

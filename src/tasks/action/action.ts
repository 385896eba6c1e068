import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';

/** An action with the score that the model gave it. */
export interface ActionScore {
  readonly index: number;
  /** The action's name, or `action 2` without labels. */
  readonly name: string;
  readonly score: number;
}

/** The result of {@link act}. */
export interface Action {
  /** The action that is chosen. */
  readonly action: ActionScore;
  /** All actions with their scores, by index. */
  readonly actions: readonly ActionScore[];
}

/** What the numbers are that a model gives for actions. */
export interface ActOutputs {
  /**
   * - `scores` (default): one score per action, such as the probabilities of a softmax or the values of Q-learning. Nothing is computed
   *   from them. To draw an action, they must be probabilities.
   * - `logits`: one logit per action. The scores are their softmax, eˣ / Σ eˣ.
   */
  readonly outputKind?: 'scores' | 'logits';
}

const NAMES: OptionNames<ActOutputs> = { outputKind: true };

/** Returns the settings with their defaults. Throws `OptionError`. */
export function resolveActOutputs(who: string, outputs: ActOutputs): Required<ActOutputs> {
  checkOptions(who, outputs, NAMES);
  const { outputKind = 'scores' } = outputs;
  if (outputKind === 'scores' || outputKind === 'logits') return { outputKind };
  throw new OptionError(`${who}: outputKind must be 'scores' or 'logits', not ${describeValue(outputKind)}`);
}

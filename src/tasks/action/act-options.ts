import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { checkKnown } from '../../errors/known-options.ts';

/** Options of one run of a model that acts, see {@link act}. */
export interface ActOptions {
  /** `best` (default): the action with the highest score, the first of equal ones. `sample`: one drawn with the probabilities that are the scores. */
  readonly choose?: 'best' | 'sample';
  /**
   * `sample`: how evenly the actions are drawn, a number over 0. A probability p counts as p^(1 / temperature): under 1 the better
   * actions are drawn more often, over 1 less often. The scores stay as they are. Default 1.
   */
  readonly temperature?: number;
  /** `sample`: the seed of the numbers with which actions are drawn, a whole number. Each `infer` draws its own. Default 1. */
  readonly seed?: number;
}

/** The names of {@link ActOptions}. */
export const ACT_OPTIONS = ['choose', 'temperature', 'seed'] as const;

/** Returns the options with their defaults. Throws `OptionError`. */
export function checkedActOptions(who: string, options: ActOptions): Required<ActOptions> {
  checkKnown(who, options, ACT_OPTIONS);
  const { choose = 'best', temperature = 1, seed = 1 } = options;
  const refuse = (what: string, value: unknown) => {
    throw new OptionError(`${who}: ${what}, not ${describeValue(value)}`);
  };
  if (choose !== 'best' && choose !== 'sample') refuse("choose must be 'best' or 'sample'", choose);
  if (typeof temperature !== 'number' || !(temperature > 0 && temperature < Infinity)) {
    refuse('temperature must be a number over 0', temperature);
  }
  if (!Number.isSafeInteger(seed)) refuse('seed must be a whole number', seed);
  for (const name of ['temperature', 'seed'] as const) {
    if (choose === 'sample' || options[name] === undefined) continue;
    throw new OptionError(`${who}: ${name} is for choose: 'sample', which draws actions`);
  }
  return { choose, temperature, seed };
}

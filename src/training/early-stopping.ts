import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { count, numberUpTo } from '../stage/arguments.ts';

/** When a training ends before its last epoch. It then ends with the weights of its best epoch. */
export interface EarlyStopping {
  /** How many epochs in a row may bring no improvement. */
  readonly patience: number;
  /** What must improve: that of `validation` if there is one, otherwise that of the training. Default `loss`. */
  readonly monitor?: 'loss' | 'accuracy';
  /** The least change that counts as an improvement. Default 0: any. */
  readonly minDelta?: number;
}

const NAMES: OptionNames<EarlyStopping> = { patience: true, monitor: true, minDelta: true };

/** Throws `OptionError`. */
export function checkEarlyStopping(called: string, options: EarlyStopping): Required<EarlyStopping> {
  const where = `${called}: earlyStopping`;
  checkOptions(where, options, NAMES);
  const { patience, monitor = 'loss', minDelta = 0 } = options;
  count(where, 'patience', patience);
  if (monitor !== 'loss' && monitor !== 'accuracy') {
    throw new OptionError(`${where}: monitor must be loss or accuracy, not ${describeValue(monitor)}`);
  }
  numberUpTo(where, 'minDelta', minDelta, Infinity);
  return { patience, monitor, minDelta };
}

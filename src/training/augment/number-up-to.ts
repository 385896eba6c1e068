import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';

/**
 * @internal Returns the value if it is a number from 0 to `most`, which is finite; otherwise throws `OptionError`. `others` says
 * what else the option can be.
 */
export function numberUpTo(operator: string, option: string, value: unknown, most: number, others = ''): number {
  if (typeof value === 'number' && value >= 0 && value <= most && value < Infinity) return value;
  const range = most < Infinity ? `from 0 to ${most}` : 'of at least 0';
  throw new OptionError(`${operator}: ${option} must be a number ${range}${others}, not ${describeValue(value)}`, {
    stage: operator,
  });
}

import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { count, numberUpTo } from '../stage/arguments.ts';

/** A learning rate that changes during a training. */
export interface LearningRateSchedule {
  /** The rate at the beginning, after the warm-up. */
  readonly rate: number;
  /**
   * How it changes. `constant` (default): it does not. `cosine`: it falls to `to` along half a cosine, over all epochs (Loshchilov & Hutter
   * 2017, without restarts). `step`: it is multiplied by `factor` after every `every` epochs.
   */
  readonly schedule?: 'constant' | 'cosine' | 'step';
  /** The rate at the end of a `cosine`. Default 0. */
  readonly to?: number;
  /** The number of epochs between two changes of a `step`. Required there. */
  readonly every?: number;
  /** What a `step` multiplies the rate by. Default 0.1. */
  readonly factor?: number;
  /** Over how many steps the rate rises evenly to `rate` at the beginning. Default 0. */
  readonly warmUp?: number;
}

/** A learning rate: a number, a schedule, or a function that gives the rate of each step. */
export type LearningRate = number | LearningRateSchedule | ((at: TrainingTime) => number);

/** How far a training is. */
export interface TrainingTime {
  /** The number of the step, from 1. */
  readonly step: number;
  /** How many epochs have passed, with the part of the current one. The part is 0 as long as it is not known how long an epoch is. */
  readonly epochs: number;
  /** How many epochs there will be. */
  readonly of: number;
}

const NAMES: OptionNames<LearningRateSchedule> = {
  rate: true,
  schedule: true,
  to: true,
  every: true,
  factor: true,
  warmUp: true,
};

/** The rate of each step. Throws `OptionError`; the function throws it for a rate that is not a number of at least 0. */
export function learningRateOf(called: string, rate: LearningRate): (at: TrainingTime) => number {
  if (typeof rate === 'function') return (at) => numberUpTo(called, 'learningRate', rate(at), Infinity);
  if (typeof rate !== 'object') {
    numberUpTo(called, 'learningRate', rate, Infinity);
    return () => rate;
  }
  checkOptions(`${called}: learningRate`, rate, NAMES);
  const { schedule = 'constant', to = 0, factor = 0.1, warmUp = 0 } = rate;
  if (schedule !== 'constant' && schedule !== 'cosine' && schedule !== 'step') {
    throw new OptionError(
      `${called}: the schedule of learningRate must be constant, cosine or step, not ${describeValue(schedule)}`,
    );
  }
  const others = { to: 'cosine', every: 'step', factor: 'step' } as const;
  for (const [option, needed] of Object.entries(others)) {
    if (rate[option as keyof typeof others] === undefined || schedule === needed) continue;
    throw new OptionError(`${called}: ${option} of learningRate is for schedule: '${needed}', not for '${schedule}'`);
  }
  numberUpTo(called, 'rate', rate.rate, Infinity);
  numberUpTo(called, 'to', to, Infinity);
  numberUpTo(called, 'factor', factor, Infinity);
  count(called, 'warmUp', warmUp, 0);
  const every = schedule === 'step' ? count(called, 'every', rate.every) : 1;
  const decayed = ({ epochs, of }: TrainingTime): number => {
    if (schedule === 'constant') return rate.rate;
    if (schedule === 'step') return rate.rate * factor ** Math.floor(epochs / every);
    return to + ((rate.rate - to) / 2) * (1 + Math.cos(Math.PI * Math.min(1, epochs / of)));
  };
  return (at) => decayed(at) * Math.min(1, at.step / Math.max(1, warmUp));
}

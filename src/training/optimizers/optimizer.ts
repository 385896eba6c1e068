import { checkOptions } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { adamRule, type Adam, type AdamW } from './adam.ts';
import type { Rule } from './rule.ts';
import { momentumRule, sgdRule, type Momentum, type Sgd } from './sgd.ts';

/** How gradients change the weights: by name, or with settings. */
export type Optimizer = Sgd | Momentum | Adam | AdamW;

const RULES = { sgd: sgdRule, momentum: momentumRule, adam: adamRule, adamw: adamRule } as const;
const SETTINGS = {
  sgd: [],
  momentum: ['momentum', 'nesterov'],
  adam: ['beta1', 'beta2', 'epsilon'],
  adamw: ['beta1', 'beta2', 'epsilon', 'weightDecay'],
} as const;

/** Makes the rule. Throws `OptionError`. */
export function ruleOf(called: string, optimizer: Optimizer | Optimizer['name']): Rule {
  const given: unknown = typeof optimizer === 'string' ? { name: optimizer } : optimizer;
  const name: unknown = typeof given === 'object' && given !== null && 'name' in given ? given.name : undefined;
  if (typeof name !== 'string' || !Object.hasOwn(RULES, name)) {
    throw new OptionError(
      `${called}: optimizer must be one of ${Object.keys(RULES).join(', ')}, or an object with one of them as its name, not ` +
        describeValue(optimizer),
    );
  }
  const known = name as keyof typeof RULES;
  const names = Object.fromEntries(['name', ...SETTINGS[known]].map((setting) => [setting, true] as const));
  checkOptions<Readonly<Record<string, unknown>>>(`${called}: ${name}`, given as Record<string, unknown>, names);
  return RULES[known](`${called}: ${name}`, given as never);
}

import { OptionError } from 'sluice';

/**
 * Whether the options ask for the network as torchvision has it, and not as `own` has it, which is the default. Throws `OptionError`
 * for another variant or option.
 */
export function isTorchvision(called: string, options: { readonly variant?: string }, own: string): boolean {
  const unknown = Object.keys(options).find((name) => name !== 'variant');
  if (unknown !== undefined) throw new OptionError(`${called} has no option ${unknown}; its option is variant`);
  const { variant = own } = options;
  if (variant === own || variant === 'torchvision') return variant === 'torchvision';
  throw new OptionError(`${called}: variant must be '${own}' or 'torchvision', not ${JSON.stringify(variant)}`);
}

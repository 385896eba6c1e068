import { modelFrom, OptionError, presets, type Model, type ModelFiles } from 'sluice';

const { mean, std } = presets.torch;

/** The mean and standard deviation of ImageNet's colours. */
export const IMAGENET = { mean, std } as const;

/** How torchvision prepares pictures to evaluate: the centre of a picture that is resized to 256 as Pillow does. */
export const TORCHVISION = {
  width: 224,
  height: 224,
  fit: 'cover',
  centralFraction: 0.875,
  resizeMethod: 'antialias',
  ...IMAGENET,
} as const;

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

/**
 * Loads a network that has the variant `torchvision`. Without a variant, the names of the weights decide. `preprocess` is for the network
 * of its own.
 */
export function loadVariant<Variant extends string>(
  build: (options: { readonly variant?: Variant | 'torchvision' }) => Model['pipeline'],
  preprocess: Model['preprocess'],
  { variant, ...files }: ModelFiles & { readonly variant?: Variant | 'torchvision' },
): Promise<Model> {
  const torchvision = { pipeline: build({ variant: 'torchvision' }), preprocess: TORCHVISION };
  if (variant === 'torchvision') return modelFrom(torchvision.pipeline, TORCHVISION, files);
  const own = build(variant === undefined ? {} : { variant });
  return modelFrom(own, preprocess, files, variant === undefined ? [torchvision] : []);
}

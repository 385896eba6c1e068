import { checkKnown } from './known-options.ts';

/** The names of a type's options; of a union, the names of all its members. */
type NameOf<Options> = Options extends unknown ? keyof Options : never;

/**
 * The names of all options of a function, as the keys of an object. The compiler reports a name that is missing
 * and a name that does not exist, so an option that is added to the type must be added here as well.
 */
export type OptionNames<Options> = { readonly [Name in NameOf<Options>]: true };

/**
 * @internal Checks the options that a public function `called` was given.
 *
 * Throws `OptionError` if they are not an object, and for an option that does not exist; the message names the real
 * option that is most like it.
 *
 * Keep `names` as a constant beside the type: `const NAMES: OptionNames<BatchOptions> = { size: true, maxWait: true };`
 */
export function checkOptions<Options extends object>(
  called: string,
  options: Options,
  names: OptionNames<NoInfer<Options>>,
): void {
  checkKnown(called, options, Object.keys(names));
}

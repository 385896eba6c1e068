import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { fewNames } from './few-names.ts';

/** How many names a message lists. */
const LISTED = 20;

/**
 * @internal The outputs that the option `output` names, in its order, or the only one. `inside` finds a value inside of the model by its
 * name. Throws `OptionError`.
 */
export function chooseOutputs<T>(
  file: string,
  outputs: ReadonlyMap<string, T>,
  wanted: string | readonly string[] | undefined,
  inside?: (name: string) => T | undefined,
): ReadonlyMap<string, T> {
  const listed = fewNames([...outputs.keys()], LISTED);
  if (wanted === undefined && outputs.size === 1) return outputs;
  if (wanted === undefined) {
    throw new OptionError(`${file} has ${outputs.size} outputs: give output (--output), one or several of ${listed}`);
  }
  const names: readonly unknown[] = [wanted].flat();
  if (names.length === 0) throw new OptionError(`${file}: output names nothing; it has ${listed}`);
  const found = new Map<string, T>();
  for (const name of names) {
    const output = typeof name === 'string' ? (outputs.get(name) ?? inside?.(name)) : undefined;
    if (output === undefined) {
      const others = inside ? ', or the name of another value' : '';
      throw new OptionError(`${file}: output must be one of ${listed}${others}, not ${describeValue(name)}`);
    }
    if (found.has(name as string)) throw new OptionError(`${file}: output names ${describeValue(name)} twice`);
    found.set(name as string, output);
  }
  return found;
}

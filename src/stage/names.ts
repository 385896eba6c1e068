import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { AnyStage, NamedStage } from './stage.ts';

/** @internal Throws `OptionError` unless it can be a stage's name. Weights are named `<stage>/<weight>`, so it has no `/`. */
export function checkName(name: unknown): void {
  if (typeof name === 'string' && name !== '' && !name.includes('/')) return;
  throw new OptionError(`a stage's name must be a non-empty string without '/', not ${describeValue(name)}`);
}

/** @internal Numbers stages of the same name, so that every name is unique: `conv2d`, `conv2d_1`, `conv2d_2` … */
export function named(parts: readonly NamedStage[]): NamedStage[] {
  const taken = new Set<string>();
  return parts.map((part) => {
    let name = part.name;
    for (let n = 1; taken.has(name); n++) name = `${part.name}_${n}`;
    taken.add(name);
    return name === part.name ? part : { ...part, name, stage: renamed(part.stage, name) };
  });
}

/** Stages under other names. Pipes share what is loaded for one stage, so that it must not be made anew for each pipe. */
const others = new WeakMap<AnyStage, Map<string, AnyStage>>();

function renamed(stage: AnyStage, name: string): AnyStage {
  const known = others.get(stage) ?? new Map<string, AnyStage>();
  others.set(stage, known);
  const found = known.get(name) ?? stage.named(name);
  known.set(name, found);
  return found;
}

import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { describeShape } from '../stage/shape.ts';
import { few, fewNames } from './few-names.ts';

/** The options that say what a model's inputs take. */
export interface InputChoice {
  readonly input?: string | undefined;
  readonly constants?: Readonly<Record<string, unknown>> | undefined;
  readonly state?: Readonly<Record<string, string>> | undefined;
}

/** An input as a model declares it. A size below 0, or one that is undefined, is open. */
export interface DeclaredInput {
  readonly name: string;
  readonly shape?: readonly (number | undefined)[] | undefined;
}

/**
 * The input that takes the frames: the one that is named, or the only one that neither a constant nor a state is for. It may be a
 * node inside the model. Throws `OptionError`.
 */
export function chooseInput(
  file: string,
  declared: readonly DeclaredInput[],
  { input, constants = {}, state = {} }: InputChoice,
): string {
  const inputs = declared.map(({ name }) => name);
  checkNames(file, 'constants', Object.keys(constants), inputs);
  checkNames(file, 'state', Object.keys(state), inputs);
  for (const node of Object.values(state)) {
    if (typeof node !== 'string') throw new OptionError(`${file}: state names outputs, not ${describeValue(node)}`);
  }
  for (const [option, names] of Object.entries({ constants, state })) {
    if (input === undefined || !Object.hasOwn(names, input)) continue;
    throw new OptionError(`${file}: ${input} takes the frames (input), so it cannot be in ${option}`);
  }
  const open = inputs.filter((name) => !Object.hasOwn(constants, name) && !Object.hasOwn(state, name));
  const takes = input ?? open[0];
  if (takes === undefined || (input === undefined && open.length > 1)) {
    throw new OptionError(
      `${file} has ${inputs.length} inputs (${listed(declared)}): give input (--input), and constants (--constant) for the others`,
    );
  }
  // Where the input is a node inside the graph, the converter reports which other inputs are needed.
  const unset = inputs.includes(takes) ? open.filter((name) => name !== takes) : [];
  if (unset.length > 0) {
    throw new OptionError(`${file} also takes ${fewNames(unset, 20)}: give constants (--constant) for them`);
  }
  return takes;
}

function checkNames(file: string, option: string, given: readonly string[], inputs: readonly string[]): void {
  const unknown = given.filter((name) => !inputs.includes(name));
  if (unknown.length === 0) return;
  throw new OptionError(`${file} has no input ${fewNames(unknown)} (${option}); it has ${fewNames(inputs, 20)}`);
}

/** At most 20 inputs with the shapes that they declare: `boxes [-1, 100, 4]`. */
function listed(inputs: readonly DeclaredInput[]): string {
  const names = inputs.map(({ name, shape }) =>
    shape ? `${name.slice(0, 60)} ${describeShape(shape.map((size) => size ?? -1))}` : name.slice(0, 60),
  );
  return few(names, 20);
}

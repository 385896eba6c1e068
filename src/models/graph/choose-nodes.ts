import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { describeShape } from '../../stage/shape.ts';
import type { GraphModelOptions } from './graph-model-options.ts';
import type { LoadedGraphModel } from './load-graph.ts';

/** The nodes that a run uses. */
export interface ChosenNodes {
  /** The node that takes the frames. */
  readonly input: string;
  /** The nodes whose values are the output. */
  readonly outputs: readonly string[];
  /** Inputs that take what an output was for the frame before, each with that output. */
  readonly state: readonly (readonly [input: string, output: string])[];
}

/** Chooses the nodes that the options name, or the only ones. Throws `OptionError`. */
export function chooseNodes(
  file: string,
  model: LoadedGraphModel,
  { input, output, constants = {}, state = {} }: GraphModelOptions,
): ChosenNodes {
  const inputs = model.inputs.map(({ name }) => name);
  checkNames(file, 'constants', Object.keys(constants), inputs);
  checkNames(file, 'state', Object.keys(state), inputs);
  for (const node of Object.values(state)) {
    if (typeof node !== 'string') throw new OptionError(`${file}: state names outputs, not ${describeValue(node)}`);
  }
  const open = inputs.filter((name) => !Object.hasOwn(constants, name) && !Object.hasOwn(state, name));
  const takes = input ?? open[0];
  if (takes === undefined || (input === undefined && open.length > 1)) {
    throw new OptionError(
      `${file} has ${inputs.length} inputs (${listed(model.inputs)}): give input (--input), and constants (--constant) for the others`,
    );
  }
  // Where the input is a node inside the graph, the converter reports which other inputs are needed.
  const unset = inputs.includes(takes) ? open.filter((name) => name !== takes) : [];
  if (unset.length > 0) {
    throw new OptionError(`${file} also takes ${unset.join(', ')}: give constants (--constant) for them`);
  }
  const outputs = output === undefined ? openOutputs(model, state) : [output].flat();
  if (outputs.length === 0) {
    throw new OptionError(`${file}: output names nothing; it has ${model.outputs.map(({ name }) => name).join(', ')}`);
  }
  return { input: takes, outputs, state: Object.entries(state) };
}

/** The outputs that are not the state of the next frame. A constant that no node takes is none. */
function openOutputs(model: LoadedGraphModel, state: Readonly<Record<string, string>>): readonly string[] {
  const kept = Object.values(state);
  const isConstant = (name: string) => Object.hasOwn(model.weights, name);
  return model.outputs.map(({ name }) => name).filter((name) => !kept.includes(name) && !isConstant(name));
}

function checkNames(file: string, option: string, given: readonly string[], inputs: readonly string[]): void {
  const unknown = given.filter((name) => !inputs.includes(name));
  if (unknown.length === 0) return;
  throw new OptionError(`${file} has no input ${unknown.join(', ')} (${option}); it has ${inputs.join(', ')}`);
}

/** Nodes with the shapes that they declare: `boxes [-1, 100, 4]`. */
function listed(nodes: readonly { readonly name: string; readonly shape?: readonly number[] | undefined }[]): string {
  return nodes.map(({ name, shape }) => (shape ? `${name} ${describeShape(shape)}` : name)).join(', ');
}

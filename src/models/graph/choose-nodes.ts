import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { chooseInput } from '../choose-input.ts';
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
  { input, output, constants, state = {} }: GraphModelOptions,
): ChosenNodes {
  const takes = chooseInput(file, model.inputs, { input, constants, state });
  const outputs = output === undefined ? openOutputs(model, state) : [output].flat();
  if (outputs.length === 0) {
    throw new OptionError(`${file}: output names nothing; it has ${model.outputs.map(({ name }) => name).join(', ')}`);
  }
  const twice = outputs.find((name, i) => outputs.indexOf(name) < i);
  if (twice !== undefined) throw new OptionError(`${file}: output names ${describeValue(twice)} twice`);
  return { input: takes, outputs, state: Object.entries(state) };
}

/** The outputs that are not the state of the next frame. A constant that no node takes is none. */
function openOutputs(model: LoadedGraphModel, state: Readonly<Record<string, string>>): readonly string[] {
  const kept = Object.values(state);
  const isConstant = (name: string) => Object.hasOwn(model.weights, name);
  return model.outputs.map(({ name }) => name).filter((name) => !kept.includes(name) && !isConstant(name));
}

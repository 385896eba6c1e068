import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { RECURRENT_ACTIVATIONS, type RecurrentActivation } from '../../stage/activations.ts';
import type { Merge } from '../../stage/merge.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { graph } from '../../stages/graph.ts';
import type { GraphNode } from '../../stages/graph-nodes.ts';
import { gru } from '../../stages/gru.ts';
import { lstm } from '../../stages/lstm.ts';
import { slice } from '../../stages/slice.ts';
import type { ConvertedStage, LayerContext, StageConversion } from './conversion.ts';
import { unchanged } from './in-row.ts';
import { number, only } from './layer-options.ts';
import { readLayer, setting, type Layer } from './layer.ts';

/** @internal */
export const convertLstm: StageConversion = (layer, context) => ({
  stage: lstm(recurrent(layer, context)),
  weights: weightsOf(layer),
});

/** @internal Keras 2 and later write `reset_after`; before, it was as without it. */
export const convertGru: StageConversion = (layer, context) => ({
  stage: gru({ ...recurrent(layer, context), resetAfter: setting(layer, 'reset_after') === true }),
  weights: weightsOf(layer),
});

const RECURRENT: Readonly<Record<string, StageConversion>> = { GRU: convertGru, LSTM: convertLstm };

/** The settings that the stages share. The stage checks their values. */
function recurrent(layer: Layer, { keras }: LayerContext) {
  for (const name of ['return_state', 'stateful', 'time_major']) only(layer, name, [undefined, null, false]);
  return {
    units: number(layer, 'units'),
    activation: functionOf(layer, 'activation', 'tanh', keras),
    // tfjs-layers writes it always.
    recurrentActivation: functionOf(layer, 'recurrent_activation', 'sigmoid', keras),
    useBias: setting(layer, 'use_bias') !== false,
    returnSequences: setting(layer, 'return_sequences') === true,
    goBackwards: setting(layer, 'go_backwards') === true,
  };
}

function functionOf(layer: Layer, name: string, otherwise: RecurrentActivation, keras: number): RecurrentActivation {
  const given: unknown = setting(layer, name) ?? otherwise;
  const known = given === 'hard_sigmoid' && keras < 3 ? 'hardSigmoid' : given;
  const found = RECURRENT_ACTIVATIONS.find((one) => one === known);
  if (found !== undefined) return found;
  throw new OptionError(`has ${name} ${describeValue(given)}`);
}

/** Keras 3 puts the weights into the cell of the layer. */
function weightsOf(layer: Layer): Record<string, readonly string[]> {
  const names = ['kernel', 'recurrent_kernel', ...(setting(layer, 'use_bias') === false ? [] : ['bias'])];
  const stages = ['kernel', 'recurrentKernel', 'bias'];
  return Object.fromEntries(names.map((name, i) => [stages[i] ?? name, [name, `cell/${i}`]]));
}

/** How `Bidirectional` brings the two directions together. */
const MODES: Readonly<Record<string, Merge>> = { concat: 'concatenate', sum: 'add', mul: 'multiply', ave: 'average' };

/** @internal A recurrent layer from the first step on, and one from the last step on. */
export function convertBidirectional(layer: Layer, context: LayerContext): ConvertedStage {
  const inner = innerLayer(layer, 'layer', 'forward');
  if (!inner) throw new OptionError('has no layer inside');
  // Without a mode, Keras gives two values.
  const isNone = layer.config['merge_mode'] === null;
  const mode: unknown = isNone ? null : (setting(layer, 'merge_mode') ?? 'concat');
  const merge = typeof mode === 'string' && Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
  if (!merge) throw new OptionError(`has merge_mode ${describeValue(mode)}`);
  if (!context.input) return { stage: unchanged() };
  const own = innerLayer(layer, 'backward_layer', 'backward');
  const flipped = setting(inner, 'go_backwards') !== true;
  const back = own ?? { ...inner, config: { ...inner.config, go_backwards: flipped, goBackwards: flipped } };
  const sides = { forward: converted(inner, context), backward: converted(back, context) };
  const nodes: Record<string, GraphNode> = {
    forward: { stage: sides.forward.stage, from: 'input' },
    backward: { stage: sides.backward.stage, from: 'input' },
  };
  const shape = sides.backward.stage.outputShape(context.input);
  // The steps of the second direction come out from the last one to the first.
  if (shape.length === 3) nodes['inOrder'] = { stage: reversed(shape), from: 'backward' };
  const from = ['forward', shape.length === 3 ? 'inOrder' : 'backward'];
  nodes['both'] = { merge, from };
  const names = Object.entries({ forward: inner, backward: back }).flatMap(([side, { name: own }]) => {
    // The layer of the second direction may be the first one under another name. Keras 3 writes it as it is called.
    const plain = own.replace(/^(forward|backward)_/, '');
    const bases = new Set([`${side}_${own}`, own, `${side}_${plain}`, `${side}_layer`]);
    const { weights = {} } = sides[side as keyof typeof sides];
    return Object.entries(weights).map(([weight, stored]) => {
      const known = [...bases].filter((base) => side === 'forward' || base !== inner.name);
      return [`${side}/${weight}`, known.flatMap((base) => stored.map((name) => `${base}/${name}`))] as const;
    });
  });
  return { stage: graph({ nodes, output: 'both' }), weights: Object.fromEntries(names) };
}

function converted(layer: Layer, context: LayerContext): ConvertedStage {
  const convert = Object.hasOwn(RECURRENT, layer.className) ? RECURRENT[layer.className] : undefined;
  if (convert) return convert(layer, context);
  throw new OptionError(`takes ${layer.className} in both directions, which is not supported`);
}

function innerLayer(layer: Layer, name: string, side: string): Layer | undefined {
  const given = setting(layer, name);
  return given === undefined || given === null ? undefined : readLayer(`the ${side} layer`, given, layer.name, name);
}

/** A sequence from its last step to its first one. */
function reversed([, steps = 1, values = 1]: readonly number[]): AnyStage {
  return slice({ begin: [steps - 1, 0], size: [steps, values], strides: [-1, 1] });
}

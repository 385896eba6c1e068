import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { asObject } from '../tfjs/as-object.ts';
import type { StageConversion } from './conversion.ts';
import { readLayer, setting } from './layer.ts';

/** Layers that compute each row of values for itself, however many dimensions there are. */
const BY_ROW = ['Activation', 'Dense', 'Dropout', 'ELU', 'LayerNormalization', 'LeakyReLU', 'ReLU', 'Softmax'] as const;

/** @internal A layer that is applied to each step: nothing else for a layer that computes each row of values for itself. */
export function timeDistributed(convert: Readonly<Record<(typeof BY_ROW)[number], StageConversion>>): StageConversion {
  return (layer, context) => {
    const given = setting(layer, 'layer');
    const className = asObject(given)?.['class_name'];
    const known = BY_ROW.find((name) => name === className);
    if (!known) throw new OptionError(`applies ${describeValue(className)} to each step, which is not supported`);
    const inner = readLayer('the layer inside', given, layer.name, layer.name);
    const made = convert[known](inner, context);
    // Keras 3 stores the weights of the inner layer by their numbers.
    const weights = Object.entries(made.weights ?? {}).map(([name, stored], i) => [name, [...stored, `layer/${i}`]]);
    return { ...made, weights: Object.fromEntries(weights) as Record<string, string[]> };
  };
}

import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { ACTIVATIONS, type Activation } from '../../stage/activations.ts';
import { activation } from '../../stages/activation.ts';
import { asObject } from '../tfjs/as-object.ts';
import { convertRelu, leakyRelu } from './convert-activation.ts';
import type { ConvertedStage } from './conversion.ts';
import { inRow, surrounded } from './in-row.ts';
import { number } from './layer-options.ts';
import { readLayer, setting } from './layer.ts';

/** The names of activation functions that differ in Keras and sluice. */
const NAMES: Readonly<Record<string, Activation>> = {
  hard_sigmoid: 'hardSigmoid',
  hard_swish: 'hardSwish',
  hard_silu: 'hardSwish',
  leaky_relu: 'leakyRelu',
  silu: 'swish',
};

/** The functions of Keras that only a stage of its own computes. */
const OWN: Readonly<Record<string, () => AnyStage>> = {
  hard_tanh: () => activation('clip', { min: -1, max: 1 }),
  log_sigmoid: () => inRow({ flip: activation('negate'), soft: activation('softplus'), back: activation('negate') }),
  log_softmax: () => inRow({ shares: activation('softmax'), log: activation('log') }),
  gelu_new: () => activation('gelu', { approximate: true }),
};

/** The activation as part of another stage, if it can be one. The `hard_sigmoid` of Keras 3 has another slope. */
function fusible(given: unknown, keras: number): Activation | undefined {
  const name = nameOf(given);
  if (name === 'hard_sigmoid' && keras >= 3) return undefined;
  return Object.hasOwn(NAMES, name) ? NAMES[name] : ACTIVATIONS.find((same) => same === name);
}

/** @internal The activation as a stage of its own; throws `OptionError` for an unknown one. */
export function activationOf(given: unknown, keras: number): AnyStage {
  const name = nameOf(given);
  if (name === 'hard_sigmoid' && keras >= 3) return activation('hardSigmoid', { alpha: 1 / 6 });
  const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  const stage = own?.() ?? layerAsActivation(given);
  if (stage) return stage;
  const known = fusible(given, keras);
  if (known) return activation(known);
  throw new OptionError(`has activation ${describeValue(given)}`);
}

/** @internal A layer with an activation: one stage where that can be part of it, else two. */
export function withActivation(
  given: unknown,
  keras: number,
  convert: (activation: Activation) => ConvertedStage,
): ConvertedStage {
  const part = fusible(given, keras);
  return part ? convert(part) : surrounded({}, convert('linear'), { activation: activationOf(given, keras) });
}

/** An activation layer that was given as the activation of another layer: `Conv2D(8, 3, activation=LeakyReLU())`. */
function layerAsActivation(given: unknown): AnyStage | undefined {
  const { class_name: className, config } = asObject(given) ?? {};
  if (typeof className !== 'string' || !asObject(config)) return undefined;
  const layer = readLayer('activation', given, 'activation', className);
  if (className === 'ReLU') return convertRelu(layer).stage;
  if (className === 'LeakyReLU') return leakyRelu(slopeOf(layer));
  if (className === 'ELU') return activation('elu', { alpha: number(layer, 'alpha', 1) });
  if (className === 'Softmax' && [undefined, -1].includes(setting(layer, 'axis') as number))
    return activation('softmax');
  return undefined;
}

/** @internal The slope of a LeakyReLU layer: Keras 3 has renamed it. */
export function slopeOf(layer: Parameters<typeof setting>[0]): number {
  return number(layer, 'negative_slope', number(layer, 'alpha', 0.3));
}

/** The name of an activation. Keras 3 writes some as an object that contains the name. */
function nameOf(given: unknown): string {
  const { class_name: className, config } = asObject(given) ?? {};
  const name = className === 'function' ? config : given;
  return name === undefined || name === null ? 'linear' : typeof name === 'string' ? name : '';
}

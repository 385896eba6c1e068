import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { ACTIVATIONS, type Activation } from '../../stage/activations.ts';
import { activation } from '../../stages/activation.ts';
import { asObject } from '../tfjs/as-object.ts';

/** The names of activation functions that differ in Keras and tfjs. */
const NAMES: Readonly<Record<string, Activation>> = {
  hard_sigmoid: 'hardSigmoid',
  hard_swish: 'hardSwish',
  hard_silu: 'hardSwish',
  silu: 'swish',
};

/** @internal The activation of a layer; throws `OptionError` for an unknown one. */
export function fusedActivation(given: unknown, keras: number): Activation {
  const name = nameOf(given);
  if (name === 'hard_sigmoid' && keras >= 3) {
    throw new OptionError(
      'has activation "hard_sigmoid", which is x / 6 + 0.5 since Keras 3: use it as a separate Activation layer',
    );
  }
  const known = Object.hasOwn(NAMES, name) ? NAMES[name] : ACTIVATIONS.find((same) => same === name);
  if (known) return known;
  throw new OptionError(`has activation ${describeValue(given)}`);
}

/** @internal The activation as a separate stage. */
export function activationOf(given: unknown, keras: number): AnyStage {
  if (nameOf(given) === 'hard_sigmoid' && keras >= 3) return activation('hardSigmoid', { alpha: 1 / 6 });
  return activation(fusedActivation(given, keras));
}

/** The name of an activation. Keras 3 writes some as an object that contains the name. */
function nameOf(given: unknown): string {
  const { class_name: className, config } = asObject(given) ?? {};
  const name = className === 'function' ? config : given;
  return name === undefined || name === null ? 'linear' : typeof name === 'string' ? name : '';
}

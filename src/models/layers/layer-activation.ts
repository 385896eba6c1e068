import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { ACTIVATIONS, type Activation } from '../../stage/activations.ts';
import { activation } from '../../stages/activation.ts';
import { asObject } from '../tfjs/as-object.ts';

/** Keras's and tfjs's names for the functions, where ours differ. */
const NAMES: Readonly<Record<string, Activation>> = {
  hard_sigmoid: 'hardSigmoid',
  hard_swish: 'hardSwish',
  hard_silu: 'hardSwish',
  silu: 'swish',
};

/** @internal The function a layer applies at its end; throws `OptionError` for one that is not known. */
export function fusedActivation(given: unknown, keras: number): Activation {
  const name = nameOf(given);
  if (name === 'hard_sigmoid' && keras >= 3) {
    throw new OptionError(
      'has activation "hard_sigmoid", which is x / 6 + 0.5 since Keras 3: give it a layer of its own',
    );
  }
  const known = Object.hasOwn(NAMES, name) ? NAMES[name] : ACTIVATIONS.find((same) => same === name);
  if (known) return known;
  throw new OptionError(`has activation ${describeValue(given)}`);
}

/** @internal The function as a stage of its own. */
export function activationOf(given: unknown, keras: number): AnyStage {
  if (nameOf(given) === 'hard_sigmoid' && keras >= 3) return activation('hardSigmoid', { alpha: 1 / 6 });
  return activation(fusedActivation(given, keras));
}

/** Keras 3 writes a function as an object that names it. */
function nameOf(given: unknown): string {
  const { class_name: className, config } = asObject(given) ?? {};
  const name = className === 'function' ? config : given;
  return name === undefined || name === null ? 'linear' : typeof name === 'string' ? name : '';
}

import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { checkShares, sigmoid } from '../shares.ts';
import { softmaxOf } from '../softmax-of.ts';

/** What the numbers are that a classifier gives. */
export interface ClassOutputs {
  /**
   * - `scores` (default): one score per class, best first. Nothing is computed from them.
   * - `logits`: one logit per class, for classes that exclude each other. The scores are their softmax, eˣ / Σ eˣ.
   * - `binary`: one score p of the second of two classes. The first class gets 1 − p.
   * - `multiLabel`: one score per label, each for itself. Only labels with a score of at least `minScore`, by default 0.5, are
   *   listed, and by default all of those.
   */
  readonly outputKind?: ClassOutputKind;
  /** `binary` and `multiLabel`: the numbers are logits, and the scores are their sigmoid, 1 / (1 + e⁻ˣ). Default false. */
  readonly fromLogits?: boolean;
}

/** What the numbers of a classifier are; {@link ClassOutputs} says what each means. */
export type ClassOutputKind = 'scores' | 'logits' | 'binary' | 'multiLabel';

/** @internal */
export const CLASS_OUTPUT_KINDS: readonly ClassOutputKind[] = ['scores', 'logits', 'binary', 'multiLabel'];

/** @internal */
export const CLASS_OUTPUTS_NAMES: OptionNames<ClassOutputs> = { outputKind: true, fromLogits: true };

/** @internal Returns the settings with their defaults. Throws `OptionError`. */
export function resolveClassOutputs(who: string, outputs: ClassOutputs): Required<ClassOutputs> {
  checkOptions(who, outputs, CLASS_OUTPUTS_NAMES);
  const { outputKind = 'scores', fromLogits = false } = outputs;
  if (!CLASS_OUTPUT_KINDS.includes(outputKind)) {
    throw new OptionError(
      `${who}: outputKind must be one of ${CLASS_OUTPUT_KINDS.join(', ')}, not ${describeValue(outputKind)}`,
    );
  }
  if (typeof fromLogits !== 'boolean') {
    throw new OptionError(`${who}: fromLogits must be true or false, not ${describeValue(fromLogits)}`);
  }
  if (fromLogits && outputKind !== 'binary' && outputKind !== 'multiLabel') {
    throw new OptionError(
      `${who}: fromLogits is for binary and multiLabel, not for ${outputKind}: for one logit per class give outputKind: 'logits'`,
    );
  }
  return { outputKind, fromLogits };
}

/** @internal The score of each class, from the numbers that the model gives. Throws `RangeError` for numbers that are none. */
export function scoresOf(numbers: Float32Array, { outputKind, fromLogits }: Required<ClassOutputs>): ArrayLike<number> {
  switch (outputKind) {
    case 'scores':
      return numbers;
    case 'logits':
      return softmaxOf(numbers);
    case 'binary': {
      const [score = NaN] = shares(numbers, fromLogits);
      return [1 - score, score];
    }
    case 'multiLabel':
      return shares(numbers, fromLogits);
  }
}

/** Each number as a score from 0 to 1. */
function shares(numbers: Float32Array, fromLogits: boolean): Float64Array {
  if (fromLogits) return Float64Array.from(numbers, sigmoid);
  checkShares(numbers);
  return Float64Array.from(numbers, (number) => Math.min(1, Math.max(0, number)));
}

import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../stage/shape.ts';
import { CLASS_OUTPUT_KINDS, type ClassOutputKind } from '../tasks/classification/class-outputs.ts';
import { classification } from '../tasks/classification/classification.ts';
import { embedding } from '../tasks/embedding/embedding.ts';
import { regression } from '../tasks/regression/regression.ts';
import type { Task } from '../tasks/task.ts';
import type { LastOperation } from './last-operation.ts';

/**
 * What the numbers are that a model gives for a picture: numbers of classes ({@link ClassOutputKind}), one `value`, such as an
 * age, or a `vector`, such as the features of a picture.
 */
export type OutputKind = ClassOutputKind | 'value' | 'vector';

/** Options that say what a model's output means. */
export interface OutputKindOptions<Kind extends OutputKind = OutputKind> {
  /**
   * What the numbers of the output are. Default: what the model's files state, or what follows from its last operation and its
   * labels; where that leaves a doubt, a warning says what was assumed.
   */
  readonly outputKind?: Kind;
  /**
   * `binary` and `multiLabel`: whether the numbers are logits. Default: true if the last operation is a layer without an
   * activation.
   */
  readonly fromLogits?: boolean;
}

/** @internal */
export const OUTPUT_KINDS: readonly OutputKind[] = [...CLASS_OUTPUT_KINDS, 'value', 'vector'];

/** What is known about an output. */
export interface OutputFacts {
  /** The model's name in messages. */
  readonly file: string;
  readonly last: LastOperation;
  readonly shape: Shape;
  /** The labels that are given or beside the model. */
  readonly labels: readonly string[] | undefined;
  /** What the model's files say. */
  readonly stated?: OutputKindOptions | undefined;
}

/** What an output means, and the sentence that says what was assumed, if anything was. */
export interface OutputMeaning {
  readonly kind: OutputKind;
  readonly task: Task<object, object>;
  readonly assumption?: string | undefined;
}

/** Decides what an output means. Throws `OptionError` for wrong options. */
export function outputMeaning(facts: OutputFacts, { outputKind, fromLogits }: OutputKindOptions): OutputMeaning {
  const { file, last, stated } = facts;
  if (outputKind !== undefined && !OUTPUT_KINDS.includes(outputKind)) {
    throw new OptionError(
      `${file}: outputKind must be one of ${OUTPUT_KINDS.join(', ')}, not ${describeValue(outputKind)}`,
    );
  }
  const given = outputKind ?? stated?.outputKind;
  const { kind, assumption } = given === undefined ? assumed(facts) : { kind: given };
  const judged = kind === 'binary' || kind === 'multiLabel';
  if (fromLogits !== undefined && !judged) {
    throw new OptionError(`${file}: fromLogits is for outputKind binary and multiLabel, not for ${kind}`);
  }
  const logits = judged && (fromLogits ?? stated?.fromLogits ?? last === 'linear');
  return { kind, task: taskOf(kind, logits), assumption };
}

function taskOf(kind: OutputKind, fromLogits: boolean): Task<object, object> {
  if (kind === 'value') return regression();
  if (kind === 'vector') return embedding();
  return classification({ outputKind: kind, ...(fromLogits ? { fromLogits } : {}) });
}

function assumed({ file, last, shape, labels }: OutputFacts): { kind: OutputKind; assumption?: string } {
  const numbers = sizeOf(shape);
  const isOne = numbers === 1;
  const says = `${file} gives ${isOne ? 'one number' : describeShape(shape)}`;
  const give = (kinds: string) => `Give outputKind (--output-kind) if that is wrong: ${kinds}`;
  if (last === 'softmax') return { kind: 'scores' };
  // Two names for one number.
  if (isOne && labels?.length === 2) return { kind: 'binary' };
  if (last === 'sigmoid' && isOne) return { kind: 'binary' };
  if (last === 'sigmoid') {
    return {
      kind: 'multiLabel',
      assumption: `${says} after a sigmoid, so each label is judged for itself, and those with a score of at least 0.5 are listed (minScore, --min-score). ${give('scores, for classes that exclude each other, or vector')}`,
    };
  }
  if (isOne) {
    return {
      kind: 'value',
      assumption: `${says} and does not say what it is, so it is taken as a value. ${give('binary, for the score of one of two classes, with fromLogits (--from-logits) if it is a logit')}`,
    };
  }
  if (last === 'linear' && labels) return { kind: 'logits' };
  if (last === 'linear') {
    return {
      kind: 'logits',
      assumption: `${says} without a softmax and has no labels, so these are taken as logits of classes that exclude each other. ${give('multiLabel, scores or vector')}`,
    };
  }
  return {
    kind: 'scores',
    assumption: `${says}, and its last operation does not say what they are, so they are taken as scores of classes. ${give('logits, multiLabel or vector')}`,
  };
}

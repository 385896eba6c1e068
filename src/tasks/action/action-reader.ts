import type { Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { mulberry32 } from '../../stage/random.ts';
import { describeShape, sizeOf } from '../../stage/shape.ts';
import { softmaxOf } from '../softmax-of.ts';
import type { OutputReader } from '../task.ts';
import { checkedActOptions, type ActOptions } from './act-options.ts';
import type { Action, ActionScore, ActOutputs } from './action.ts';
import { drawn } from './drawn.ts';

/** Makes the reader of actions. */
export function actionReader(
  labels: readonly string[] | undefined,
  options: ActOptions,
  { outputKind }: Required<ActOutputs>,
): OutputReader<Action> {
  const { choose, temperature, seed } = checkedActOptions('act', options);
  if (labels !== undefined && !Array.isArray(labels)) {
    throw new OptionError(`act: labels must be a list of names, not ${describeValue(labels)}`);
  }
  const names = labels ?? [];
  const random = mulberry32(seed);
  return {
    name: 'act',
    checkShape(shape) {
      const numbers = sizeOf(shape);
      if (numbers !== shape.at(-1) || numbers < 2) {
        throw new ShapeError(
          `needs a score for each of several actions of one frame, [1, actions], but got ${describeShape(shape)}`,
        );
      }
      if (names.length === 0 || names.length === numbers) return;
      throw new ShapeError(`needs one label per action, but got ${names.length} labels and ${numbers} scores`);
    },
    async read(output: Tensor) {
      // Drawn before the wait, so that frames that are read at the same time do not exchange their numbers.
      const at = choose === 'sample' ? random() : 0;
      const numbers = await output.data<'float32'>();
      const odd = numbers.findIndex((number) => Number.isNaN(number));
      if (odd >= 0) throw new RangeError(`the score of action ${odd} is not a number`);
      const scores = Array.from(outputKind === 'logits' ? softmaxOf(numbers) : numbers);
      const actions = scores.map((score, index) => ({ index, name: names[index] ?? `action ${index}`, score }));
      const chosen = choose === 'sample' ? drawn(scores, temperature, at) : scores.indexOf(Math.max(...scores));
      return { action: actions[chosen] as ActionScore, actions };
    },
  };
}

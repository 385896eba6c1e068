import { captionBox } from '../caption-box.ts';
import { rounded } from '../rounded.ts';
import type { Task } from '../task.ts';
import { ActionMeans } from './action-means.ts';
import { actionReader } from './action-reader.ts';
import { resolveActOutputs, type Action, type ActOutputs } from './action.ts';
import { ACT_OPTIONS, checkedActOptions, type ActOptions } from './act-options.ts';

/** The number of decimals of a score in a file. */
const DECIMALS = 6;

/**
 * The task of a model that decides what to do, such as the player of a game: `[1, actions]` → {@link Action}. The labels of the model are
 * the names of its actions. `outputKind` says what the numbers are. A run chooses the action with the highest score, or draws one
 * (`choose: 'sample'`), as a training by policy gradient needs it (Sutton & Barto 2018, Reinforcement Learning, chapter 13).
 *
 * Tables have one row with the action, its score, and all scores as JSON text. The caption is the action, overlays are a box of bars,
 * and an aggregate has the mean score of each action and the action whose mean is the highest.
 *
 * Throws `OptionError` for an unknown `outputKind`. A score that is not a number fails its frame, and where actions are drawn so does a score that
 * is no share.
 *
 * @see {@link infer}, {@link fit}, {@link classification}, {@link taskFromSpec}
 *
 * @example
 * const task = act({ outputKind: 'logits' });
 * const reader = task.reader(['left', 'right'], { choose: 'best' });
 * const { action } = await reader.read(tf.tensor2d([[0, Math.log(3)]]));
 * console.log(action.name, action.score.toFixed(2)); // right 0.75
 */
export function act(outputs: ActOutputs = {}): Task<Action, ActOptions> {
  const resolved = resolveActOutputs('act', outputs);
  const { outputKind } = resolved;
  return {
    ...COMMON,
    spec: { kind: COMMON.kind, ...(outputKind === 'scores' ? {} : { outputKind }) },
    reader: (labels, options = {}) => actionReader(labels, options, resolved),
  };
}

const COMMON = {
  kind: 'act',
  optionNames: ACT_OPTIONS,
  optionsToAggregate: (options) => options,
  select({ action, actions }, options) {
    checkedActOptions('select', options);
    return { action, actions };
  },
  aggregator(options) {
    checkedActOptions('aggregate', options);
    return new ActionMeans();
  },
  captions: ({ action: { name, score } }) => [{ label: name, score }],
  stored: ({ action, actions }) => ({ action: storedScore(action), actions: actions.map(storedScore) }),
  columns: [
    { name: 'index', type: 'int32' },
    { name: 'action', type: 'text' },
    { name: 'score', type: 'double' },
    { name: 'scores', type: 'text' },
  ],
  rows: ({ action: { index, name, score }, actions }) => [
    {
      index,
      action: name,
      score: rounded(score, DECIMALS),
      scores: JSON.stringify(actions.map((one) => rounded(one.score, DECIMALS))),
    },
  ],
  // In the order of the actions, which stands still while the scores change.
  overlay: ({ action, actions }, picture) =>
    captionBox(
      actions.map(({ index, name, score }) => ({
        text: `${score.toFixed(2)}  ${index === action.index ? `${name} ←` : name}`,
        bar: score,
      })),
      picture,
    ),
} as const satisfies Partial<Task<Action, ActOptions>>;

/** JSON has no infinity; null stands for it. */
function storedScore({ index, name, score }: Action['action']): Action['action'] {
  return { index, name, score: rounded(score, DECIMALS) as number };
}

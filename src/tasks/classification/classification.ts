import { rounded } from '../rounded.ts';
import type { Task } from '../task.ts';
import { captionBox } from '../caption-box.ts';
import { ClassMeans } from './class-means.ts';
import { resolveClassOutputs, type ClassOutputs } from './class-outputs.ts';
import {
  checkedOptions,
  CLASSIFICATION_OPTIONS,
  classScores,
  type Classification,
  type ClassificationOptions,
} from './class-scores.ts';

/** The number of decimals of a score in a file. */
const DECIMALS = 6;
/** Results that are aggregated later omit classes with a lower score. Means are exact to this value. */
const NEGLIGIBLE = 0.001;

/**
 * The task of a model that gives a number for each class: `[1, classes]` → {@link Classification}. `outputKind` says what the
 * numbers are. Tables have a row for each class, the best class is the caption, overlays are a box of bars, and an aggregate
 * has the mean score of each class.
 *
 * Throws `OptionError` for an unknown `outputKind`.
 *
 * @see {@link classify}, {@link infer}, {@link regression}, {@link embedding}, {@link taskFromSpec}
 *
 * @example
 * console.log(classification().captions({ classes: [{ index: 3, label: 'cat', score: 0.5 }] })[0]?.label); // cat
 */
export function classification(outputs: ClassOutputs = {}): Task<Classification, ClassificationOptions> {
  const resolved = resolveClassOutputs('classification', outputs);
  const { outputKind, fromLogits } = resolved;
  return {
    ...COMMON,
    spec: {
      kind: COMMON.kind,
      // Files of models that give scores are those of earlier versions.
      ...(outputKind === 'scores' ? {} : { outputKind }),
      ...(fromLogits ? { fromLogits } : {}),
    },
    reader: (labels, options = {}) => classScores(labels, options, resolved),
    select({ classes }, options) {
      const { top, minScore } = checkedOptions('select', options, outputKind);
      return { classes: classes.filter(({ score }) => score >= minScore).slice(0, top) };
    },
    aggregator: (options) => new ClassMeans(options, outputKind),
    // Every score counts towards a mean, also one that is too low for a list.
    optionsToAggregate: () => ({
      top: 1e6,
      negligible: NEGLIGIBLE,
      ...(outputKind === 'multiLabel' ? { minScore: 0 } : {}),
    }),
  };
}

/** What does not depend on what the numbers are. */
const COMMON = {
  kind: 'classification',
  optionNames: CLASSIFICATION_OPTIONS,
  captions: ({ classes }) => classes,
  stored: ({ classes }) => ({
    // JSON has no NaN; null stands for a score that is not a number.
    classes: classes.map(({ index, label, score }) => ({ index, label, score: rounded(score, DECIMALS) as number })),
  }),
  columns: [
    { name: 'rank', type: 'int32' },
    { name: 'index', type: 'int32' },
    { name: 'label', type: 'text' },
    { name: 'score', type: 'double' },
  ],
  rows({ classes }) {
    if (classes.length === 0) return [{ rank: null, index: null, label: null, score: null }];
    return classes.map(({ index, label, score }, i) => ({
      rank: i + 1,
      index,
      label,
      score: rounded(score, DECIMALS),
    }));
  },
  overlay: ({ classes }, picture) =>
    captionBox(
      classes.map(({ label, score }) => ({ text: `${score.toFixed(2)}  ${label}`, bar: score })),
      picture,
    ),
} as const satisfies Partial<Task<Classification, ClassificationOptions>>;

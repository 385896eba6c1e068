import { rounded } from '../rounded.ts';
import type { Task } from '../task.ts';
import { classBox } from './class-box.ts';
import { ClassMeans } from './class-means.ts';
import {
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
 * The task of a model that gives one score per class: `[1, classes]` → {@link Classification}. Tables have a row for each
 * class, the best class is the caption, overlays are a box of bars, and an aggregate has the mean score of each class.
 *
 * @see {@link classify}, {@link infer}, {@link taskFromSpec}
 *
 * @example
 * console.log(classification().captions({ classes: [{ index: 3, label: 'cat', score: 0.5 }] })[0]?.label); // cat
 */
export function classification(): Task<Classification, ClassificationOptions> {
  return CLASSIFICATION;
}

const CLASSIFICATION: Task<Classification, ClassificationOptions> = {
  kind: 'classification',
  spec: { kind: 'classification' },
  optionNames: CLASSIFICATION_OPTIONS,
  reader: (labels, options = {}) => classScores(labels, options),
  optionsToAggregate: () => ({ top: 1e6, negligible: NEGLIGIBLE }),
  select: ({ classes }, { top = 5, minScore = -Infinity }) => ({
    classes: classes.filter(({ score }) => score >= minScore).slice(0, top),
  }),
  aggregator: (options) => new ClassMeans(options),
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
  overlay: ({ classes }, picture) => classBox(classes, picture),
};

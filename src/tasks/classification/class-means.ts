import type { Aggregator } from '../task.ts';
import { unlistedScore } from './unlisted-score.ts';
import type { ClassOutputKind } from './class-outputs.ts';
import { checkedOptions, type Classification, type ClassificationOptions } from './class-scores.ts';

/**
 * The mean score of each class over several results. A class that a result does not list counts as `unlistedScore`. Classes
 * with equal means are ordered by index.
 */
export class ClassMeans implements Aggregator<Classification> {
  readonly #options: Required<ClassificationOptions>;
  /** Of each class the sum of what its scores are above those of unlisted classes. */
  readonly #sums = new Map<number, { label: string; sum: number }>();
  /** The sum of the scores of unlisted classes. */
  #unlisted = 0;
  #results = 0;

  constructor(options: ClassificationOptions, outputKind: ClassOutputKind) {
    this.#options = checkedOptions('aggregate', options, outputKind);
  }

  add({ classes }: Classification): void {
    const unlisted = unlistedScore(classes);
    this.#results++;
    this.#unlisted += unlisted;
    for (const { index, label, score } of classes) {
      const entry = this.#sums.get(index);
      if (entry) entry.sum += score - unlisted;
      else this.#sums.set(index, { label, sum: score - unlisted });
    }
  }

  take(): Classification {
    const { top, minScore, negligible } = this.#options;
    const least = this.#unlisted < 0 ? minScore : Math.max(minScore, negligible);
    const classes = [...this.#sums]
      .map(([index, { label, sum }]) => ({ index, label, score: (this.#unlisted + sum) / this.#results }))
      .filter(({ score }) => score >= least)
      .toSorted((a, b) => b.score - a.score || a.index - b.index)
      .slice(0, top);
    this.#sums.clear();
    this.#unlisted = 0;
    this.#results = 0;
    return { classes };
  }
}

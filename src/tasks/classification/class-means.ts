import type { Aggregator } from '../task.ts';
import { checkedOptions, type Classification, type ClassificationOptions } from './class-scores.ts';

/**
 * The mean score of each class over several results. A class that a result does not list counts as score 0. Classes with
 * equal means are ordered by index.
 */
export class ClassMeans implements Aggregator<Classification> {
  readonly #top: number;
  readonly #minScore: number;
  readonly #sums = new Map<number, { label: string; sum: number }>();
  #results = 0;

  constructor(options: ClassificationOptions) {
    const { top, minScore } = checkedOptions('aggregate', options);
    this.#top = top;
    this.#minScore = minScore;
  }

  add({ classes }: Classification): void {
    this.#results++;
    for (const { index, label, score } of classes) {
      const entry = this.#sums.get(index);
      if (entry) entry.sum += score;
      else this.#sums.set(index, { label, sum: score });
    }
  }

  take(): Classification {
    const classes = [...this.#sums]
      .map(([index, { label, sum }]) => ({ index, label, score: sum / this.#results }))
      .filter(({ score }) => score >= this.#minScore)
      .toSorted((a, b) => b.score - a.score || a.index - b.index)
      .slice(0, this.#top);
    this.#sums.clear();
    this.#results = 0;
    return { classes };
  }
}

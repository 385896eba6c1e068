import type { Score } from './fit-progress.ts';

/** The mean of scores, weighted by their examples. */
export class MeanScore {
  examples = 0;
  #loss = 0;
  #right: number | undefined;

  add({ loss, accuracy, examples }: Score): void {
    this.examples += examples;
    this.#loss += loss * examples;
    if (accuracy !== undefined) this.#right = (this.#right ?? 0) + accuracy * examples;
  }

  score(): Score {
    const { examples } = this;
    const accuracy = this.#right === undefined ? {} : { accuracy: this.#right / examples };
    return { loss: this.#loss / examples, ...accuracy, examples };
  }
}

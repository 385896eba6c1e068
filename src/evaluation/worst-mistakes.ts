import type { Mistake } from './evaluation.ts';

/** Keeps the mistakes with the highest scores. */
export class WorstMistakes {
  readonly #most: number;
  readonly #mistakes: Mistake[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** The highest score first. */
  get mistakes(): readonly Mistake[] {
    return this.#mistakes;
  }

  add(mistake: Mistake): void {
    const place = this.#mistakes.findIndex(({ score }) => mistake.score > score);
    this.#mistakes.splice(place < 0 ? this.#mistakes.length : place, 0, mistake);
    if (this.#mistakes.length > this.#most) this.#mistakes.pop();
  }
}

import type { CalibrationBin } from './evaluation.ts';

interface Sums {
  frames: number;
  scores: number;
  right: number;
}

/** Compares scores with the share of frames that are right, in intervals of equal width. */
export class Calibration {
  readonly #sums: readonly Sums[];
  #frames = 0;
  #areProbabilities = true;

  constructor(bins: number) {
    this.#sums = Array.from({ length: bins }, () => ({ frames: 0, scores: 0, right: 0 }));
  }

  add(score: number, isRight: boolean): void {
    // Softmax may exceed 1 by its rounding.
    if (!(score >= 0 && score <= 1 + 1e-4)) this.#areProbabilities = false;
    if (!this.#areProbabilities) return;
    const bins = this.#sums.length;
    const sums = this.#sums[Math.min(bins - 1, Math.floor(score * bins))] as Sums;
    this.#frames++;
    sums.frames++;
    sums.scores += score;
    if (isRight) sums.right++;
  }

  /** The intervals that have frames; none where scores are no probabilities. */
  get bins(): readonly CalibrationBin[] {
    if (!this.#areProbabilities) return [];
    const width = 1 / this.#sums.length;
    return this.#sums.flatMap(({ frames, scores, right }, i) =>
      frames === 0
        ? []
        : [{ from: i * width, to: (i + 1) * width, frames, score: scores / frames, accuracy: right / frames }],
    );
  }

  /** The expected calibration error; undefined where scores are no probabilities. */
  get error(): number | undefined {
    if (!this.#areProbabilities) return undefined;
    return this.bins.reduce(
      (sum, { frames, score, accuracy }) => sum + (frames / this.#frames) * Math.abs(accuracy - score),
      0,
    );
  }
}

/** The logistic function, 1 / (1 + e⁻ˣ): the score of a logit. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Makes scores of numbers: their sigmoid, if they are logits. */
export function scoring(fromLogits: boolean | undefined): (number: number) => number {
  return fromLogits ? sigmoid : (number) => number;
}

/** Rounding can take a sigmoid out of 0 to 1 by as much. */
const TOLERANCE = 1e-3;

/** Throws `RangeError` for the first score that is not from 0 to 1. NaN passes: what it means differs. */
export function checkShares(scores: readonly number[] | Float32Array): void {
  const odd = scores.find((score) => score < -TOLERANCE || score > 1 + TOLERANCE);
  if (odd === undefined) return;
  throw new RangeError(`a score must be from 0 to 1, but the model gives ${odd}: if it gives logits, set fromLogits`);
}

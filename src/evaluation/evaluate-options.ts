/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** One name for each class, in the order of the model's. */
  readonly labels: readonly string[];
  /** In how many intervals of equal width scores are compared with the share that is right. Default 15. */
  readonly bins?: number;
  /** How often groups are drawn for the intervals of 95 %. Default 1000. */
  readonly resamples?: number;
  /** How many of the wrong results are kept. Default 20. */
  readonly mistakes?: number;
  /** The seed of the drawing. A whole number. Default 1. */
  readonly seed?: number;
}

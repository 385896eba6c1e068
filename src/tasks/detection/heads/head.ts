import type { Shape } from '../../../stage/shape.ts';
import type { Candidates, Wanted } from '../candidates.ts';

/** An output that was read back from the device. */
export interface Output {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** The outputs of a detector, each by what it holds, and how many classes and boxes they have. */
export interface FoundHead {
  /** The names of the outputs that are read. The name of a single output is empty. */
  readonly names: readonly string[];
  /** How many classes the scores are of; undefined where the outputs hold numbers of classes. */
  readonly classes: number | undefined;
  /** Whether overlapping boxes were removed already. */
  readonly isSuppressed: boolean;
  /** Makes candidates of the outputs, which come in the order of `names`. */
  decode(outputs: readonly Output[], wanted: Wanted): Candidates;
}

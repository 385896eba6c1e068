import type { AnyStage, Weights } from 'sluice';
import type { Grid } from '../support/reference.ts';

/** A stage, what goes in and what must come out: the same on every backend. Nothing here knows of a test runner. */
export interface Case {
  /** The stage, for the table of results. */
  readonly op: string;
  readonly name: string;
  readonly stage: AnyStage;
  readonly input: Grid;
  readonly weights?: Weights;
  readonly expected: Grid;
  /** Absolute below 1, relative above; default 1e-5: single precision, sums of a few dozen in another order. */
  readonly tolerance?: number;
  /** Only ONNX Runtime computes it otherwise than another case. */
  readonly onnx?: boolean;
}

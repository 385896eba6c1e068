import type { Shape } from '../../../stage/shape.ts';
import type { Corners } from '../../detection/heads/box-coders.ts';
import type { Output } from '../../detection/heads/head.ts';
import type { KeypointHead, KeypointOutputs } from '../keypoint-outputs.ts';

/** A point in pixels of the network's input. */
export interface PlacedPoint {
  readonly x: number;
  readonly y: number;
  readonly score: number;
}

/** A pose that a head gives. Its points are read when they are asked for: of thousands of candidates, few stay. */
export interface CandidatePose {
  readonly score: number;
  /** The box, in pixels of the network's input. */
  readonly corners?: Corners;
  readonly points: () => PlacedPoint[];
}

/** What a head must know of a frame. */
export interface Wanted {
  readonly minScore: number;
  /** The size of the network's input, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** A way in which an output may hold poses. */
export interface FoundHead {
  readonly head: KeypointHead;
  /** How many points a pose has. */
  readonly points: number;
  /** Whether overlapping poses were removed already. */
  readonly isSuppressed: boolean;
  /** The poses with at least the lowest score. */
  decode(output: Output, wanted: Wanted): CandidatePose[];
}

/**
 * One head: the ways in which an output of this shape may be of it, with any number of points. Without `settings.head`, it must leave out
 * what is plainly another head's.
 */
export type Head = (shape: Shape, settings: KeypointOutputs) => readonly FoundHead[];

/** Throws `RangeError` for the score of a pose that is not a number. */
export function checkedScore(score: number): number {
  if (Number.isNaN(score)) throw new RangeError('the score of a pose is not a number');
  return score;
}

/** One pose, whose score is the mean of those of its points; none if that is under the lowest score. */
export function onePose(points: PlacedPoint[], minScore: number): CandidatePose[] {
  const score = checkedScore(points.reduce((sum, point) => sum + point.score, 0) / points.length);
  return score >= minScore ? [{ score, points: () => points }] : [];
}

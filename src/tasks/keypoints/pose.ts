import type { Rectangle, Size } from '../../frames/picture-view.ts';

/** A point of a body or of another object. */
export interface Keypoint {
  /** What it is: `left_wrist`; without names `point 0`, `point 1` … */
  readonly name: string;
  /** Where it is, in pixels of the source picture. A model may place a point outside of the picture. */
  readonly x: number;
  readonly y: number;
  /** How certain the model is, from 0 to 1. */
  readonly score: number;
}

/** An object with its points. */
export interface Pose {
  /** How certain the model is, from 0 to 1. Of a model that gives no such score, the mean of the scores of all points. */
  readonly score: number;
  /** The points with enough certainty, in the order of the model. */
  readonly points: readonly Keypoint[];
  /** Where the object is, in pixels of the source picture and inside of it; absent where the model gives no boxes. */
  readonly box?: Rectangle;
  /** The number of the object, the same in all frames, if something that follows objects has added it. */
  readonly trackId?: number;
}

/** The result of {@link keypoints}. */
export interface Keypoints {
  /** The poses, best first. */
  readonly poses: readonly Pose[];
  /** The size of the source picture, in pixels. It is upright and has square pixels. */
  readonly picture: Size;
}

import type { Size } from '../../frames/picture-view.ts';

/** An object that a detector found. The rectangle is in pixels of the source picture, and inside of it. */
export interface DetectedBox {
  /** The left edge. */
  readonly x: number;
  /** The upper edge. */
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** How certain the model is, from 0 to 1. */
  readonly score: number;
  /** What it is. */
  readonly label: string;
  /** The number of the class among those of the model. */
  readonly index: number;
  /** The number of the object, the same in each frame that shows it. Only boxes that {@link track} has seen have one. */
  readonly trackId?: number;
}

/** The result of detection. */
export interface Detection {
  /** The objects, best first. */
  readonly boxes: readonly DetectedBox[];
  /** The size of the source picture, in pixels. It is upright and has square pixels. */
  readonly picture: Size;
}

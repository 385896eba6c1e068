/**
 * What a frame is known to show: the number of its class, counted from 0, or one number for each output of a model (a share for each
 * class, a 0 or 1 for each label, values to predict).
 */
export type Target = number | readonly number[];

/** The class that a target shows: its number, or the first one with the largest share. */
export function classOf(target: number | ArrayLike<number>): number {
  if (typeof target === 'number') return target;
  let place = 0;
  for (let i = 1; i < target.length; i++) if ((target[i] ?? 0) > (target[place] ?? 0)) place = i;
  return place;
}

/** What a frame is known to show, and how much it counts in a loss: any finite number. */
export interface WeightedTarget {
  readonly target: Target;
  readonly weight: number;
}

/** Identifies a frame in errors, results and the ledger: its source, its number and its time. */
export interface FrameLabel {
  /** The name of the source: a path, a URL, a device. */
  readonly source: string;
  /** The number of the frame. It counts every frame that the source produced, from 0, so a dropped frame leaves a gap. */
  readonly seq: number;
  /** Presentation time in microseconds; it strictly increases per source. */
  readonly timestamp: number;
  /** The number of the box that the frame was cut out of, from 0; of a box in a box, the outer one first. See `crops`. */
  readonly crop?: readonly number[];
  /** The number of the shot that the frame is from, from 0, if its source finds cuts (`sample: 'scenes'`). */
  readonly scene?: number;
  /** What the frame is known to show, for training and for measuring. See `labelled`. */
  readonly target?: Target;
  /** The targets of the frames in a batch. */
  readonly targets?: readonly Target[];
  /** How much the frame counts in a loss: any finite number. Default 1. */
  readonly weight?: number;
  /** The weights of the frames in a batch. */
  readonly weights?: readonly number[];
}

/** What a value has of a frame's label. */
export function labelIn(value: unknown): Partial<FrameLabel> {
  return typeof value === 'object' && value !== null ? value : {};
}

/** The weights of frames that are joined, for the label of their batch: nothing where none of them has one. */
export function joinedWeights(labels: readonly FrameLabel[]): Pick<FrameLabel, 'weights'> {
  if (labels.every(({ weight }) => weight === undefined)) return {};
  return { weights: labels.map(({ weight = 1 }) => weight) };
}

/**
 * A frame's label as a person reads it: source, number and time in seconds.
 *
 * @example
 * console.log(describeFrame({ source: 'clip.mp4', seq: 12, timestamp: 480_000 })); // clip.mp4 #12 at 0.480 s
 */
export function describeFrame({ source, seq, timestamp }: FrameLabel): string {
  return `${source} #${seq} at ${(timestamp / 1e6).toFixed(3)} s`;
}

/** What tells the frames of a stream apart: their source and number, and the boxes that they were cut out of. */
export function frameKey({ source, seq, crop = [] }: Partial<FrameLabel>): string {
  return `${seq} ${crop.join('.')} ${source}`;
}

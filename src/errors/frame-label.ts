/** Identifies a frame in errors, results and the ledger: its source, its number and its time. */
export interface FrameLabel {
  /** The name of the source: a path, a URL, a device. */
  readonly source: string;
  /** The number of the frame. It counts every frame that the source produced, from 0, so a dropped frame leaves a gap. */
  readonly seq: number;
  /** Presentation time in microseconds; it strictly increases per source. */
  readonly timestamp: number;
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

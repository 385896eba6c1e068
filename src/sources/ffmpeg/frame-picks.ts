/**
 * Which frames of a run get pixels. The others are decoded and timed only. ffmpeg and this process decide alike, each for itself, so it is
 * for files whose times are known to increase.
 */
export interface FramePicks {
  /** An expression of ffmpeg's filter `select`, over the frames from the first needed one on. `pts` is the file's time in µs. */
  readonly expression: string;
  /** Called when a run begins. Returns whether the frame with this timestamp is picked; it is asked for each needed frame, in order. */
  begin(): (timestamp: number) => boolean;
}

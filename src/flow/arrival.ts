/** What a source hands to the gate: one frame's data and its time, not yet admitted. */
export interface Arrival<T> {
  readonly data: T;
  /** Presentation time in microseconds; must be finite and greater than the one before. */
  readonly timestamp: number;
  /** Where this frame comes from, when a source brings several (images); default: the source's name. */
  readonly source?: string;
}

import type { Classification } from './classify.ts';

/** What is kept of a {@link Classification}, or of several together. */
export interface Result extends Pick<Classification, 'source' | 'seq' | 'timestamp' | 'classes'> {
  readonly timings?: Classification['timings'];
  /** Of how many frames this is the mean; absent for a single frame's own result. */
  readonly frames?: number;
  /** Where it ends, µs; known where it is of several frames. */
  readonly end?: number;
}

import type { Observable } from 'rxjs';
import type { StoredResult } from '../../tasks/frame-result.ts';

/** The output of a run's results: stdout, one file, or a file for each source. */
export interface ResultsOut {
  /** Whether the results go to stdout. */
  readonly isStdout: boolean;
  /** Writes the next result. `line` is its NDJSON, if known. The results of a source must be consecutive and in order. */
  write(result: StoredResult<object>, line?: string): void;
  /** Says that a source was read to its end (`whole`) or failed. Its last results may still follow. */
  ended(source: string, whole: boolean): void;
  /** Resolves when the output can take more; undefined if it can take more now. */
  room(): Promise<void> | undefined;
  /** Errors if writing fails after `write` has returned, which happens on stdout. */
  readonly failure: Observable<never>;
  /** Completes the output. Resolves to the paths of files that hold only part of their results. */
  commit(): Promise<readonly string[]>;
  /** Keeps the results so far after an interruption. Returns the paths of the incomplete files. */
  keepPartial(): readonly string[];
  /** Deletes incomplete files after a write error. */
  discard(): void;
}

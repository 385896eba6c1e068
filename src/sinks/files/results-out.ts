import type { Observable } from 'rxjs';
import type { StoredResult } from '../../tasks/frame-result.ts';

/** Where the results of a run go: into one file or to stdout, or into a file for each source. */
export interface ResultsOut {
  readonly isStdout: boolean;
  /** Takes the next result, with its line of NDJSON if there is one. The results of a source come together and in order. */
  write(result: StoredResult<object>, line?: string): void;
  /** A source has come to its end, or (`whole: false`) could not be read to it; the last of its results may still come. */
  ended(source: string, whole: boolean): void;
  /** Resolves when there is room for more; undefined while there is. */
  room(): Promise<void> | undefined;
  /** Errors when writing fails later than `write` returns, as on stdout. */
  readonly failure: Observable<never>;
  /** The run is over and its results stand; gives the names of files that could only be kept in part. */
  commit(): Promise<readonly string[]>;
  /** The run did not get to its end: keeps the results there are, and says where if not where they were to go. */
  keepPartial(): readonly string[];
  /** Writing failed: leaves nothing behind of what was being written. */
  discard(): void;
}

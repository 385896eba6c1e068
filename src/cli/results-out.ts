import { fromEvent, map, mergeMap, NEVER, throwError, type Observable } from 'rxjs';
import { SluiceError } from '../errors.ts';
import { OutputFile } from '../sinks/output-file.ts';

/** Where result lines go: a file that appears when it is whole, or stdout. */
export interface ResultsOut {
  write(line: string): void;
  /** Errors when writing fails later than `write` returns, as on stdout. */
  readonly failure: Observable<never>;
  /** The run is over and its results stand. */
  commit(): void;
  /** The run was interrupted: keeps the whole lines there are, and says where. */
  keepPartial(): string | undefined;
  /** The run failed: leaves nothing behind. */
  discard(): void;
}

/** Stdout's reader went away, as `head` does when it has enough: not an error, but no reason to go on either. */
export class ReaderGone extends Error {}

/** Opens `--out`, or stdout without it; throws `SluiceError` (`output`) for a file that can't be written. */
export function openResults(path: string | undefined): ResultsOut {
  return path === undefined ? stdoutResults() : fileResults(new OutputFile(path));
}

function stdoutResults(): ResultsOut {
  const failure = fromEvent(process.stdout, 'error').pipe(
    map((error) => error as NodeJS.ErrnoException),
    mergeMap((cause) =>
      throwError(() =>
        cause.code === 'EPIPE'
          ? new ReaderGone()
          : new SluiceError('output', `cannot write to stdout: ${cause.message}`, { cause }),
      ),
    ),
  );
  return {
    // On a pipe or a file Node writes stdout synchronously: a slow reader holds the pipe back, nothing queues.
    write: (line) => void process.stdout.write(line),
    failure,
    commit: () => undefined,
    keepPartial: () => undefined,
    discard: () => undefined,
  };
}

function fileResults(file: OutputFile): ResultsOut {
  return {
    write: (line) => file.write(line),
    failure: NEVER,
    commit: () => file.commit(),
    keepPartial() {
      const partial = `${file.path}.partial`;
      file.commit(partial);
      return partial;
    },
    discard: () => file.discard(),
  };
}

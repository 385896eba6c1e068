import { fstatSync, statSync } from 'node:fs';
import { fromEvent, mergeMap, NEVER, throwError, type Observable } from 'rxjs';
import { messageOf, SluiceError } from '../errors.ts';
import { OutputFile } from '../sinks/output-file.ts';

/** Where result lines go: a file that appears when it is whole, or stdout. */
export interface ResultsOut {
  readonly isStdout: boolean;
  write(line: string): void;
  /** Resolves when there is room for more; undefined while there is. */
  room(): Promise<void> | undefined;
  /** Errors when writing fails later than `write` returns, as on stdout. */
  readonly failure: Observable<never>;
  /** The run is over and its results stand; resolves when the last one is written. */
  commit(): Promise<void>;
  /** The run did not get to its end: keeps the whole lines there are, and says where if not where they were to go. */
  keepPartial(): string | undefined;
  /** The run failed: leaves nothing behind. */
  discard(): undefined;
}

/** Opens `--out`, or stdout without it and for `-`; throws `SluiceError` (`output`) for a file that can't be written. */
export function openResults(path: string | undefined): ResultsOut {
  const toStdout = path === undefined || path === '-' || isStdout(path);
  return toStdout ? stdoutResults(process.stdout) : fileResults(new OutputFile(path));
}

/** `/dev/stdout` and its like: opening them fails where stdout is a socket, and restarts it where it is a file. */
function isStdout(path: string): boolean {
  try {
    const [here, there] = [fstatSync(1, { bigint: true }), statSync(path, { bigint: true })];
    return here.dev === there.dev && here.ino === there.ino;
  } catch {
    return false;
  }
}

/** Whether writing failed because the reader went away, as `head` does when it has enough: no error, but the end. */
export function isReaderGone(error: unknown): boolean {
  const cause = error instanceof SluiceError && error.code === 'output' ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'EPIPE';
}

function stdoutResults(stdout: NodeJS.WriteStream): ResultsOut {
  // One for all who wait: a slow reader would otherwise gather a listener per frame.
  let waiting: Promise<void> | undefined;
  return {
    isStdout: true,
    write: (line) => void stdout.write(line),
    room() {
      if (!stdout.writableNeedDrain) return undefined;
      return (waiting ??= new Promise((resolve) => {
        stdout.once('drain', () => {
          waiting = undefined;
          resolve();
        });
      }));
    },
    failure: fromEvent(stdout, 'error').pipe(mergeMap((cause) => throwError(() => stdoutFailed(cause)))),
    commit: () =>
      new Promise((resolve, reject) => {
        stdout.write('', (cause) => (cause ? reject(stdoutFailed(cause)) : resolve()));
      }),
    keepPartial: () => undefined,
    discard: () => undefined,
  };
}

function stdoutFailed(cause: unknown): SluiceError {
  return new SluiceError('output', `cannot write to stdout: ${messageOf(cause)}`, { cause });
}

function fileResults(file: OutputFile): ResultsOut {
  return {
    isStdout: false,
    write: (line) => file.write(line),
    room: () => undefined,
    failure: NEVER,
    commit: async () => file.commit(),
    keepPartial: () => file.keepPartial(),
    discard() {
      file.discard();
      return undefined;
    },
  };
}

import { fstatSync, statSync } from 'node:fs';
import { fromEvent, mergeMap, NEVER, throwError, type Observable } from 'rxjs';
import { messageOf, SluiceError } from '../../errors/errors.ts';
import { OutputFile } from './output-file.ts';

/** Where the pieces of a file go: to a file that appears when it is whole, or to stdout. */
export interface ByteSink {
  readonly isStdout: boolean;
  write(piece: string | Uint8Array): void;
  /** Resolves when there is room for more; undefined while there is. */
  room(): Promise<void> | undefined;
  /** Errors when writing fails later than `write` returns, as on stdout. */
  readonly failure: Observable<never>;
  /** The file is whole; resolves when all of it is written. */
  commit(): void | Promise<void>;
  /** The run did not get to its end: keeps what there is, and says where if not where it was to go. */
  keepPartial(): string | undefined;
  /** The run failed: leaves nothing behind. */
  discard(): void;
}

/** Opens a file, or stdout without a path and for `-`; throws `SluiceError` (`output`) for one that can't be written. */
export function openByteSink(path: string | undefined): ByteSink {
  const toStdout = path === undefined || path === '-' || isStdout(path);
  return toStdout ? stdoutPieces(process.stdout) : filePieces(new OutputFile(path));
}

/** Throws at once what would keep results from being written at the end, and leaves nothing behind. */
export function checkWritable(path: string | undefined): void {
  // A pipe is opened once; to try it would end its reader.
  if (path !== undefined && path !== '-' && !isStream(path)) new OutputFile(path).discard();
}

/** Whether it is a pipe, or a device: something that takes pieces as they come. */
export function isStream(path: string): boolean {
  try {
    const stats = statSync(path, { bigint: true });
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    // What is wrong with it is said when it is opened.
    return false;
  }
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

function stdoutPieces(stdout: NodeJS.WriteStream): ByteSink {
  // One for all who wait: a slow reader would otherwise gather a listener per frame.
  let waiting: Promise<void> | undefined;
  return {
    isStdout: true,
    write: (piece) => void stdout.write(piece),
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

function filePieces(file: OutputFile): ByteSink {
  return {
    isStdout: false,
    write: (piece) => file.write(piece),
    room: () => undefined,
    failure: NEVER,
    commit: () => file.commit(),
    keepPartial: () => file.keepPartial(),
    discard: () => file.discard(),
  };
}

import { fstatSync, statSync } from 'node:fs';
import { fromEvent, mergeMap, NEVER, throwError, type Observable } from 'rxjs';
import { messageOf, SluiceError } from '../../errors/errors.ts';
import { printableLines } from '../formats/invisible.ts';
import { OutputFile } from './output-file.ts';
import { codeOf } from '../../errors/code-of.ts';

/** The destination of a file's bytes: a file that appears when it is complete, or stdout. */
export interface ByteSink {
  readonly isStdout: boolean;
  /** Writes the next piece. */
  write(piece: string | Uint8Array): void;
  /** Resolves when the destination can take more; undefined if it can take more now. */
  room(): Promise<void> | undefined;
  /** Errors if writing fails after `write` has returned, which happens on stdout. */
  readonly failure: Observable<never>;
  /** Completes the file. Resolves when all of it is written. */
  commit(): void | Promise<void>;
  /** Keeps the incomplete file after an interruption. Returns its path if that differs from the requested path. */
  keepPartial(): string | undefined;
  /** Deletes the incomplete file. */
  discard(): void;
}

/** Opens a file, or stdout for `-` or without a path. Throws `SluiceError` (`output`) if the file can't be written. */
export function openByteSink(path: string | undefined): ByteSink {
  const toStdout = path === undefined || path === '-' || isStdout(path);
  return toStdout ? stdoutSink(process.stdout) : fileSink(new OutputFile(path));
}

/** Throws `SluiceError` (`output`) if the file can't be written. Does not change the file. */
export function checkWritable(path: string | undefined): void {
  // A pipe is not tried: closing it would end its reader.
  if (path !== undefined && path !== '-' && !isStream(path)) new OutputFile(path).discard();
}

/** Whether a path is a pipe or a device, which take each piece at once. */
export function isStream(path: string): boolean {
  try {
    const stats = statSync(path, { bigint: true });
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    // Opening the path reports the error.
    return false;
  }
}

/** Whether a path is stdout, as `/dev/stdout` is. Opening it would fail if stdout is a socket and truncate it if it is a file. */
function isStdout(path: string): boolean {
  try {
    const [here, there] = [fstatSync(1, { bigint: true }), statSync(path, { bigint: true })];
    return here.dev === there.dev && here.ino === there.ino;
  } catch {
    return false;
  }
}

/** Whether writing failed because the reader closed the pipe, as `head` does. That ends a run without an error. */
export function isReaderGone(error: unknown): boolean {
  const cause = error instanceof SluiceError && error.code === 'output' ? error.cause : undefined;
  return codeOf(cause) === 'EPIPE';
}

function stdoutSink(stdout: NodeJS.WriteStream): ByteSink {
  // All callers share one promise, so that a slow reader causes one listener and not one per frame.
  let waiting: Promise<void> | undefined;
  return {
    isStdout: true,
    // What is printed to a terminal is for people. Programs read pipes and files, which get the exact text.
    write: (piece) => void stdout.write(stdout.isTTY && typeof piece === 'string' ? printableLines(piece) : piece),
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

function fileSink(file: OutputFile): ByteSink {
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

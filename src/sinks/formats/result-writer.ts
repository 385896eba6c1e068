import { concat, defer, filter, map, of, type OperatorFunction } from 'rxjs';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';

/**
 * A format of files of results. `open` begins a file; one writer can write any number of files.
 *
 * @example
 * const writer: ResultWriter<string> = csvWriter();
 * const file = writer.open();
 * const text = file.write(result) + file.end();
 */
export interface ResultWriter<Piece extends string | Uint8Array = string | Uint8Array, T extends object = object> {
  /** Begins a file. */
  open(): OpenWriter<Piece, T>;
}

/**
 * A file in progress: results go in, in order, and the pieces of the file come out. It keeps only what the format needs for
 * its next piece, so any number of results takes the same memory.
 */
export interface OpenWriter<Piece extends string | Uint8Array = string | Uint8Array, T extends object = object> {
  /** What can be written now that this result is here, the file's beginning included; may be empty. */
  write(result: StoredResult<T>): Piece;
  /** For formats of lines of JSON: the piece of a result that is a line already. */
  writeLine?(line: string): Piece;
  /** The rest, which makes the file whole; also of a file without any result. */
  end(): Piece;
}

/**
 * Turns results into the pieces of a file, a new file for each subscription. A result that can't be written is an error of
 * the stream. Throws `OptionError` for what is no writer.
 *
 * @see {@link ndjsonWriter}, {@link csvWriter}, {@link webvttWriter}, {@link aggregate}
 *
 * @example
 * source.pipe(net, classify({ labels }), writeWith(csvWriter())).subscribe((text) => process.stdout.write(text));
 */
export function writeWith<Piece extends string | Uint8Array, T extends object>(
  writer: ResultWriter<Piece, T>,
): OperatorFunction<StoredResult<T>, Piece> {
  const given: unknown = writer;
  if (typeof given !== 'object' || given === null || !('open' in given)) {
    throw new OptionError(`writeWith takes a writer, such as csvWriter(), not ${describeValue(given)}`);
  }
  return (results) =>
    defer(() => {
      const file = writer.open();
      const pieces = results.pipe(map((result) => file.write(result)));
      return concat(
        pieces,
        defer(() => of(file.end())),
      ).pipe(filter((piece) => piece.length > 0));
    });
}

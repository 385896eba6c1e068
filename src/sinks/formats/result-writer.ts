import { concat, defer, filter, map, of, type OperatorFunction } from 'rxjs';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';

/**
 * A writer of results in one format. `open` begins a file. A writer can write any number of files.
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
 * A file in progress. It takes results in order and returns the pieces of the file. It keeps only what it needs for the next
 * piece, so its memory does not grow with the number of results.
 */
export interface OpenWriter<Piece extends string | Uint8Array = string | Uint8Array, T extends object = object> {
  /** Returns the piece of the file for a result; the first piece begins with the head of the file. May be empty. */
  write(result: StoredResult<T>): Piece;
  /** Returns the piece for a result that is already a line of JSON. Only JSON formats have this method. */
  writeLine?(line: string): Piece;
  /** Returns the last piece, which completes the file. */
  end(): Piece;
}

/**
 * Turns results into the pieces of a file. Each subscription writes a new file. The stream fails for a result that can't be
 * written. Throws `OptionError` if `writer` is not a writer.
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

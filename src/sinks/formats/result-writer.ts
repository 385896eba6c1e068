import { concat, defer, filter, map, of, type OperatorFunction } from 'rxjs';
import type { Result } from '../../tasks/classification/result.ts';

/**
 * A format at work: results go in, in order, and the pieces of a file come out. Nothing is kept but what the format
 * needs for its next piece, so any number of results takes the same memory.
 *
 * @example
 * const writer: ResultWriter<string> = csvWriter();
 * const text = writer.write(result) + writer.end();
 */
export interface ResultWriter<Piece extends string | Uint8Array = string | Uint8Array> {
  /** What can be written now that this result is here, the file's beginning included; may be empty. */
  write(result: Result): Piece;
  /** The rest, which makes the file whole; also of a file without any result. */
  end(): Piece;
}

/**
 * Results as the pieces of a file, by a writer that is made anew for each subscription. What fails to be written errors.
 *
 * @example
 * source.pipe(net, classify({ labels }), written(csvWriter)).subscribe((text) => process.stdout.write(text));
 */
export function written<Piece extends string | Uint8Array>(
  writer: () => ResultWriter<Piece>,
): OperatorFunction<Result, Piece> {
  return (results) =>
    defer(() => {
      const made = writer();
      const pieces = results.pipe(map((result) => made.write(result)));
      return concat(
        pieces,
        defer(() => of(made.end())),
      ).pipe(filter((piece) => piece.length > 0));
    });
}

import type { OpenSpan } from '../../tasks/classification/open-span.ts';
import type { Result } from '../../tasks/classification/result.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ResultWriter } from '../formats/result-writer.ts';
import { rounded } from '../formats/rounded.ts';

/** What {@link ResultsFile} puts results together with, given where they go on to. */
export type SpanMaker = (emit: (result: Result) => void) => OpenSpan;

/** Results on their way into one file, or stdout: put together, written, and the pieces kept. */
export class ResultsFile {
  readonly #pieces: Pick<ByteSink, 'write' | 'commit' | 'keepPartial' | 'discard'>;
  readonly #writer: ResultWriter;
  readonly #span: OpenSpan | undefined;
  #isEmpty = true;

  constructor(
    pieces: Pick<ByteSink, 'write' | 'commit' | 'keepPartial' | 'discard'>,
    writer: ResultWriter,
    span?: SpanMaker,
  ) {
    this.#pieces = pieces;
    this.#writer = writer;
    this.#span = span?.((result) => this.#put(result));
  }

  write(result: Result): void {
    this.#isEmpty = false;
    if (this.#span) this.#span.take(asWritten(result));
    else this.#put(result);
  }

  /** Makes the file whole, in place of what was there. */
  commit(): void | Promise<void> {
    this.#end();
    return this.#pieces.commit();
  }

  /** Keeps the results so far, as a whole file of another name; gives the name if there is one. */
  keepPartial(): string | undefined {
    try {
      if (!this.#isEmpty) this.#end();
    } catch {
      // Something else has ended the run; where the rest can't be written either, there is nothing to keep.
      this.#pieces.discard();
      return undefined;
    }
    return this.#pieces.keepPartial();
  }

  discard(): void {
    this.#pieces.discard();
  }

  #put(result: Result): void {
    this.#give(this.#writer.write(result));
  }

  #end(): void {
    this.#span?.close();
    this.#give(this.#writer.end());
  }

  #give(piece: string | Uint8Array): void {
    if (piece.length > 0) this.#pieces.write(piece);
  }
}

/** With scores as they are written: means are the same whether results were kept in a file meanwhile or not. */
function asWritten(result: Result): Result {
  const classes = result.classes.map((one) => ({ ...one, score: rounded(one.score, 6) ?? 0 }));
  return { ...result, classes };
}

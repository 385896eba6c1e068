import type { StoredResult } from '../../tasks/frame-result.ts';
import { OpenSpan, type Span } from '../../tasks/open-span.ts';
import type { Task } from '../../tasks/task.ts';
import type { OpenWriter, ResultWriter } from '../formats/result-writer.ts';
import type { ByteSink } from './byte-sink.ts';

/** How results become the bytes of a file. */
export interface ResultsEncoding {
  readonly task: Task;
  readonly writer: ResultWriter;
  /** What results are aggregated by, and the task's options for that; undefined: a result for each frame. */
  readonly span: { readonly per: Span; readonly options: object } | undefined;
}

type Sink = Pick<ByteSink, 'write' | 'commit' | 'keepPartial' | 'discard'>;

/** One file of results, or stdout: results are aggregated if asked for, written, and their pieces handed to the sink. */
export class ResultsFile {
  readonly #sink: Sink;
  readonly #task: Task;
  readonly #file: OpenWriter;
  readonly #span: OpenSpan<object> | undefined;
  #isEmpty = true;

  constructor(sink: Sink, { task, writer, span }: ResultsEncoding) {
    this.#sink = sink;
    this.#task = task;
    this.#file = writer.open();
    this.#span = span && new OpenSpan(span.per, task, span.options, (result) => this.#give(this.#file.write(result)));
  }

  /** `line` is the result as NDJSON, where it was written before: formats of JSON take it as it is. */
  write(result: StoredResult<object>, line?: string): void {
    this.#isEmpty = false;
    // An aggregate is of rounded numbers, so that it is the same whether results were kept in a file meanwhile or not.
    if (this.#span) this.#span.take({ ...result, ...this.#task.stored(result) });
    else if (line !== undefined && this.#file.writeLine) this.#give(this.#file.writeLine(line));
    else this.#give(this.#file.write(result));
  }

  /** Makes the file whole, in place of what was there. */
  commit(): void | Promise<void> {
    this.#end();
    return this.#sink.commit();
  }

  /** Keeps the results so far, as a whole file of another name; gives the name if there is one. */
  keepPartial(): string | undefined {
    try {
      if (!this.#isEmpty) this.#end();
    } catch {
      // Something else has ended the run; where the rest can't be written either, there is nothing to keep.
      this.#sink.discard();
      return undefined;
    }
    return this.#sink.keepPartial();
  }

  discard(): void {
    this.#sink.discard();
  }

  #end(): void {
    this.#span?.close();
    this.#give(this.#file.end());
  }

  #give(piece: string | Uint8Array): void {
    if (piece.length > 0) this.#sink.write(piece);
  }
}

import type { StoredResult } from '../../tasks/frame-result.ts';
import { OpenSpan, type Span } from '../../tasks/open-span.ts';
import type { Task } from '../../tasks/task.ts';
import type { OpenWriter, ResultWriter } from '../formats/result-writer.ts';
import type { ByteSink } from './byte-sink.ts';

/** How results are encoded as a file. */
export interface ResultsEncoding {
  readonly task: Task;
  readonly writer: ResultWriter;
  /** What results are aggregated by, with the task's options for it; undefined writes a result for each frame. */
  readonly span: { readonly per: Span; readonly options: object } | undefined;
}

type Sink = Pick<ByteSink, 'write' | 'commit' | 'keepPartial' | 'discard'>;

/** One file of results, or stdout: it aggregates and encodes results and passes the bytes to a sink. */
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
    this.#span = span && new OpenSpan(span.per, task, span.options, (result) => this.#emit(this.#file.write(result)));
  }

  /** Writes a result. `line` is the result as NDJSON, if it is known; JSON formats write it unchanged. */
  write(result: StoredResult<object>, line?: string): void {
    this.#isEmpty = false;
    // Aggregates use rounded numbers. So they are equal whether or not the results were stored in a file before.
    if (this.#span) this.#span.take({ ...result, ...this.#task.stored(result) });
    else if (line !== undefined && this.#file.writeLine) this.#emit(this.#file.writeLine(line));
    else this.#emit(this.#file.write(result));
  }

  /** Completes the file, which replaces an existing file. */
  commit(): void | Promise<void> {
    this.#end();
    return this.#sink.commit();
  }

  /** Keeps the results so far as a valid file under another name. Returns its path, or undefined if there is none. */
  keepPartial(): string | undefined {
    try {
      if (!this.#isEmpty) this.#end();
    } catch {
      // The run failed already, and the file can't be completed either, so it is deleted.
      this.#sink.discard();
      return undefined;
    }
    return this.#sink.keepPartial();
  }

  /** Deletes the incomplete file. */
  discard(): void {
    this.#sink.discard();
  }

  #end(): void {
    this.#span?.close();
    this.#emit(this.#file.end());
  }

  #emit(piece: string | Uint8Array): void {
    if (piece.length > 0) this.#sink.write(piece);
  }
}

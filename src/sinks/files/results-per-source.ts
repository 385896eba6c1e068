import { NEVER } from 'rxjs';
import type { StoredResult } from '../../tasks/frame-result.ts';
import { OutputFile } from './output-file.ts';
import { makeFolder } from './output-folder.ts';
import { ResultsFile, type ResultsEncoding } from './results-file.ts';
import type { ResultsOut } from './results-out.ts';

/** A file of results for each source. The file appears when its source ends, not at the end of the run. */
export class ResultsPerSource implements ResultsOut {
  readonly isStdout = false;
  readonly failure = NEVER;
  readonly #paths: ReadonlyMap<string, string>;
  readonly #encoding: ResultsEncoding;
  readonly #written = new Set<string>();
  readonly #whole = new Map<string, boolean>();
  readonly #partial: string[] = [];
  #open: { readonly source: string; readonly file: ResultsFile } | undefined;

  constructor(paths: ReadonlyMap<string, string>, encoding: ResultsEncoding) {
    this.#paths = paths;
    this.#encoding = encoding;
  }

  write(result: StoredResult<object>, line?: string): void {
    if (this.#open?.source !== result.source) {
      // The next source starts after the end of the last one, so `ended` was called for the last one.
      this.#close();
      this.#begin(result.source);
    }
    this.#open?.file.write(result, line);
  }

  ended(source: string, whole: boolean): void {
    this.#whole.set(source, whole);
  }

  room(): undefined {
    return undefined;
  }

  async commit(): Promise<readonly string[]> {
    this.#close();
    for (const [source, whole] of this.#whole) {
      // A source without results still gets a file.
      if (!whole || this.#written.has(source)) continue;
      this.#begin(source);
      this.#close();
    }
    return this.#partial;
  }

  keepPartial(): readonly string[] {
    const open = this.#open;
    this.#open = undefined;
    const kept = open?.file.keepPartial();
    return kept === undefined ? this.#partial : [...this.#partial, kept];
  }

  discard(): void {
    this.#open?.file.discard();
    this.#open = undefined;
  }

  #begin(source: string): void {
    const target = this.#paths.get(source);
    if (target === undefined) throw new Error(`got a result of ${source}, which is not an input`);
    makeFolder(target);
    this.#written.add(source);
    // The folder may be someone else's. A link in it must not lead the results to another file.
    const out = new OutputFile(target, { replace: 'irregular' });
    this.#open = { source, file: new ResultsFile(out, this.#encoding) };
  }

  #close(): void {
    const open = this.#open;
    if (!open) return;
    // #open is cleared last, so that a file whose commit fails can still be discarded.
    if (this.#whole.get(open.source) === true) void open.file.commit();
    else {
      const kept = open.file.keepPartial();
      if (kept !== undefined) this.#partial.push(kept);
    }
    this.#open = undefined;
  }
}

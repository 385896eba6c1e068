import type { StoredResult } from '../../tasks/frame-result.ts';
import { OptionError } from '../../errors/errors.ts';
import { OutputFile } from '../../sinks/files/output-file.ts';
import { refuseInputAsOutput } from '../../sinks/files/output-is-input.ts';
import { checkWritable } from '../../sinks/files/byte-sink.ts';
import { reportHtml } from '../../sinks/report/report-html.ts';
import { RunRecorder, type RunEnd } from '../../sinks/report/run-recorder.ts';

/** `--report`: gathers what a run does, and is written at its end. */
export class ReportPage {
  readonly #path: string;
  readonly #recorder = new RunRecorder();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Throws `SluiceError` (`output`) at once for a file that can't be written; undefined where none is wanted. */
  static open(path: string | undefined, inputs: readonly string[]): ReportPage | undefined {
    if (path === undefined) return undefined;
    if (path === '' || path === '-') throw new OptionError('--report needs the name of a file');
    refuseInputAsOutput(inputs, [path], '--report');
    checkWritable(path);
    return new ReportPage(path);
  }

  /** The next result, in order. */
  take(result: StoredResult<object>): void {
    this.#recorder.take(result);
  }

  /** So many frames are labelled after so many seconds. */
  sample(seconds: number, frames: number): void {
    this.#recorder.sample(seconds, frames);
  }

  failed(source: string, reason: string): void {
    this.#recorder.failed(source, reason);
  }

  write(end: RunEnd): void {
    const file = new OutputFile(this.#path);
    try {
      file.write(reportHtml(this.#recorder.record(end)));
      file.commit();
    } catch (error) {
      file.discard();
      throw error;
    }
  }
}

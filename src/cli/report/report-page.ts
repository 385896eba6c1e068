import type { StoredResult } from '../../tasks/frame-result.ts';
import { OptionError } from '../../errors/errors.ts';
import { OutputFile } from '../../sinks/files/output-file.ts';
import { refuseInputAsOutput } from '../../sinks/files/output-is-input.ts';
import { checkWritable } from '../../sinks/files/byte-sink.ts';
import { reportHtml } from '../../sinks/report/report-html.ts';
import { RunRecorder, type RunEnd } from '../../sinks/report/run-recorder.ts';

/** The page of `--report`: it records a run and is written at the end of the run. */
export class ReportPage {
  readonly #path: string;
  readonly #recorder = new RunRecorder();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Makes the page, or returns undefined without a path. Throws `SluiceError` (`output`) if the file can't be written. */
  static open(path: string | undefined, inputs: readonly string[]): ReportPage | undefined {
    if (path === undefined) return undefined;
    if (path === '' || path === '-') throw new OptionError('--report needs a file name');
    refuseInputAsOutput(inputs, [path], '--report');
    checkWritable(path);
    return new ReportPage(path);
  }

  /** Records the next result, in order. */
  take(result: StoredResult<object>): void {
    this.#recorder.take(result);
  }

  /** Records how many frames are labelled after so many seconds of the run. */
  sample(seconds: number, frames: number): void {
    this.#recorder.sample(seconds, frames);
  }

  /** Records that a file failed. */
  failed(source: string, reason: string): void {
    this.#recorder.failed(source, reason);
  }

  /** Writes the page. */
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

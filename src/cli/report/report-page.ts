import type { StoredResult } from '../../tasks/frame-result.ts';
import type { Task } from '../../tasks/task.ts';
import { OptionError } from '../../errors/errors.ts';
import { commitWith } from '../../sinks/files/commit-with.ts';
import { OutputFile } from '../../sinks/files/output-file.ts';
import { refuseInputAsOutput } from '../../sinks/files/output-is-input.ts';
import { checkWritable } from '../../sinks/files/byte-sink.ts';
import { reportHtml } from '../../sinks/report/report-html.ts';
import { RunRecorder, type RunEnd } from '../../sinks/report/run-recorder.ts';

/** The page of `--report`: it records a run and is written at the end of the run. */
export class ReportPage {
  readonly #path: string;
  readonly #recorder: RunRecorder;

  private constructor(path: string, task: Task) {
    this.#path = path;
    this.#recorder = new RunRecorder({ task });
  }

  /** Throws `OptionError` for a path that is none or an input, and `SluiceError` (`output`) if the file can't be written. */
  static check(path: string | undefined, inputs: readonly string[]): void {
    if (path === undefined) return;
    if (path === '' || path === '-') throw new OptionError('--report needs a file name');
    refuseInputAsOutput(inputs, [path], '--report');
    checkWritable(path);
  }

  /** Makes the page for results of a task, or returns undefined without a path. Throws as `check` does. */
  static open(path: string | undefined, inputs: readonly string[], task: Task): ReportPage | undefined {
    ReportPage.check(path, inputs);
    return path === undefined ? undefined : new ReportPage(path, task);
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
    const page = reportHtml(this.#recorder.record(end));
    commitWith(new OutputFile(this.#path), page);
  }
}

import type { Evaluation } from '../../evaluation/evaluation.ts';
import { OutputFile } from '../../sinks/files/output-file.ts';
import { confusionSvg } from '../../sinks/report/confusion-svg.ts';
import { evaluationHtml, type EpochRow } from '../../sinks/report/evaluation-html.ts';
import { print } from '../output.ts';
import { evaluationJson } from './evaluation-json.ts';
import { evaluationText } from './evaluation-text.ts';
import { pictureUrl } from './picture-url.ts';

/** What is written about an evaluation besides what is printed. */
export interface EvaluationOutOptions {
  readonly format: 'text' | 'json';
  /** The path of the page. */
  readonly report?: string;
  /** The path of the confusion matrix as a picture. */
  readonly confusion?: string;
}

/** An evaluation, and what is said of it. */
export interface EvaluationAbout {
  readonly title: string;
  readonly about: string;
  readonly evaluation: Evaluation;
  readonly labels: readonly string[];
  /** How many files could not be read. */
  readonly failedFiles: number;
  readonly ffmpeg: string | undefined;
  readonly epochs?: readonly EpochRow[];
}

/** Where an evaluation goes: to stdout, and to files that are opened first, so that a path that can't be written ends the run at its beginning. */
export class EvaluationOut {
  readonly #format: EvaluationOutOptions['format'];
  readonly #report: OutputFile | undefined;
  readonly #confusion: OutputFile | undefined;

  constructor({ format, report, confusion }: EvaluationOutOptions) {
    this.#format = format;
    this.#report = report === undefined ? undefined : new OutputFile(report);
    try {
      this.#confusion = confusion === undefined ? undefined : new OutputFile(confusion);
    } catch (error) {
      this.#report?.discard();
      throw error;
    }
  }

  async write({ evaluation, labels, failedFiles, ffmpeg, ...about }: EvaluationAbout): Promise<void> {
    if (this.#report) {
      const pictures: (string | undefined)[] = [];
      for (const mistake of evaluation.mistakes) pictures.push(await pictureUrl(mistake, ffmpeg));
      this.#report.write(evaluationHtml({ ...about, evaluation, labels, pictures }));
      this.#report.commit();
    }
    if (this.#confusion) {
      this.#confusion.write(confusionSvg(evaluation));
      this.#confusion.commit();
    }
    const isJson = this.#format === 'json';
    print(process.stdout, isJson ? evaluationJson(evaluation, { failedFiles }) : evaluationText(evaluation, labels));
  }

  /** Deletes what is not complete. */
  discard(): void {
    this.#report?.discard();
    this.#confusion?.discard();
  }
}

import { concatMap, defer, endWith, finalize, firstValueFrom, ignoreElements, merge, tap, type Observable } from 'rxjs';
import { useEngine } from '../../engines/engine.ts';
import type { Engine } from '../../engines/engine-types.ts';
import type { Model } from '../../models/model.ts';
import { loadModel } from '../../models/named-model.ts';
import type { ResultsOut } from '../../sinks/files/results-out.ts';
import { locateFfmpeg } from '../../sources/ffmpeg/locate.ts';
import type { NamedSource } from '../../sources/source-name.ts';
import { warn } from '../messages.ts';
import { print } from '../output.ts';
import { createProgress } from '../progress/create-progress.ts';
import { ComputedTime } from '../report/computed-time.ts';
import { formatReport } from '../report/report.ts';
import type { ReportPage } from '../report/report-page.ts';
import type { ClassifyCommand } from './classify-options.ts';
import { FileLabelling } from './file-labelling.ts';
import { interruption } from './interruption.ts';
import { notePartialResults } from './partial-results.ts';

/** One run of `sluice classify`: it loads the model, labels the files, writes the results and reports at the end. */
export class ClassifyRun {
  readonly #files: readonly NamedSource[];
  readonly #command: ClassifyCommand;
  readonly #out: ResultsOut;
  readonly #page: ReportPage | undefined;
  readonly #labelling: FileLabelling;
  readonly #computed = new ComputedTime();
  #labelledFrames = 0;
  #engine: Engine | undefined;
  #startedAt = performance.now();

  constructor(files: readonly NamedSource[], command: ClassifyCommand, out: ResultsOut, page: ReportPage | undefined) {
    this.#files = files;
    this.#command = command;
    this.#out = out;
    this.#page = page;
    // Results that scroll by on the same terminal show the progress already.
    const quiet = command.quiet === true || (out.isStdout && process.stdout.isTTY);
    this.#labelling = new FileLabelling(command, out, createProgress(process.stderr, quiet));
  }

  /** Resolves to the exit code. Rejects with the error that ended the run. */
  async run(): Promise<number> {
    // The first event ends the run: all files are labelled, a signal interrupts it, or writing the results fails.
    const signal = await firstValueFrom(merge(interruption(), this.#out.failure, this.#labelAll()));
    const { doneFiles, failedFiles, failedFrames } = this.#labelling;
    const partial = signal === 0 && doneFiles > 0 ? await this.#out.commit() : this.#out.keepPartial();
    notePartialResults(partial, signal === 0 ? '' : 'interrupted');
    if (this.#engine) this.#report(this.#engine, (performance.now() - this.#startedAt) / 1000);
    return signal || (failedFiles + failedFrames > 0 ? 1 : 0);
  }

  /** Labels all files and writes their results, then emits 0. */
  #labelAll(): Observable<number> {
    const ending = new AbortController();
    return defer(() => this.#load(ending.signal)).pipe(
      finalize(() => ending.abort()),
      concatMap((model) => this.#labelling.label(this.#files, model)),
      tap((result) => {
        this.#out.write(result);
        this.#page?.take(result);
        this.#page?.sample((performance.now() - this.#startedAt) / 1000, ++this.#labelledFrames);
        this.#computed.add(result.timings);
      }),
      ignoreElements(),
      endWith(0),
    );
  }

  /** Loads the model and starts the engine. `signal` ends the loading. */
  async #load(signal: AbortSignal): Promise<Model> {
    const { engine, ffmpeg } = this.#command;
    // A missing ffmpeg is one error for the run, not one error for each file.
    await locateFfmpeg(ffmpeg);
    const model = await loadModel(this.#command, warn, signal);
    this.#engine = await useEngine(engine);
    this.#startedAt = performance.now();
    return model;
  }

  #report(engine: Engine, seconds: number): void {
    const { failedFiles, failedFrames, failures, histograms, sources } = this.#labelling;
    const counts = sources.map(({ ledger }) => ledger.counts);
    const stages = histograms.times();
    if (!this.#command.quiet) {
      print(process.stderr, formatReport({ files: this.#files.length, failedFiles, counts, seconds, engine, stages }));
    }
    for (const { source, reason } of failures) this.#page?.failed(source, reason);
    this.#page?.write({
      elapsedSeconds: seconds,
      engine: `${engine.name} (${engine.reason})`,
      frames: { decoded: counts.reduce((sum, { produced }) => sum + produced, 0), failed: failedFrames },
      time: this.#computed.rows(seconds),
      stages: stages.filter(({ run }) => run === undefined),
    });
  }
}

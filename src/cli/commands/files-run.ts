import { concatMap, defer, endWith, finalize, firstValueFrom, ignoreElements, merge, tap, type Observable } from 'rxjs';
import { useEngine } from '../../engines/engine.ts';
import type { Engine } from '../../engines/engine-types.ts';
import { engineOf } from '../../models/engine-of.ts';
import type { Model } from '../../models/model.ts';
import { int8Warning } from '../../models/int8.ts';
import { loadModel } from '../../models/named-model.ts';
import { openResults, type ResultsOutOptions } from '../../sinks/files/open-results.ts';
import type { ResultsOut } from '../../sinks/files/results-out.ts';
import { checkHwaccel } from '../../sources/ffmpeg/hwaccels.ts';
import { locateFfmpeg } from '../../sources/ffmpeg/locate.ts';
import type { NamedSource } from '../../sources/source-name.ts';
import { warn } from '../messages.ts';
import { print } from '../output.ts';
import { createProgress } from '../progress/create-progress.ts';
import { ComputedTime } from '../report/computed-time.ts';
import { formatReport } from '../report/report.ts';
import { ReportPage } from '../report/report-page.ts';
import type { RunCommand } from './run-options.ts';
import { FileLabelling } from './file-labelling.ts';
import { interruption } from './interruption.ts';
import { taskOptionsFor } from './result-options.ts';
import { modelToRun } from './model-to-run.ts';
import { checkCommand } from './task-commands.ts';
import { notePartialResults } from './partial-results.ts';

/** What is there when the model is loaded. */
interface OpenRun {
  readonly model: Model<object, object>;
  readonly engine: Engine;
  readonly out: ResultsOut;
  readonly page: ReportPage | undefined;
  readonly labelling: FileLabelling;
  readonly startedAt: number;
}

/** One run of `sluice classify`, or of the command of another task: it loads the model, labels the files, writes the results and reports at the end. */
export class FilesRun {
  readonly #name: string;
  readonly #files: readonly NamedSource[];
  readonly #command: RunCommand;
  readonly #outputs: Omit<ResultsOutOptions, 'task' | 'taskOptions'>;
  readonly #computed = new ComputedTime();
  #labelledFrames = 0;
  #open: OpenRun | undefined;

  constructor(
    name: string,
    files: readonly NamedSource[],
    command: RunCommand,
    outputs: Omit<ResultsOutOptions, 'task' | 'taskOptions'>,
  ) {
    this.#name = name;
    this.#files = files;
    this.#command = command;
    this.#outputs = outputs;
  }

  /** The outputs, once they are open. */
  get out(): ResultsOut | undefined {
    return this.#open?.out;
  }

  /** Resolves to the exit code. Rejects with the error that ended the run. */
  async run(): Promise<number> {
    // The first event ends the run: all files are labelled, a signal interrupts it, or writing the results fails.
    const signal = await firstValueFrom(merge(interruption(), this.#labelAll()));
    const open = this.#open;
    if (!open) {
      notePartialResults([], 'interrupted');
      return signal;
    }
    const { doneFiles, reported } = open.labelling;
    const partial = signal === 0 && doneFiles > 0 ? await open.out.commit() : open.out.keepPartial();
    notePartialResults(partial, signal === 0 ? '' : 'interrupted');
    this.#report(open);
    return signal || (reported.failedFiles + reported.failedFrames > 0 ? 1 : 0);
  }

  /** Labels all files and writes their results, then emits 0. */
  #labelAll(): Observable<number> {
    const ending = new AbortController();
    return defer(() => this.#start(ending.signal)).pipe(
      finalize(() => ending.abort()),
      concatMap((open) => merge(open.out.failure, this.#label(open))),
    );
  }

  /** Labels all files with an open run, then emits 0. */
  #label({ model, out, page, labelling, startedAt }: OpenRun): Observable<number> {
    return labelling.label(this.#files, model).pipe(
      tap((result) => {
        out.write(result);
        page?.take(result);
        page?.sample((performance.now() - startedAt) / 1000, ++this.#labelledFrames);
        this.#computed.add(result.timings);
      }),
      ignoreElements(),
      endWith(0),
    );
  }

  /** Loads the model, starts the engine and opens the outputs for the model's task. `signal` ends the loading. */
  async #start(signal: AbortSignal): Promise<OpenRun> {
    const { engine: wanted, precision, ffmpeg, hwaccel, report, quiet } = this.#command;
    const names = this.#files.map(({ name }) => name);
    // A missing ffmpeg is one error for the run, not one error for each file; so is hardware that it does not know.
    await checkHwaccel(await locateFfmpeg(ffmpeg), hwaccel);
    const model = await modelToRun(this.#name, this.#command, (choice) => loadModel(choice, warn, signal));
    const { task } = model;
    checkCommand(this.#name, this.#command.model, task);
    const isTracked = this.#command.track === true;
    // Boxes of a low score keep tracks alive; those that belong to none are left out.
    const taskOptions = { ...(isTracked ? { minScore: 0.1 } : {}), ...taskOptionsFor(task, this.#command) };
    const follow = isTracked ? (await import('../../tasks/tracking/track.ts')).track() : undefined;
    const engine = engineOf(model, await useEngine(wanted));
    signal.throwIfAborted();
    const slow = int8Warning(precision, engine);
    if (slow !== undefined && quiet !== true) warn(slow);
    const out = await openResults(names, { ...this.#outputs, task, taskOptions });
    // Results that scroll by on the same terminal show the progress already.
    const progress = createProgress(process.stderr, quiet === true || (out.isStdout && process.stdout.isTTY));
    const labelling = new FileLabelling(this.#command, out, progress, taskOptions, follow as never);
    const page = ReportPage.open(report, names, task);
    this.#open = { model, engine, out, page, labelling, startedAt: performance.now() };
    return this.#open;
  }

  #report({ engine, page, labelling, startedAt }: OpenRun): void {
    const seconds = (performance.now() - startedAt) / 1000;
    const { reported, failures, histograms, sources, sameFrames } = labelling;
    const { failedFiles, failedFrames } = reported;
    const counts = sources.map(({ ledger }) => ledger.counts);
    const stages = histograms.times();
    if (!this.#command.quiet) {
      print(
        process.stderr,
        formatReport({ files: this.#files.length, failedFiles, counts, sameFrames, seconds, engine, stages }),
      );
    }
    for (const { source, reason } of failures) page?.failed(source, reason);
    page?.write({
      elapsedSeconds: seconds,
      engine: `${engine.name} (${engine.reason})`,
      frames: { decoded: counts.reduce((sum, { produced }) => sum + produced, 0), failed: failedFrames },
      time: this.#computed.rows(seconds),
      stages: stages.filter(({ run }) => run === undefined),
    });
  }
}

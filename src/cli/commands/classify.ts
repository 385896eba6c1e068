import { concatMap, defer, endWith, firstValueFrom, ignoreElements, merge, tap, type Observable } from 'rxjs';
import { useEngine } from '../../engines/engine.ts';
import { SluiceError } from '../../errors/errors.ts';
import { loadModel } from '../../models/named-model.ts';
import { isReaderGone } from '../../sinks/files/byte-sink.ts';
import { type ResultsOut } from '../../sinks/files/results-out.ts';
import { locateFfmpeg } from '../../sources/ffmpeg/locate.ts';
import { TASK, taskOptionsOf } from './labelling.ts';
import { interruption } from './interruption.ts';
import { printable } from '../printable.ts';
import { ComputedTime } from '../report/computed-time.ts';
import { formatReport } from '../report/report.ts';
import { ReportPage } from '../report/report-page.ts';
import { Session } from './session.ts';
import { warn } from '../warn.ts';
import type { Engine } from '../../engines/engine-types.ts';
import { openResults } from '../../sinks/files/open-results.ts';
import { createProgress } from '../progress/create-progress.ts';
import type { ClassifyCommand } from './classify-options.ts';

/** Labels every frame of the files, one file after the other; gives the exit code. */
export async function classifyFiles(files: readonly string[], command: ClassifyCommand): Promise<number> {
  const out = await openResults(files, { ...command, task: TASK, taskOptions: taskOptionsOf(command) });
  try {
    const page = ReportPage.open(command.report, files);
    return await new Run(files, command, out, page).toItsEnd();
  } catch (error) {
    // A disk that is full has no use for a part; whatever else ended the run should not cost what it had done.
    if (error instanceof SluiceError && error.code === 'output') out.discard();
    else sayPartial(out.keepPartial());
    if (isReaderGone(error)) return 0;
    throw error;
  }
}

class Run {
  readonly #files: readonly string[];
  readonly #command: ClassifyCommand;
  readonly #out: ResultsOut;
  readonly #session: Session;
  readonly #page: ReportPage | undefined;
  readonly #computed = new ComputedTime();
  #labelledFrames = 0;
  #engine: Engine | undefined;
  #startedAt = performance.now();

  constructor(files: readonly string[], command: ClassifyCommand, out: ResultsOut, page: ReportPage | undefined) {
    this.#files = files;
    this.#page = page;
    this.#command = command;
    this.#out = out;
    // Results on the same terminal show by themselves how far the run is.
    const quiet = command.quiet === true || (out.isStdout && process.stdout.isTTY);
    this.#session = new Session(command, out, createProgress(process.stderr, quiet));
  }

  async toItsEnd(): Promise<number> {
    // Whatever comes first ends the rest: an interruption stops the decoder, and so does a reader that went away.
    const signal = await firstValueFrom(merge(interruption(), this.#out.failure, this.#labelled()));
    const { doneFiles, failedFiles, failedFrames } = this.#session;
    const partial = signal === 0 && doneFiles > 0 ? await this.#out.commit() : this.#out.keepPartial();
    sayPartial(partial, signal === 0 ? '' : 'interrupted');
    if (this.#engine) this.#report(this.#engine, (performance.now() - this.#startedAt) / 1000);
    return signal || (failedFiles + failedFrames > 0 ? 1 : 0);
  }

  /** 0 when all is done. */
  #labelled(): Observable<number> {
    return defer(() => this.#load()).pipe(
      concatMap((model) => this.#session.label(this.#files, model)),
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

  async #load() {
    const { engine, ffmpeg } = this.#command;
    // Without a decoder no file can be read: that is one error, not one per file.
    await locateFfmpeg(ffmpeg);
    const model = await loadModel(this.#command, warn);
    this.#engine = await useEngine(engine);
    this.#startedAt = performance.now();
    return model;
  }

  #report(engine: Engine, seconds: number): void {
    const { failedFiles, failedFrames, failures, histograms, sources } = this.#session;
    const counts = sources.map(({ ledger }) => ledger.counts);
    const stages = histograms.times();
    if (!this.#command.quiet) {
      process.stderr.write(formatReport({ files: this.#files.length, failedFiles, counts, seconds, engine, stages }));
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

function sayPartial(files: readonly string[], why = ''): void {
  const parts = [why, files.length > 0 ? `the results so far are in ${files.join(', ')}` : ''];
  const what = parts.filter((part) => part !== '').join(': ');
  if (what !== '') say(what);
}

function say(line: string): void {
  process.stderr.write(`sluice: ${printable(line)}\n`);
}

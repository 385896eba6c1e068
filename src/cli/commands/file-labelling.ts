import {
  catchError,
  concatMap,
  defer,
  finalize,
  from,
  identity,
  ignoreElements,
  tap,
  timer,
  type MonoTypeOperatorFunction,
  type Observable,
} from 'rxjs';
import { messageOf } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import { StillWatch } from '../../flow/operators/still-watch.ts';
import { infer } from '../../models/infer.ts';
import { checkSkipStill } from '../../models/keeps-state.ts';
import type { Model } from '../../models/model.ts';
import type { PreprocessOptions } from '../../preprocess/preprocess.ts';
import type { ResultsOut } from '../../sinks/files/results-out.ts';
import type { NamedSource } from '../../sources/source-name.ts';
import type { VideoSource } from '../../sources/video-file.ts';
import type { Pixels } from '../../stage/pixels.ts';
import type { FrameResult } from '../../tasks/frame-result.ts';
import { skipStill } from '../../tasks/skip-still.ts';
import { StageHistograms } from '../../timing/stage-times.ts';
import type { Progress } from '../progress/progress.ts';
import type { RunCommand } from './run-options.ts';
import { sampled } from './file-reading.ts';
import { INTERRUPTION_MS, ReportedFiles } from './reported-files.ts';

/** Labels files one after another with one model, shows their progress, and counts what succeeds and what fails. */
export class FileLabelling {
  readonly histograms = new StageHistograms();
  /** The sources of the files, with their frame counts. */
  readonly sources: VideoSource[] = [];
  /** How many files were read to the end. */
  doneFiles = 0;
  /** How many frames got the result of another one. */
  sameFrames = 0;
  /** Counts what fails. */
  readonly reported: ReportedFiles;
  /** The files that could not be read to the end, with the reasons. */
  readonly failures: { readonly source: string; readonly reason: string }[] = [];
  readonly #command: RunCommand;
  readonly #out: ResultsOut;
  readonly #progress: Progress;
  readonly #taskOptions: object;
  readonly #follow: MonoTypeOperatorFunction<FrameResult<object>>;

  /** `follow` is what results go through before they are written. */
  constructor(
    command: RunCommand,
    out: ResultsOut,
    progress: Progress,
    taskOptions: object,
    follow: MonoTypeOperatorFunction<FrameResult<object>> = identity,
  ) {
    this.#command = command;
    this.#out = out;
    this.#progress = progress;
    this.reported = new ReportedFiles(command, progress);
    this.#taskOptions = taskOptions;
    this.#follow = follow;
  }

  /** Emits the result of each frame of each file. A file that fails does not end the stream. */
  label(files: readonly NamedSource[], model: Model<object, object>): Observable<FrameResult<object>> {
    const { per = 'frame', skipStill: threshold } = this.#command;
    const options = per === 'frame' ? this.#taskOptions : model.task.optionsToAggregate(this.#taskOptions);
    const inferred = infer(model, options);
    if (threshold !== undefined) checkSkipStill(model, this.#command);
    return from(files).pipe(
      concatMap((_, i) => this.#frames(files, i, model.preprocess)),
      threshold === undefined ? inferred : skipStill(inferred, new StillWatch(threshold)),
      this.#follow,
      tap(({ timings, same }) => {
        this.histograms.add(timings);
        if (same !== undefined) this.sameFrames++;
      }),
      finalize(() => this.#progress.stop()),
    );
  }

  /** Emits the frames of number `index` of the files. If the file fails, it reports the error and completes. */
  #frames(files: readonly NamedSource[], index: number, resize: PreprocessOptions): Observable<Frame<Pixels>> {
    const { name } = files[index] as NamedSource;
    return defer(() => {
      const source = this.reported.open(files, index, resize);
      this.sources.push(source);
      return source.pipe(
        tap((frame) => this.#holdBack(frame)),
        tap({
          next: () => this.#progress.update(source.ledger.counts.produced),
          complete: () => this.#fileDone(name, source),
        }),
        sampled(this.#command),
      );
    }).pipe(catchError((error: unknown) => this.#fileFailed(name, error)));
  }

  /** Keeps the frame's lease open until the output has room, so that the source lets no further frame in. */
  #holdBack(frame: Frame<Pixels>): void {
    const room = this.#out.room();
    if (!room) return;
    frame.retain('the reader of the results');
    void room.then(() => frame.release());
  }

  #fileDone(file: string, source: VideoSource): void {
    this.doneFiles++;
    this.#out.ended(file, true);
    // Only --start and --end can leave no frame of a readable file.
    if (source.ledger.counts.produced === 0) {
      void this.#warnOfNoFrame(file, source);
    }
    this.#progress.done();
  }

  async #warnOfNoFrame(file: string, source: VideoSource): Promise<void> {
    const { durationSeconds } = await source.info();
    const range = durationSeconds === undefined ? '' : `: its frames are from 0 s to ${durationSeconds.toFixed(3)} s`;
    this.reported.say(`warning: ${file}: it has no frame in the time from --start to --end${range}`);
  }

  #fileFailed(file: string, error: unknown): Observable<never> {
    return timer(INTERRUPTION_MS).pipe(
      tap(() => {
        this.failures.push({ source: file, reason: messageOf(error) });
        this.#out.ended(file, false);
        this.reported.fileFailed(file, error);
      }),
      ignoreElements(),
    );
  }
}

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
import { messageOf, SluiceError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import { infer } from '../../models/infer.ts';
import type { Model } from '../../models/model.ts';
import type { PreprocessOptions } from '../../preprocess/preprocess.ts';
import { printable } from '../../sinks/formats/invisible.ts';
import type { ResultsOut } from '../../sinks/files/results-out.ts';
import type { SourceWarning } from '../../sources/ffmpeg/decode-options.ts';
import type { NamedSource } from '../../sources/source-name.ts';
import { VideoSource, type VideoFileOptions } from '../../sources/video-file.ts';
import type { Pixels } from '../../stage/pixels.ts';
import type { FrameResult } from '../../tasks/frame-result.ts';
import { StageHistograms } from '../../timing/stage-times.ts';
import { errorText } from '../error-text.ts';
import type { Progress } from '../progress/progress.ts';
import type { RunCommand } from './run-options.ts';
import { expectedFrames } from './expected-frames.ts';
import { readingOf, sampled } from './file-reading.ts';

const MAX_FRAME_WARNINGS = 5;
/** Ctrl-C also ends the decoder. This delay lets the interruption end the run before the decoder's end counts as a failure. */
const INTERRUPTION_MS = 50;

/** Labels files one after another with one model, shows their progress, and counts what succeeds and what fails. */
export class FileLabelling {
  readonly histograms = new StageHistograms();
  /** The sources of the files, with their frame counts. */
  readonly sources: VideoSource[] = [];
  /** How many files were read to the end. */
  doneFiles = 0;
  failedFiles = 0;
  failedFrames = 0;
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
    this.#taskOptions = taskOptions;
    this.#follow = follow;
  }

  /** Emits the result of each frame of each file. A file that fails does not end the stream. */
  label(files: readonly NamedSource[], model: Model<object, object>): Observable<FrameResult<object>> {
    const { per = 'frame' } = this.#command;
    return from(files).pipe(
      concatMap((file, i) => {
        const counter = files.length > 1 ? `[${i + 1}/${files.length}] ` : '';
        return this.#frames(file, counter + printable(file.name), model.preprocess);
      }),
      infer(model, per === 'frame' ? this.#taskOptions : model.task.optionsToAggregate(this.#taskOptions)),
      this.#follow,
      tap(({ timings }) => this.histograms.add(timings)),
      finalize(() => this.#progress.stop()),
    );
  }

  /** Emits the frames of one file. If the file fails, it reports the error and completes. */
  #frames(file: NamedSource, title: string, resize: PreprocessOptions): Observable<Frame<Pixels>> {
    return defer(() => {
      const source = this.#open(file, resize);
      void this.#showProgress(title, source);
      return source.pipe(
        tap((frame) => this.#holdBack(frame)),
        tap({
          next: () => this.#progress.update(source.ledger.counts.produced),
          complete: () => this.#fileDone(file.name, source),
        }),
        sampled(this.#command),
      );
    }).pipe(catchError((error: unknown) => this.#fileFailed(file.name, error)));
  }

  #open({ name, location }: NamedSource, resize: PreprocessOptions): VideoSource {
    const options: VideoFileOptions = {
      ...readingOf(this.#command),
      resize,
      onError: 'skip',
      // The reader of the results, such as a pager, may pause for any time.
      leaseTimeout: Infinity,
      onWarning: (warning) => this.#warn(warning),
    };
    const source = new VideoSource(location, options, name);
    this.sources.push(source);
    source.failures.subscribe(({ error }) => this.#frameFailed(error));
    return source;
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
    this.#print(`warning: ${file}: it has no frame in the time from --start to --end${range}`);
  }

  #fileFailed(file: string, error: unknown): Observable<never> {
    return timer(INTERRUPTION_MS).pipe(
      tap(() => {
        this.failedFiles++;
        this.failures.push({ source: file, reason: messageOf(error) });
        this.#out.ended(file, false);
        this.#progress.stop();
        // The message of a SluiceError names the file.
        this.#print(`error: ${error instanceof SluiceError ? '' : `${file}: `}${errorText(error)}`);
      }),
      ignoreElements(),
    );
  }

  #frameFailed(error: Error): void {
    this.failedFrames++;
    if (this.failedFrames <= MAX_FRAME_WARNINGS) this.#print(`warning: ${error.message}`);
    if (this.failedFrames === MAX_FRAME_WARNINGS + 1) {
      this.#print('warning: more frames failed; the report has their number');
    }
  }

  #warn({ code, message }: SourceWarning): void {
    // This warning is not about the results, so --quiet hides it.
    if (code === 'old-ffmpeg' && this.#command.quiet) return;
    this.#print(`warning: ${message}`);
  }

  #print(line: string): void {
    this.#progress.say(`sluice: ${printable(line)}`);
  }

  async #showProgress(title: string, source: VideoSource): Promise<void> {
    try {
      const { start, end } = this.#command;
      this.#progress.start(title, expectedFrames(await source.info(), start, end));
    } catch {
      // The stream of frames reports the error.
    }
  }
}

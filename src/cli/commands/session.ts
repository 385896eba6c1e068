import {
  catchError,
  concatMap,
  defer,
  finalize,
  from,
  ignoreElements,
  identity,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import type { FrameResult } from '../../tasks/frame-result.ts';
import { infer } from '../../models/infer.ts';
import { messageOf, SluiceError } from '../../errors/errors.ts';
import { sampleFrames } from '../../flow/operators/sample-frames.ts';
import type { Frame } from '../../frames/frame.ts';
import type { Model } from '../../models/model.ts';
import type { Pixels } from '../../stage/pixels.ts';
import type { PreprocessOptions } from '../../preprocess/preprocess.ts';
import type { SourceWarning } from '../../sources/ffmpeg/decode-options.ts';
import { type ResultsOut } from '../../sinks/files/results-out.ts';
import { videoFile, type VideoSource } from '../../sources/video-file.ts';
import { StageHistograms } from '../../timing/stage-times.ts';
import { printable, stackOf } from '../printable.ts';
import type { Progress } from '../progress/progress.ts';
import { taskOptionsOf } from './labelling.ts';
import type { ClassifyCommand } from './classify-options.ts';

const MOST_FAILURES = 5;
/** Ctrl-C reaches the decoder too; its end must not be told as a failure when the interruption is about to be seen. */
const INTERRUPTION_MS = 50;

/** One run's files through one model, built once for all of them. */
export class Session {
  readonly histograms = new StageHistograms();
  readonly sources: VideoSource[] = [];
  /** Files that came to their end. */
  doneFiles = 0;
  failedFiles = 0;
  failedFrames = 0;
  /** Why which file could not be read to its end. */
  readonly failures: { readonly source: string; readonly reason: string }[] = [];
  readonly #command: ClassifyCommand;
  readonly #out: ResultsOut;
  readonly #progress: Progress;

  constructor(command: ClassifyCommand, out: ResultsOut, progress: Progress) {
    this.#command = command;
    this.#out = out;
    this.#progress = progress;
  }

  label(files: readonly string[], model: Model<object, object>): Observable<FrameResult<object>> {
    const { per = 'frame', fit } = this.#command;
    const fitted = fit ? { ...model, preprocess: { ...model.preprocess, fit } } : model;
    const options = taskOptionsOf(this.#command);
    return from(files).pipe(
      concatMap((file, i) =>
        this.#frames(file, files.length > 1 ? `[${i + 1}/${files.length}] ` : '', fitted.preprocess),
      ),
      infer(fitted, per === 'frame' ? options : model.task.optionsToAggregate(options)),
      tap(({ timings }) => this.histograms.add(timings)),
      finalize(() => this.#progress.stop()),
    );
  }

  /** One file's frames; what is wrong with the file is said, and the next one is taken. */
  #frames(file: string, number: string, resize: PreprocessOptions): Observable<Frame<Pixels>> {
    return defer(() => {
      const { start, end, ffmpeg, fps, every: n } = this.#command;
      const source = videoFile(file, {
        resize,
        onError: 'skip',
        // Whoever reads the results may take any time: a pager, a terminal that was stopped.
        stallTimeout: Infinity,
        onWarning: (warning) => this.#warned(warning),
        ...(start === undefined ? {} : { start }),
        ...(end === undefined ? {} : { end }),
        ...(ffmpeg === undefined ? {} : { ffmpeg }),
      });
      this.sources.push(source);
      source.failures.subscribe(({ error }) => this.#frameFailed(error));
      void this.#showProgress(number + printable(file), source);
      const sampled =
        fps !== undefined ? sampleFrames<Pixels>({ fps }) : n !== undefined ? sampleFrames<Pixels>({ n }) : identity;
      return source.pipe(
        tap((frame) => this.#holdBack(frame)),
        tap({
          next: () => this.#progress.update(source.ledger.counts.produced),
          complete: () => {
            this.doneFiles++;
            this.#out.ended(file, true);
            // Only an end, or a start and an end close together, can leave nothing of a file that could be read.
            if (source.ledger.counts.produced === 0) this.#say(`warning: ${file}: no frame in the time asked for`);
            this.#progress.done();
          },
        }),
        sampled,
      );
    }).pipe(catchError((error: unknown) => this.#fileFailed(file, error)));
  }

  /** Results that nobody takes hold the file back: an open lease lets no further frame in. */
  #holdBack(frame: Frame<Pixels>): void {
    const room = this.#out.room();
    if (!room) return;
    frame.retain('the reader of the results');
    void room.then(() => frame.release());
  }

  #fileFailed(file: string, error: unknown): Observable<never> {
    return timer(INTERRUPTION_MS).pipe(
      tap(() => {
        this.failedFiles++;
        this.failures.push({ source: file, reason: messageOf(error) });
        this.#out.ended(file, false);
        this.#progress.stop();
        if (error instanceof SluiceError) this.#say(`error: ${error.message}`);
        // A bug, and its stack is wanted; all the same it should not cost the other files.
        else this.#progress.say(`sluice: error: ${printable(file)}: ${stackOf(error)}`);
      }),
      ignoreElements(),
    );
  }

  #frameFailed(error: Error): void {
    this.failedFrames++;
    if (this.failedFrames <= MOST_FAILURES) this.#say(`warning: ${error.message}`);
    if (this.failedFrames === MOST_FAILURES + 1) this.#say('warning: more frames failed; the count is in the report');
  }

  #warned({ code, message }: SourceWarning): void {
    // Not about the results, unlike damage.
    if (code === 'old-ffmpeg' && this.#command.quiet) return;
    this.#say(`warning: ${message}`);
  }

  #say(line: string): void {
    this.#progress.say(`sluice: ${printable(line)}`);
  }

  async #showProgress(name: string, source: VideoSource): Promise<void> {
    try {
      const { estimatedFrames, durationSeconds, startSeconds } = await source.info();
      const { start = startSeconds, end = Infinity } = this.#command;
      const seconds = Math.min(end, startSeconds + (durationSeconds ?? 0)) - Math.max(start, startSeconds);
      const part = durationSeconds ? Math.max(0, Math.min(1, seconds / durationSeconds)) : 1;
      this.#progress.start(name, estimatedFrames && Math.max(1, Math.round(estimatedFrames * part)));
    } catch {
      // What is wrong with the file comes with its frames.
    }
  }
}

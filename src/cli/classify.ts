import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  endWith,
  finalize,
  firstValueFrom,
  from,
  identity,
  ignoreElements,
  merge,
  tap,
  type Observable,
} from 'rxjs';
import { classify, type Classification } from '../classify/classify.ts';
import { useEngine, type EngineName } from '../engines/engine.ts';
import { messageOf } from '../errors.ts';
import { every } from '../flow/every.ts';
import type { Frame } from '../frame.ts';
import type { Network } from '../models/network.ts';
import type { Fit } from '../preprocess/fit.ts';
import type { Pixels } from '../preprocess/pixels.ts';
import { preprocess, type PreprocessOptions } from '../preprocess/preprocess.ts';
import { toNdjson } from '../sinks/ndjson.ts';
import { videoFile, type VideoSource } from '../sources/video-file.ts';
import { StageHistograms } from '../timing/stage-times.ts';
import { interruption } from './interruption.ts';
import { loadNetwork } from './networks.ts';
import { createProgress, type Progress } from './progress.ts';
import { formatReport } from './report.ts';
import { openResults, ReaderGone } from './results-out.ts';

/** The command's options, as they were read. */
export interface ClassifyCommand {
  readonly pipeline: string;
  readonly top: number;
  readonly minScore: number;
  readonly fps?: number;
  readonly every?: number;
  readonly start?: number;
  readonly end?: number;
  readonly fit?: Fit;
  readonly engine: EngineName | 'auto';
  readonly out?: string;
  readonly ffmpeg?: string;
  readonly timings?: boolean;
  readonly quiet?: boolean;
}

/** Labels every frame of the files, one file after the other; gives the exit code. */
export async function classifyFiles(files: readonly string[], command: ClassifyCommand): Promise<number> {
  const out = openResults(command.out);
  const startedAt = performance.now();
  try {
    const network = await loadNetwork(command.pipeline);
    const engine = await useEngine(command.engine);
    const session = new Session(network, command);
    const done = session.label(files).pipe(
      tap((result) => out.write(toNdjson(result, { timings: command.timings === true }))),
      ignoreElements(),
      endWith(0),
    );
    // Whatever comes first ends the rest: an interruption stops the decoder, and so does a reader that went away.
    const signal = await firstValueFrom(merge(done, out.failure, interruption()));
    if (signal === 0 && session.failedFiles === files.length) out.discard();
    else if (signal === 0) out.commit();
    else say(`interrupted${keptIn(out.keepPartial())}`);
    if (!command.quiet) {
      process.stderr.write(
        formatReport({
          files: files.length,
          counts: session.sources.map(({ ledger }) => ledger.counts),
          seconds: (performance.now() - startedAt) / 1000,
          engine,
          stages: session.histograms.times(),
        }),
      );
    }
    return signal || (session.failedFiles + session.failedFrames > 0 ? 1 : 0);
  } catch (error) {
    if (error instanceof ReaderGone) return 0;
    out.discard();
    throw error;
  }
}

const MOST_FAILURES = 5;

/** One run's files through one network, built once for all of them. */
class Session {
  readonly histograms = new StageHistograms();
  readonly sources: VideoSource[] = [];
  failedFiles = 0;
  failedFrames = 0;
  readonly #network: Network;
  readonly #preprocess: PreprocessOptions;
  readonly #command: ClassifyCommand;
  readonly #progress: Progress;

  constructor(network: Network, command: ClassifyCommand) {
    this.#network = network;
    this.#preprocess = { ...network.preprocess, ...(command.fit ? { fit: command.fit } : {}) };
    this.#command = command;
    // Results on the same terminal show by themselves how far the run is.
    const quiet = command.quiet === true || (command.out === undefined && process.stdout.isTTY);
    this.#progress = createProgress(process.stderr, quiet);
  }

  label(files: readonly string[]): Observable<Classification> {
    const { top, minScore } = this.#command;
    const { pipeline, labels } = this.#network;
    return from(files).pipe(
      concatMap((file) => this.#frames(file)),
      preprocess(this.#preprocess),
      pipeline,
      classify({ labels, top, minScore }),
      tap(({ stages }) => this.histograms.add(stages)),
      finalize(() => this.#progress.stop()),
    );
  }

  /** One file's frames; what is wrong with the file is said, and the next one is taken. */
  #frames(file: string): Observable<Frame<Pixels>> {
    return defer(() => {
      const { start, end, ffmpeg, fps, every: n } = this.#command;
      const source = videoFile(file, {
        resize: this.#preprocess,
        onError: 'skip',
        onWarning: ({ message }) => say(`warning: ${message}`),
        ...(start === undefined ? {} : { start }),
        ...(end === undefined ? {} : { end }),
        ...(ffmpeg === undefined ? {} : { ffmpeg }),
      });
      this.sources.push(source);
      source.failures.subscribe(({ error }) => this.#frameFailed(error));
      void this.#showProgress(file, source);
      const sampled = fps !== undefined ? every<Pixels>({ fps }) : n !== undefined ? every<Pixels>({ n }) : identity;
      return source.pipe(
        tap(() => this.#progress.update(source.ledger.counts.produced)),
        sampled,
        catchError((error: unknown) => {
          this.failedFiles++;
          this.#progress.stop();
          say(`error: ${messageOf(error)}`);
          return EMPTY;
        }),
      );
    });
  }

  #frameFailed(error: Error): void {
    this.failedFrames++;
    if (this.failedFrames <= MOST_FAILURES) say(`warning: ${error.message}`);
    if (this.failedFrames === MOST_FAILURES + 1) say('warning: more frames failed; the count is in the report');
  }

  async #showProgress(file: string, source: VideoSource): Promise<void> {
    try {
      const { estimatedFrames, durationSeconds, startSeconds } = await source.info();
      const { start = startSeconds, end = Infinity } = this.#command;
      const seconds = Math.min(end, startSeconds + (durationSeconds ?? 0)) - Math.max(start, startSeconds);
      const part = durationSeconds ? Math.max(0, Math.min(1, seconds / durationSeconds)) : 1;
      this.#progress.start(file, estimatedFrames && Math.max(1, Math.round(estimatedFrames * part)));
    } catch {
      // What is wrong with the file comes with its frames.
    }
  }
}

function keptIn(partial: string | undefined): string {
  return partial === undefined ? '' : `: the results so far are in ${partial}`;
}

function say(line: string): void {
  process.stderr.write(`sluice: ${line}\n`);
}

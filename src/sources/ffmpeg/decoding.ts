import { machineLimits } from '../../engines/machine-limits.ts';
import { SourceError } from '../../errors/errors.ts';
import type { Arrival } from '../../flow/gate/arrival.ts';
import { resizeKey } from '../../preprocess/fit.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { decodeArguments } from './arguments.ts';
import { MOST_THREADS, type DecodeOptions } from './decode-options.ts';
import { filterGraph, type FilterGraph } from './filters.ts';
import { checkHttpEnd } from './http-end.ts';
import { FrameRun, type TimedBytes } from './frame-run.ts';
import type { Media, OpenMedia } from './media.ts';
import { checkEnd, startPastEnd, warnOfDamage } from './run-end.ts';
import { seeks } from './seek.ts';

type Next = IteratorResult<Arrival<Pixels>, undefined>;

const DONE: Next = { done: true, value: undefined };

/** The most bytes of pictures that may be decoded ahead. */
const MOST_AHEAD = 32e6;

/** The ffmpeg binaries that a warning was given for. */
const noticed = new Set<string>();

interface Opened extends OpenMedia {
  readonly run: FrameRun;
  readonly first: TimedBytes | undefined;
  readonly graph: FilterGraph;
}

/** One pass through a file. A class instead of a generator, so that `return()` can end the child while `next()` is pending. */
export class Decoding implements AsyncIterableIterator<Arrival<Pixels>, undefined> {
  readonly #media: Media;
  readonly #options: DecodeOptions;
  readonly #abort = new AbortController();
  readonly #pending = new Set<(result: Next) => void>();
  readonly #from: number | undefined;
  readonly #to: number;
  #turn: Promise<unknown> = Promise.resolve();
  #opened: Opened | undefined;
  #run: FrameRun | undefined;
  #frames = 0;
  #done = false;

  constructor(media: Media, options: DecodeOptions) {
    this.#media = media;
    this.#options = options;
    this.#from = options.start === undefined ? undefined : Math.round(options.start * 1e6);
    this.#to = options.end === undefined ? Infinity : Math.round(options.end * 1e6);
  }

  next(): Promise<Next> {
    return new Promise((resolve, reject) => {
      if (this.#done) {
        resolve(DONE);
        return;
      }
      this.#pending.add(resolve);
      const turn = this.#turn.then(() => this.#step());
      this.#turn = turn.then(
        (result) => {
          this.#pending.delete(resolve);
          resolve(result);
        },
        (error: unknown) => {
          this.#pending.delete(resolve);
          reject(error);
        },
      );
    });
  }

  /** Ends the child at once, and every pending `next()` with it; resolves when the child is gone. */
  async return(): Promise<Next> {
    this.#done = true;
    for (const resolve of this.#pending) resolve(DONE);
    this.#pending.clear();
    this.#abort.abort();
    await this.#run?.stop();
    await this.#turn;
    return DONE;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #step(): Promise<Next> {
    if (this.#done) return DONE;
    try {
      const isFirst = this.#opened === undefined;
      const opened = (this.#opened ??= await this.#open());
      const frame = isFirst ? opened.first : await opened.run.next();
      if (this.#cancelled()) return DONE;
      if (frame !== undefined && frame.timestamp < this.#to)
        return { done: false, value: this.#arrival(frame, opened) };
      this.#done = true;
      await opened.run.stop();
      const finished = { ...opened, frames: this.#frames, options: this.#options };
      if (frame === undefined) {
        await checkHttpEnd(finished);
        checkEnd(finished);
      } else warnOfDamage(finished);
      return DONE;
    } catch (error) {
      // An error after the cancellation is a consequence of it.
      if (this.#cancelled()) return DONE;
      this.#done = true;
      await this.#run?.stop();
      throw error;
    }
  }

  async #open(): Promise<Opened> {
    const media = await this.#media.open(this.#abort.signal);
    const { ffmpeg, input, info } = media;
    checkStart(input.name, media, this.#options);
    const { resize, onWarning } = this.#options;
    if (ffmpeg.notice !== undefined && onWarning !== undefined && !noticed.has(ffmpeg.path)) {
      noticed.add(ffmpeg.path);
      onWarning({ source: input.name, code: 'old-ffmpeg', message: ffmpeg.notice, count: 1 });
    }
    const graph = filterGraph(info, { resize, from: this.#from, orientation: input.orientation });
    for (const seek of seeks(info, this.#options.start)) {
      const { threads = threadsInQuota() } = this.#options;
      const args = decodeArguments(ffmpeg, input, graph.graph, { threads, seek });
      this.#abort.signal.throwIfAborted();
      const bytes = graph.width * graph.height * 3;
      const ahead = Math.max(1, Math.min(this.#options.readAhead ?? 1, Math.floor(MOST_AHEAD / bytes)));
      const run = new FrameRun(ffmpeg.path, args, bytes, { from: this.#from, to: this.#to, ahead });
      this.#run = run;
      const first = await run.next();
      const { firstTime } = run;
      const landed = firstTime !== undefined && this.#from !== undefined && firstTime <= this.#from;
      if (seek === undefined || landed) return { ...media, run, first, graph };
      await run.stop();
    }
    throw new Error('unreachable: the last entry of seeks() is always accepted');
  }

  #arrival({ data, timestamp }: TimedBytes, { graph: { width, height } }: Opened): Arrival<Pixels> {
    this.#frames++;
    const { resize } = this.#options;
    return { data: { width, height, channels: 3, data, ...(resize && { resized: resizeKey(resize) }) }, timestamp };
  }

  /** Behind a method, because the flag changes during an await. */
  #cancelled(): boolean {
    return this.#abort.signal.aborted;
  }
}

/** How many threads a container's quota allows. Undefined without a quota: then ffmpeg decides, by the cores that it sees. */
function threadsInQuota(): number | undefined {
  const { cores, coresLimit } = machineLimits();
  return coresLimit === undefined ? undefined : Math.min(MOST_THREADS, cores);
}

/** Refuses a `start` that is over a second after the stated end of the file; stated durations are not exact. */
function checkStart(name: string, { info }: OpenMedia, { start }: DecodeOptions): void {
  const { durationSeconds, startSeconds } = info;
  if (start === undefined || durationSeconds === undefined || start <= startSeconds + durationSeconds + 1) return;
  throw new SourceError('start-past-end', startPastEnd(name, start, info));
}

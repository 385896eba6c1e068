import { SourceError } from '../../errors/errors.ts';
import type { Arrival } from '../../flow/gate/arrival.ts';
import { brought } from '../brought.ts';
import type { Pixels } from '../../stage/pixels.ts';
import type { DecodeOptions } from './decode-options.ts';
import { findOrigin } from './find-origin.ts';
import { checkCanSample } from './can-sample.ts';
import { checkHttpEnd } from './http-end.ts';
import type { FramePicks } from './frame-picks.ts';
import type { TimedBytes } from './frame-run.ts';
import type { Media, OpenMedia } from './media.ts';
import { checkEnd, startPastEnd, warnOfDamage, warnOfTimes } from './run-end.ts';
import type { Run } from './scene-run.ts';
import { isSeekable, seeks } from './seek.ts';
import { startRun, type Beginning, type StartedRun } from './start-run.ts';

type Next = IteratorResult<Arrival<Pixels>, undefined>;

const DONE: Next = { done: true, value: undefined };

/** By how many seconds the first frame may come before the start that a file states. */
const ORIGIN_MARGIN = 1;

/** The ffmpeg binaries that a warning was given for. */
const noticed = new Set<string>();

/** What is known of a file before it is decoded. */
export interface Known {
  /** The file's time of its first frame, µs. */
  readonly origin?: number | undefined;
  /** Which frames are wanted; where ffmpeg can't print times, all come. It needs the origin. */
  readonly picks?: FramePicks | undefined;
}

interface Opened extends OpenMedia, StartedRun {
  readonly first: TimedBytes | undefined;
}

/** The frames of one pass through a file. `return()` ends the pass, and a pending `next()` with it. */
export interface DecodedFrames extends AsyncIterableIterator<Arrival<Pixels>, undefined> {
  return(): Promise<Next>;
}

/** One pass through a file. A class instead of a generator, so that `return()` can end the child while `next()` is pending. */
export class Decoding implements DecodedFrames {
  readonly #media: Media;
  readonly #options: DecodeOptions;
  readonly #abort = new AbortController();
  readonly #pending = new Set<(result: Next) => void>();
  readonly #known: Known;
  readonly #from: number | undefined;
  readonly #to: number;
  #turn: Promise<unknown> = Promise.resolve();
  #opened: Opened | undefined;
  #run: Run | undefined;
  #frames = 0;
  #done = false;

  constructor(media: Media, options: DecodeOptions, known: Known = {}) {
    this.#media = media;
    this.#known = known;
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
      let opened = (this.#opened ??= await this.#open());
      let frame = isFirst ? opened.first : await opened.run.next();
      if (opened.run.times.lacksPixels) {
        [opened, frame] = await this.#withAllPixels(opened);
        this.#opened = opened;
      }
      if (this.#cancelled()) return DONE;
      if (frame !== undefined && frame.timestamp < this.#to)
        return { done: false, value: this.#arrival(frame, opened) };
      this.#done = true;
      await opened.run.stop();
      const frames = this.#frames + opened.run.times.passedOver;
      const finished = { ...opened, frames, options: this.#options };
      if (frame === undefined) {
        await checkHttpEnd(finished);
        checkEnd(finished);
      } else warnOfDamage(finished);
      warnOfTimes(finished);
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
    checkCanSample(media, this.#options);
    const { onWarning } = this.#options;
    if (ffmpeg.notice !== undefined && onWarning !== undefined && !noticed.has(ffmpeg.path)) {
      noticed.add(ffmpeg.path);
      onWarning({ source: input.name, code: 'old-ffmpeg', message: ffmpeg.notice, count: 1 });
    }
    if (media.choice !== undefined) {
      onWarning?.({ source: input.name, code: 'stream', message: media.choice, count: 1 });
    }
    if (media.hardware?.unused !== undefined) {
      onWarning?.({ source: input.name, code: 'hwaccel', message: media.hardware.unused, count: 1 });
    }
    const origin = await this.#originOf(media);
    // Frames before this time of the file's clock are not needed. Where its origin is not known, it is not after the file's start.
    const pixelsFrom =
      this.#from === undefined || !ffmpeg.printsTimes
        ? undefined
        : this.#from + (origin ?? Math.floor((info.startSeconds - ORIGIN_MARGIN) * 1e6));
    const { start } = this.#options;
    const first = origin === undefined || start === undefined ? undefined : start + origin / 1e6;
    const picks = ffmpeg.printsTimes && origin !== undefined ? this.#known.picks : undefined;
    for (const seek of seeks(info, first)) {
      const opened = await this.#start(media, { seek, origin, pixelsFrom, picks });
      const landedAt = opened.run.times.first;
      const landed = landedAt !== undefined && this.#from !== undefined && landedAt <= this.#from;
      if (seek === undefined || landed) return opened;
      await opened.run.stop();
    }
    throw new Error('unreachable: the last entry of seeks() is always accepted');
  }

  /** Starts ffmpeg, and waits for the first picture. */
  async #start(media: OpenMedia, beginning: Beginning): Promise<Opened> {
    this.#abort.signal.throwIfAborted();
    const started = await startRun(media, this.#options, { ...beginning, from: this.#from, to: this.#to });
    this.#run = started.run;
    if (this.#cancelled()) {
      await started.run.stop();
      this.#abort.signal.throwIfAborted();
    }
    return { ...media, ...started, first: await started.run.next() };
  }

  /** The file's time of its first frame, if it has to be known before ffmpeg starts, because it is to seek or to skip frames. */
  async #originOf(media: OpenMedia): Promise<number | undefined> {
    const { start, sample } = this.#options;
    // The first key frame need not be the first frame.
    const isNeeded = sample === 'keyframes' || (start !== undefined && isSeekable(media.info));
    const { origin } = this.#known;
    if (origin !== undefined || !isNeeded) return origin;
    return findOrigin(media, this.#options, this.#abort.signal, start === undefined ? 1 : undefined);
  }

  /** Reads from the beginning again, with the pixels of all frames, up to the frame after those that were handed out. */
  async #withAllPixels({ run, ...media }: Opened): Promise<[Opened, TimedBytes | undefined]> {
    await run.stop();
    const opened = await this.#start(media, {});
    let frame = opened.first;
    for (let i = 0; i < this.#frames && frame !== undefined; i++) frame = await opened.run.next();
    return [opened, frame];
  }

  #arrival(
    { data: bytes, timestamp, scene }: TimedBytes,
    { graph: { width, height, view, finish } }: Opened,
  ): Arrival<Pixels> {
    this.#frames++;
    const decoded: Pixels = { width, height, channels: 3, data: finish(bytes), view };
    return { data: brought(decoded, this.#options.resize), timestamp, ...(scene === undefined ? {} : { scene }) };
  }

  /** Behind a method, because the flag changes during an await. */
  #cancelled(): boolean {
    return this.#abort.signal.aborted;
  }
}

/** Refuses a `start` that is over a second after the stated end of the file; stated durations are not exact. */
function checkStart(name: string, { info }: OpenMedia, options: DecodeOptions): void {
  const { durationSeconds } = info;
  const { start } = options;
  // Of files without an index, ffmpeg estimates it.
  if (start === undefined || durationSeconds === undefined || !isSeekable(info) || start <= durationSeconds + 1) return;
  throw new SourceError('start-past-end', startPastEnd(name, options, info));
}

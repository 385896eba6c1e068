import type { StoredResult } from '../../tasks/frame-result.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { SourceError } from '../../errors/errors.ts';
import type { DecodeOptions } from '../../sources/ffmpeg/decode-options.ts';
import { decode } from '../../sources/ffmpeg/decode.ts';
import { locateFfmpeg } from '../../sources/ffmpeg/locate.ts';
import { Encoder } from './encoder.ts';

/** How many results may wait for their frames before `room` asks the caller to wait. */
const MAX_WAITING = 64;

/** Which part of a video is drawn on, and how it is read. */
export type AnnotatedPart = Pick<
  DecodeOptions,
  'start' | 'end' | 'stream' | 'allowPlaylists' | 'ffmpeg' | 'toneMap' | 'maxPixels'
>;

/** Draws a result on a picture. It changes the picture's bytes. */
export type DrawResult = (picture: Pixels, result: StoredResult<object>) => void;

/**
 * A copy of a video with results drawn on its frames. It decodes the video a second time, in its original size, while it takes
 * the results in order. It keeps all frames and their times, and draws on each frame the last result that is not later.
 */
export class AnnotatedVideo {
  /** Resolves when the file is complete or deleted. Rejects if the video can't be read or the file can't be written. */
  readonly done: Promise<void>;
  readonly #waiting: StoredResult<object>[] = [];
  readonly #stop = new AbortController();
  #end: 'open' | 'whole' | 'broken' = 'open';
  #wake: () => void = () => undefined;
  #ended: () => void = () => undefined;
  readonly #ending = new Promise<void>((resolve) => {
    this.#ended = resolve;
  });
  #roomMade: (() => void) | undefined;
  #room: Promise<void> | undefined;

  constructor(source: string, path: string, draw: DrawResult, options: AnnotatedPart) {
    this.done = this.#run(source, path, draw, options);
  }

  /** Adds the next result. */
  write(result: StoredResult<object>): void {
    this.#waiting.push(result);
    this.#wake();
  }

  /** Resolves when more results may be written; undefined if they may be written now. */
  room(): Promise<void> | undefined {
    if (this.#waiting.length < MAX_WAITING || this.#stop.signal.aborted) return undefined;
    return (this.#room ??= new Promise((resolve) => {
      this.#roomMade = resolve;
    }));
  }

  /** Ends the results. If they are not `whole`, the file is deleted. */
  end(whole: boolean): void {
    // A later end(false) cancels a video that has all its results and is still being drawn.
    if (this.#end !== 'broken') this.#end = whole ? 'whole' : 'broken';
    if (this.#end === 'broken') this.#stop.abort();
    this.#ended();
    this.#wake();
  }

  async #run(source: string, path: string, draw: DrawResult, options: DecodeOptions): Promise<void> {
    let encoder: Encoder | undefined;
    try {
      const ffmpeg = await locateFfmpeg(options.ffmpeg);
      let result: StoredResult<object> | undefined;
      // On one thread, as its frames were labelled: else a damaged file may have other ones.
      for await (const { data: picture, timestamp } of decode(source, { ...options, threads: 1 })) {
        result = (await this.#resultAt(timestamp)) ?? result;
        if (this.#stop.signal.aborted) break;
        encoder ??= new Encoder(ffmpeg, path, picture);
        if (result) draw(picture, result);
        await encoder.write(picture, timestamp);
      }
      if (this.#stop.signal.aborted) await encoder?.discard();
      else await encoder?.commit();
    } catch (error) {
      this.#stop.abort();
      this.#makeRoom();
      await encoder?.discard();
      // If labelling failed to read the same source, it reports the error. Otherwise the error is reported here.
      if (error instanceof SourceError) await this.#ending;
      if (!(error instanceof SourceError && this.#end === 'broken')) throw error;
    } finally {
      this.#stop.abort();
      this.#makeRoom();
    }
  }

  /** Waits until all results up to this time are known. Returns the last one, or undefined if there is no new one. */
  async #resultAt(timestamp: number): Promise<StoredResult<object> | undefined> {
    let last: StoredResult<object> | undefined;
    for (;;) {
      while (this.#waiting[0] !== undefined && this.#waiting[0].timestamp <= timestamp) last = this.#waiting.shift();
      this.#makeRoom();
      if (last?.timestamp === timestamp || this.#waiting.length > 0 || this.#end !== 'open') return last;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #makeRoom(): void {
    if (this.#waiting.length >= MAX_WAITING && !this.#stop.signal.aborted) return;
    this.#roomMade?.();
    this.#room = this.#roomMade = undefined;
  }
}

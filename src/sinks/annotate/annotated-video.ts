import type { StoredResult } from '../../tasks/frame-result.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { SourceError } from '../../errors/errors.ts';
import type { DecodeOptions } from '../../sources/ffmpeg/decode-options.ts';
import { decode } from '../../sources/ffmpeg/decode.ts';
import { locateFfmpeg } from '../../sources/ffmpeg/locate.ts';
import { Encoder } from './encoder.ts';

/** So many results may wait for their frames: the drawing is slower than the labelling, or the other way round. */
const MOST_WAITING = 64;

/** Draws a result on a picture, in the picture's own bytes. */
export type DrawResult = (picture: Pixels, result: StoredResult<object>) => void;

/**
 * A copy of a video with results drawn on its frames: all of its frames, at their own times, with the last
 * result that was not later. Takes results in order, while it decodes the video a second time, in its own size.
 */
export class AnnotatedVideo {
  /** Resolves when the file has its name, or nothing is left of it; rejects when it can't be written or read. */
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

  constructor(
    source: string,
    path: string,
    draw: DrawResult,
    options: Pick<DecodeOptions, 'start' | 'end' | 'ffmpeg'>,
  ) {
    this.done = this.#run(source, path, draw, options);
  }

  write(result: StoredResult<object>): void {
    this.#waiting.push(result);
    this.#wake();
  }

  /** Resolves when fewer results wait; undefined while they are few. */
  room(): Promise<void> | undefined {
    if (this.#waiting.length < MOST_WAITING || this.#stop.signal.aborted) return undefined;
    return (this.#room ??= new Promise((resolve) => {
      this.#roomMade = resolve;
    }));
  }

  /** No result comes any more. What is not whole is not kept. */
  end(whole: boolean): void {
    // One that has all its results may still be long in the drawing, and not be wanted any more.
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
      for await (const { data: picture, timestamp } of decode(source, options)) {
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
      // A source that can't be read is told of where it is labelled; here only if that went well.
      if (error instanceof SourceError) await this.#ending;
      if (!(error instanceof SourceError && this.#end === 'broken')) throw error;
    } finally {
      this.#stop.abort();
      this.#makeRoom();
    }
  }

  /** The result from this time on, as soon as no earlier one can come; undefined: as before. */
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
    if (this.#waiting.length >= MOST_WAITING && !this.#stop.signal.aborted) return;
    this.#roomMade?.();
    this.#room = this.#roomMade = undefined;
  }
}

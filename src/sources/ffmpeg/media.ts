import { openInput, type MediaInput } from './input.ts';
import { locateFfmpeg, type Ffmpeg } from './locate.ts';
import { probe } from './probe.ts';
import type { VideoInfo } from './video-info.ts';

/** A file that was found and described, and the ffmpeg to read it with. */
export interface OpenMedia {
  readonly ffmpeg: Ffmpeg;
  readonly input: MediaInput;
  readonly info: VideoInfo;
}

/** A file to be described once, however many ask; a description that nobody waits for any more is given up. */
export class Media {
  readonly #where: string | URL;
  readonly #ffmpeg: string | undefined;
  #opening: { promise: Promise<OpenMedia>; abort: AbortController; waiting: number } | undefined;

  constructor(where: string | URL, ffmpeg: string | undefined) {
    this.#where = where;
    this.#ffmpeg = ffmpeg;
  }

  /** A failure is not remembered: the file may be there the next time. */
  async open(signal?: AbortSignal): Promise<OpenMedia> {
    signal?.throwIfAborted();
    const opening = (this.#opening ??= this.#start());
    opening.waiting++;
    const leave = (): void => {
      if (--opening.waiting > 0) return;
      opening.abort.abort();
      if (this.#opening === opening) this.#opening = undefined;
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await opening.promise;
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      throw error;
    } finally {
      signal?.removeEventListener('abort', leave);
      // A caller without a signal never leaves early, so the count need not be kept once it is done.
    }
  }

  #start(): { promise: Promise<OpenMedia>; abort: AbortController; waiting: number } {
    const abort = new AbortController();
    return { promise: this.#describe(abort.signal), abort, waiting: 0 };
  }

  async #describe(signal: AbortSignal): Promise<OpenMedia> {
    const [ffmpeg, input] = await Promise.all([locateFfmpeg(this.#ffmpeg), openInput(this.#where)]);
    return { ffmpeg, input, info: await probe(ffmpeg, input, signal) };
  }
}

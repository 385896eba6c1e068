import type { DecodeOptions } from './decode-options.ts';
import { tryHardware, type Hardware } from './hardware.ts';
import { checkHwaccel } from './hwaccels.ts';
import { openInput, type MediaInput } from './input.ts';
import { locateFfmpeg, type Ffmpeg } from './locate.ts';
import { MAX_PIXELS } from './pixel-limit.ts';
import { probe, type Probed } from './probe.ts';

/** A file with its description, and the ffmpeg that reads it: plain JSON. */
export interface OpenMedia extends Probed {
  readonly ffmpeg: Ffmpeg;
  readonly input: MediaInput;
  /** Absent where none is to decode the file. */
  readonly hardware?: Hardware;
}

/** Which ffmpeg reads a file, and with what hardware; which of its video streams, how large its pictures may be, and whether it may be a playlist. */
export type MediaOptions = Pick<DecodeOptions, 'ffmpeg' | 'hwaccel' | 'stream' | 'maxPixels' | 'allowPlaylists'>;

interface Opening {
  readonly promise: Promise<OpenMedia>;
  readonly abort: AbortController;
  /** How many calls wait for it. */
  waiting: number;
}

/** A file that is described once, for any number of calls. When all calls are aborted, the description is aborted. */
export class Media {
  readonly #where: string | URL;
  readonly #options: MediaOptions;
  #opening: Opening | undefined;

  /** `known`: an earlier description, maybe from another process. */
  constructor(where: string | URL, options: MediaOptions, known?: OpenMedia) {
    this.#where = where;
    this.#options = options;
    if (known) this.#opening = { promise: Promise.resolve(known), abort: new AbortController(), waiting: 0 };
  }

  /** A failure is not remembered: the file may be there the next time. */
  async open(signal?: AbortSignal): Promise<OpenMedia> {
    signal?.throwIfAborted();
    const opening = (this.#opening ??= this.#start());
    opening.waiting++;
    try {
      return await new Promise((resolve, reject) => {
        const onAbort = (): void => {
          // The last call waits until the child has ended; the others reject at once.
          if (--opening.waiting > 0) reject(signal?.reason);
          else opening.abort.abort();
        };
        signal?.addEventListener('abort', onAbort);
        opening.promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', onAbort));
      });
    } catch (error) {
      if (opening.waiting === 0 || !signal?.aborted) this.#forget(opening);
      throw error;
    }
  }

  #forget(opening: Opening): void {
    if (this.#opening === opening) this.#opening = undefined;
  }

  #start(): Opening {
    const abort = new AbortController();
    return { promise: this.#describe(abort.signal), abort, waiting: 0 };
  }

  async #describe(signal: AbortSignal): Promise<OpenMedia> {
    const { ffmpeg: named, hwaccel = 'none', stream, maxPixels = MAX_PIXELS, allowPlaylists } = this.#options;
    const limits = { maxPixels, allowPlaylists };
    const [ffmpeg, input] = await Promise.all([locateFfmpeg(named), openInput(this.#where, limits)]);
    await checkHwaccel(ffmpeg, hwaccel);
    const probed = await probe(ffmpeg, input, { stream, ...limits }, signal);
    // To open a device takes longer than to decode a picture.
    if (hwaccel === 'none' || probed.info.still) return { ffmpeg, ...probed };
    return { ffmpeg, ...probed, hardware: await tryHardware(ffmpeg, probed, hwaccel, signal) };
  }
}

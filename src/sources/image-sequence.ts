import { messageOf, SourceError } from '../errors/errors.ts';
import type { Arrival } from '../flow/gate/arrival.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { DecodeOptions } from './ffmpeg/decode-options.ts';
import { decode } from './ffmpeg/decode.ts';
import type { DecodedFrames } from './ffmpeg/decoding.ts';
import { sourceName } from './source-name.ts';

type Item = Arrival<Pixels> | undefined;
type Next = IteratorResult<Arrival<Pixels>, undefined>;

const DONE: Next = { done: true, value: undefined };

/** How pictures are decoded, and whether one that cannot be read ends the sequence. */
export interface SequenceOptions extends Pick<
  DecodeOptions,
  'resize' | 'ffmpeg' | 'toneMap' | 'maxPixels' | 'onWarning'
> {
  readonly onError?: 'stop' | 'skip';
}

/** One pass through a list of pictures. The next picture is decoded while the current one is used. */
export class ImageSequence implements AsyncIterableIterator<Arrival<Pixels>, undefined> {
  readonly #paths: readonly (string | URL)[];
  readonly #options: SequenceOptions;
  readonly #running = new Set<DecodedFrames>();
  #turn: Promise<unknown> = Promise.resolve();
  #index = 0;
  #ahead: Promise<Item> | undefined;
  #done = false;

  constructor(paths: readonly (string | URL)[], options: SequenceOptions) {
    this.#paths = paths;
    this.#options = options;
  }

  next(): Promise<Next> {
    const turn = this.#turn.then(() => this.#step());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Ends the child processes and a pending `next()`. */
  async return(): Promise<Next> {
    await this.#stop();
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
    while (!this.#done && this.#index < this.#paths.length) {
      const current = this.#ahead ?? this.#load(this.#index);
      this.#index++;
      this.#ahead = this.#index < this.#paths.length ? this.#load(this.#index) : undefined;
      // Its error is thrown when it becomes the current one.
      this.#ahead?.catch(() => undefined);
      try {
        const value = await current;
        if (value !== undefined && !this.#done) return { done: false, value };
      } catch (error) {
        if (this.#options.onError !== 'skip' || !(error instanceof SourceError)) {
          await this.#stop();
          throw error;
        }
        const source = sourceName(this.#paths[this.#index - 1] ?? '');
        this.#options.onWarning?.({ source, code: 'skipped', message: messageOf(error), count: 1 });
      }
    }
    return DONE;
  }

  async #stop(): Promise<void> {
    this.#done = true;
    await Promise.all([...this.#running].map((decoding) => decoding.return()));
  }

  async #load(index: number): Promise<Item> {
    const where = this.#paths[index];
    if (where === undefined || this.#done) return undefined;
    const { onError: _, ...options } = this.#options;
    const decoding = decode(where, options)[Symbol.asyncIterator]();
    this.#running.add(decoding);
    try {
      const { value } = await decoding.next();
      // A second next() reaches the end of a picture, where damage is reported. Of an animation the first picture is taken.
      if (value !== undefined) await decoding.next();
      return value && { data: value.data, timestamp: index * 1e6, source: sourceName(where) };
    } finally {
      await decoding.return();
      this.#running.delete(decoding);
    }
  }
}

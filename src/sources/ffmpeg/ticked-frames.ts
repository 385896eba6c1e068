import type { Arrival } from '../../flow/gate/arrival.ts';
import type { Pixels } from '../../stage/pixels.ts';
import type { DecodeOptions } from './decode-options.ts';
import type { DecodedFrames } from './decoding.ts';
import type { Media } from './media.ts';
import { NearestToTicks } from './nearest-to-ticks.ts';

type Next = IteratorResult<Arrival<Pixels>, undefined>;

const DONE: Next = { done: true, value: undefined };

/** Of the frames of one pass, those that are nearest to the ticks of `fps`. A frame is emitted when the one after it is decoded. */
export class TickedFrames implements DecodedFrames {
  readonly #frames: DecodedFrames;
  readonly #media: Media;
  readonly #options: DecodeOptions;
  readonly #choice: NearestToTicks;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting: Arrival<Pixels> | undefined;
  #chosen = 0;
  #done = false;

  constructor(frames: DecodedFrames, media: Media, options: DecodeOptions, fps: number) {
    this.#frames = frames;
    this.#media = media;
    this.#options = options;
    this.#choice = new NearestToTicks(fps, Math.round((options.start ?? 0) * 1e6));
  }

  next(): Promise<Next> {
    const turn = this.#turn.then(() => this.#step());
    this.#turn = turn.catch(() => {
      this.#done = true;
    });
    return turn;
  }

  async return(): Promise<Next> {
    this.#done = true;
    await this.#frames.return();
    await this.#turn;
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #step(): Promise<Next> {
    while (!this.#done) {
      const next = await this.#frames.next();
      const before = this.#waiting;
      if (next.done) return await this.#end();
      this.#waiting = next.value;
      if (this.#choice.push(next.value.timestamp) && before) return this.#emit(before);
    }
    return DONE;
  }

  async #end(): Promise<Next> {
    const last = this.#waiting;
    if (this.#done) return DONE;
    this.#done = true;
    const { input, info } = await this.#media.open();
    const until = Math.min(this.#options.end ?? Infinity, info.durationSeconds ?? Infinity) * 1e6;
    const isChosen = this.#choice.end(until === Infinity ? undefined : until);
    const end = isChosen && last ? this.#emit(last) : DONE;
    this.#tell(input.name);
    return end;
  }

  #emit(value: Arrival<Pixels>): Next {
    this.#chosen++;
    return { done: false, value };
  }

  #tell(name: string): void {
    const { offsets } = this.#choice;
    if (offsets === undefined) return;
    const { ticks, median, most } = offsets;
    const frames = this.#chosen === 1 ? 'one key frame' : `${this.#chosen} key frames`;
    const of = ticks === 1 ? 'one tick' : `${ticks} ticks`;
    const message = `${name}: ${frames} for ${of}, ${median} s off in the median and ${most} s at most`;
    this.#options.onWarning?.({ source: name, code: 'ticks', message, count: ticks });
  }
}

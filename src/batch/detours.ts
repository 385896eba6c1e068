import type { FrameCosts } from './frame-costs.ts';

/** A detour may cost so much of what its part costs: so much more does the job cost at most. */
const MOST_SHARE = 1 / 4;
/** Where each part had to be longer than all before it by this factor, most of the file would be one part. */
const MOST_GROWTH = 1.5;

/** The detours of decoders in a file: a part that begins between key frames needs the frames from the key frame before it. */
export class Detours {
  readonly #keys: Uint8Array;
  readonly #before: Int32Array;
  /** Whether parts may begin between key frames. */
  readonly pay: boolean;
  /** How many frames a part must have for each frame of its detour. */
  readonly #framesEach: number;
  #next = -1;

  /** `stride`: one in so many frames is computed. `after`: the size of all later files, in multiples of this file's. */
  constructor(keys: Uint8Array, { decode, compute }: FrameCosts, stride: number, after: number) {
    this.#keys = keys;
    this.#before = new Int32Array(keys.length);
    let key = 0;
    keys.forEach((isKey, i) => (this.#before[i] = key = isKey ? i : key));
    this.#framesEach = decode / (MOST_SHARE * (decode + compute / stride));
    // Later files keep the other workers at work.
    this.pay = after < 1 && compute > 0 && this.#framesEach <= MOST_GROWTH;
  }

  /** The least frames of a part that begins with this frame. */
  leastAfter(start: number): number {
    return this.pay ? (start - (this.#before[start] ?? start)) * this.#framesEach : 0;
  }

  /** The next key frame from this one on, or the end. Ask in order. */
  nextKey(from: number): number {
    if (this.#next < from) {
      const found = this.#keys.indexOf(1, from);
      this.#next = found === -1 ? this.#keys.length : found;
    }
    return this.#next;
  }
}

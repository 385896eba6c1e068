/** The size of the small grey pictures that are compared. */
export const SMALL = { width: 160, height: 90 } as const;

/** The least length of a shot, µs. What lasts less long, such as a flash, is none. */
const LEAST_SHOT = 250_000;
/** What comes nearer to the frame before a change than this share of the threshold is as before. */
const AS_BEFORE = 0.5;

/** What a frame says of the shots. */
export interface FoundCut {
  /** Whether the frame that might begin a shot does: it was followed by a shot that lasts. */
  readonly isConfirmed: boolean;
  /** This frame: `begins` a shot, maybe; shows that what might be a shot was a `flash`; or neither. */
  readonly frame: 'begins' | 'flash' | 'continues';
}

/** A change of the picture that may be a cut. */
interface Change {
  /** When the picture changed first, µs. */
  readonly since: number;
  /** When it changed last. */
  at: number;
  /** The last picture before it. */
  readonly before: Uint8Array;
}

/**
 * Finds the cuts in a video from small grey pictures of all its frames, which come in order.
 *
 * A frame that scores the threshold or more may begin a shot. It does so when 0.25 s have passed, unless the picture from before came back
 * (a flash); of several changes within this time, the last one counts.
 */
export class CutFinder {
  readonly #threshold: number;
  #last: Uint8Array | undefined;
  #lastDifference = 0;
  #shotSince = -Infinity;
  #change: Change | undefined;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  push(picture: Uint8Array, time: number): FoundCut {
    const before = this.#last;
    this.#last = picture;
    if (before === undefined) {
      this.#shotSince = time;
      return { isConfirmed: false, frame: 'continues' };
    }
    const score = this.#score(before, picture);
    const isConfirmed = this.#change !== undefined && time - this.#change.since >= LEAST_SHOT;
    if (isConfirmed) this.#shotSince = this.#change?.at ?? time;
    if (isConfirmed) this.#change = undefined;
    return { isConfirmed, frame: this.#meaning(score, { before, picture, time }) };
  }

  #meaning(score: number, { before, picture, time }: { before: Uint8Array; picture: Uint8Array; time: number }) {
    const change = this.#change;
    if (change && difference(change.before, picture) < AS_BEFORE * this.#threshold) {
      this.#change = undefined;
      return 'flash';
    }
    if (score < this.#threshold || time - this.#shotSince < LEAST_SHOT) return 'continues';
    if (change) change.at = time;
    else this.#change = { since: time, at: time, before };
    return 'begins';
  }

  /** As ffmpeg's `scdet`: a difference counts as far as it is not like the one before, as in a quick movement. */
  #score(before: Uint8Array, picture: Uint8Array): number {
    const now = difference(before, picture);
    const score = Math.min(now, Math.abs(now - this.#lastDifference));
    this.#lastDifference = now;
    return score;
  }
}

/** The mean absolute difference in percent of 256 levels. */
function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return (sum * 100) / b.length / 256;
}

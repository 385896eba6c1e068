/** A time (µs) that is further from where it is expected than this is odd. ffmpeg takes a step back by more for a new clock. */
const ODD = 100_000;
/** Where a clock may start anew, a step ahead by more than this (µs) is a new clock too: ffmpeg's `-dts_delta_threshold`. */
const LONGEST_GAP = 10_000_000;
/** The time from frame to frame (µs) until two frames have come, if the file does not say. */
const USUAL_STEP = 40_000;
/** Larger times (µs, 71 years) are no times: they would lose their last digits. */
const LARGEST = 2 ** 51;

/** What is known of a file's clock before its first frame. */
export interface ClockOptions {
  /** The file's time of its first frame, µs. Default: that of the first frame that comes. */
  readonly origin?: number | undefined;
  /** Frames per second, as the file says. */
  readonly frameRate?: number | undefined;
  /** Whether the clock may start anew by the rules of the container, as that of a broadcast. Default false. */
  readonly startsAnew?: boolean;
}

/**
 * Gives each frame of a file a time that counts from the first frame and is later than the time before it.
 *
 * A frame keeps the file's own time, less that of the first frame, where the file's clock runs on. Else:
 *
 * - A clock that starts anew goes on one frame after the last one, as with ffmpeg.
 * - A single time that is far off lies half-way between its neighbours. The frame after it tells one from the other, so
 *   a frame with an odd time waits for the next one.
 * - A time that is equal to the one before, or less than 0.1 s earlier, becomes 1 µs later than it.
 * - A frame without a time comes one frame after the last one.
 */
export class FrameClock {
  /** The file's time of the first frame, µs. Undefined until there is one. */
  origin: number | undefined;
  readonly #startsAnew: boolean;
  /** What is added to the file's times. */
  #offset: number | undefined;
  /** The newest time. */
  #last: number | undefined;
  #step: number;
  /** The file's time of the frame that waits. */
  #waiting: number | undefined;

  constructor({ origin, frameRate = 0, startsAnew = false }: ClockOptions = {}) {
    this.origin = origin;
    this.#offset = origin === undefined ? undefined : -origin;
    this.#startsAnew = startsAnew;
    this.#step = frameRate > 0 && Number.isFinite(frameRate) ? Math.max(1, Math.round(1e6 / frameRate)) : USUAL_STEP;
  }

  /** Takes the file's time of the next frame (µs; `undefined`: it has none). Returns the times that are now known: none, one or two. */
  push(given: number | undefined): readonly number[] {
    const own = given !== undefined && Math.abs(given) <= LARGEST ? given : undefined;
    const known = this.#decideWaiting(own);
    if (own !== undefined && this.#isOdd(own)) this.#waiting = own;
    else known.push(this.#accept(own));
    return known;
  }

  /** Returns the time of the frame that waits, if there is one: no more frames come. */
  end(): readonly number[] {
    return this.#decideWaiting(undefined);
  }

  #isOdd(own: number): boolean {
    const ahead = own + (this.#offset ?? NaN) - (this.#last ?? NaN);
    return ahead < -ODD || ahead > this.#step + ODD;
  }

  #accept(own: number | undefined): number {
    const last = this.#last;
    if (own === undefined) return this.#tell(last === undefined ? 0 : last + this.#step);
    // Frames without a time may come first.
    this.origin ??= own - (last === undefined ? 0 : last + this.#step);
    this.#offset ??= -this.origin;
    const time = own + (this.#offset ?? NaN);
    if (last === undefined) return this.#tell(time);
    if (time > last && !this.#isOdd(own)) this.#step = time - last;
    return this.#tell(Math.max(time, last + 1));
  }

  #decideWaiting(following: number | undefined): number[] {
    const own = this.#waiting;
    const last = this.#last;
    if (own === undefined || last === undefined) return [];
    this.#waiting = undefined;
    const time = own + (this.#offset ?? NaN);
    const next = following === undefined ? undefined : following + (this.#offset ?? NaN);
    const isBack = time <= last;
    if (next !== undefined && next > last && (isBack || next < time)) {
      return [this.#tell(Math.max(last + 1, Math.floor((last + next) / 2)))];
    }
    const goesOn = following === undefined || following >= own;
    if (goesOn && !isBack && !(this.#startsAnew && time - last > LONGEST_GAP)) return [this.#accept(own)];
    if (goesOn) this.#offset = last + this.#step - own;
    return [this.#tell(last + this.#step)];
  }

  #tell(time: number): number {
    this.#last = time;
    return time;
  }
}

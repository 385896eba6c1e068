import { FrameClock, type ClockOptions } from '../frame-clock.ts';

const MAX_LINE = 1000;

/** Which frames of a run have pixels, and which of those are needed. */
export interface TimesOptions extends ClockOptions {
  /** The time (µs) of the first frame that is needed. Default: all are. */
  readonly from?: number | undefined;
  /** ffmpeg makes pixels only of frames at or after this time (µs) of the file's clock. Default: of all frames. */
  readonly pixelsFrom?: number | undefined;
  /** The time (µs) from which no frames are needed. Default: all are needed. */
  readonly to?: number;
  /** Of which of the needed frames ffmpeg makes pixels, by their timestamps. Default: of all. */
  readonly isPicked?: ((timestamp: number) => boolean) | undefined;
}

/**
 * Reads the times that ffmpeg writes, one line for each decoded frame, and gives each frame its time by a {@link FrameClock}.
 *
 * Lines come from the filter `metadata` (`frame:0 pts:40000 pts_time:0.04`) or, of an old ffmpeg, from the format `framecrc`
 * (`0, dts, pts, duration, size, checksum`).
 */
export class TimestampReader {
  /** The times of the frames that have pixels, of which undefined is not needed. */
  readonly #times: (number | undefined)[] = [];
  /** The file's times of the frames that the clock has not decided on. */
  readonly #undecided: (number | undefined)[] = [];
  readonly #clock: FrameClock;
  readonly #from: number;
  readonly #pixelsFrom: number;
  readonly #to: number;
  readonly #isPicked: (timestamp: number) => boolean;
  #rest = '';
  /** The time of the first frame decoded, also of one before `from`. */
  first: number | undefined;
  /** The newest. */
  last = -Infinity;
  /** How many of the frames that are needed got another time than the file's. */
  repaired = 0;
  /** How many of the frames that are needed are not picked. */
  passedOver = 0;
  /** Whether a frame that is needed has no pixels: the file's clock went back behind `pixelsFrom`. */
  lacksPixels = false;

  constructor({
    from = -Infinity,
    to = Infinity,
    pixelsFrom = -Infinity,
    isPicked = () => true,
    ...clock
  }: TimesOptions = {}) {
    this.#from = from;
    this.#pixelsFrom = pixelsFrom;
    this.#to = to;
    this.#isPicked = isPicked;
    this.#clock = new FrameClock(clock);
  }

  /** How many frames with pixels have a time. */
  get ready(): number {
    return this.#times.length;
  }

  /** The file's time of the first frame, µs. */
  get origin(): number | undefined {
    return this.#clock.origin;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) {
      const given = /^frame:\S+\s+pts:(\S+)/.exec(line)?.[1] ?? /^\d+,[^,]*,([^,]*)/.exec(line)?.[1];
      if (given === undefined) continue;
      // A frame without a time has `NOPTS`.
      const own = Number.isFinite(Number(given)) ? Number(given) : undefined;
      this.#undecided.push(own);
      this.#decided(this.#clock.push(own));
    }
  }

  /** No more lines come. */
  end(): void {
    this.#decided(this.#clock.end());
  }

  /** Returns whether the next frame with pixels is not needed, and passes it over. */
  skip(): boolean {
    if (this.#times.length === 0 || this.#times[0] !== undefined) return false;
    this.#times.shift();
    return true;
  }

  take(): number | undefined {
    return this.#times.shift();
  }

  #decided(times: readonly number[]): void {
    for (const time of times) {
      const own = this.#undecided.shift();
      this.first ??= time;
      this.last = time;
      const isNeeded = time >= this.#from;
      if (isNeeded && time < this.#to && own !== undefined && time !== own - (this.origin ?? own)) this.repaired++;
      if (this.#pixelsFrom !== -Infinity && !((own ?? NaN) >= this.#pixelsFrom)) {
        if (isNeeded) this.lacksPixels = true;
      } else if (!isNeeded) this.#times.push(undefined);
      // The frame after the last needed one comes too, as the end.
      else if (time >= this.#to || this.#isPicked(time)) this.#times.push(time);
      else this.passedOver++;
    }
  }
}

/** A gap between two frames counts with at most so many ticks, evenly spread, so that no stated time makes the count long. */
const MOST_IN_GAP = 1000;

/** How far the chosen frames are from the ticks, in seconds. */
export interface TickOffsets {
  readonly ticks: number;
  readonly median: number;
  readonly most: number;
}

/** Chooses the frame nearest to each multiple of a period, among frames that come in order. Times are in µs. */
export class NearestToTicks {
  readonly #from: number;
  readonly #period: number;
  /** The first tick that has no frame yet. */
  #due = 0;
  #last: number | undefined;
  #lastIsChosen = false;
  /** How many ticks have a frame so far off; offsets have three digits, so that there are few. */
  readonly #counts = new Map<number, number>();
  #ticks = 0;

  /** `from`: the time of the first tick. */
  constructor(fps: number, from: number) {
    this.#period = 1e6 / fps;
    this.#from = from;
  }

  /** Takes the next frame. Returns whether the frame before it is chosen; false if there is none. */
  push(time: number): boolean {
    const before = this.#last;
    const isChosen = before !== undefined && (this.#give(before, (before + time) / 2) || this.#lastIsChosen);
    this.#lastIsChosen = this.#give(time, time);
    this.#last = time;
    return isChosen;
  }

  /** Returns whether the last frame is chosen. `until`: the end of the ticks, if it is known. */
  end(until: number | undefined): boolean {
    const last = this.#last;
    if (last === undefined) return false;
    const isNearest = until !== undefined && this.#give(last, until - 1);
    return isNearest || this.#lastIsChosen;
  }

  /** What the chosen frames are like. Undefined without ticks. */
  get offsets(): TickOffsets | undefined {
    const sorted = [...this.#counts].toSorted(([a], [b]) => a - b);
    const most = sorted.at(-1)?.[0];
    if (most === undefined) return undefined;
    const at = (place: number): number => sorted.find(([, count]) => (place -= count) < 0)?.[0] ?? most;
    const median = (at(Math.ceil(this.#ticks / 2) - 1) + at(Math.floor(this.#ticks / 2))) / 2;
    return { ticks: this.#ticks, median: median / 1e6, most: most / 1e6 };
  }

  /** Gives the ticks that are due up to `to` their frame. Returns whether there is one. */
  #give(frame: number, to: number): boolean {
    const first = this.#due;
    // Half a microsecond of tolerance: timestamps are rounded to whole ones.
    const next = Math.floor((to - this.#from + 0.5) / this.#period) + 1;
    if (!(next > first)) return false;
    this.#due = next;
    this.#ticks += next - first;
    const step = Math.ceil((next - first) / MOST_IN_GAP);
    for (let tick = first; tick < next; tick += step) {
      const offset = Number(Math.abs(this.#from + tick * this.#period - frame).toPrecision(3));
      this.#counts.set(offset, (this.#counts.get(offset) ?? 0) + Math.min(step, next - tick));
    }
    return true;
  }
}

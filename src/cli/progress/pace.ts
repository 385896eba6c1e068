/** The progress of one file: how many frames are done, and how many per second. */
export class Pace {
  readonly file: string;
  /** The estimated number of frames. */
  readonly total: number | undefined;
  #frames = 0;
  readonly #startedAt = performance.now();

  constructor(file: string, total: number | undefined) {
    this.file = file;
    this.total = total;
  }

  get frames(): number {
    return this.#frames;
  }

  update(frames: number): void {
    this.#frames = frames;
  }

  /** The part that is done, 0 to 1; undefined if the total is unknown. It never exceeds 1, since the total is an estimate. */
  get part(): number | undefined {
    return this.total === undefined ? undefined : Math.min(1, this.#frames / this.total);
  }

  /** Frames per second. */
  get rate(): number {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return seconds > 0 ? this.#frames / seconds : 0;
  }

  /** The remaining time, as text. */
  get eta(): string {
    if (this.total === undefined || this.#frames === 0) return '–';
    return duration(Math.max(0, this.total - this.#frames) / this.rate);
  }
}

/** Formats seconds: `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(time: number): string {
  const seconds = Math.ceil(time);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

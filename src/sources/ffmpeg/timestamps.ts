const MAX_LINE = 1000;

/** Reads presentation times out of ffmpeg's `framecrc` output: `0, dts, pts, duration, size, checksum`. */
export class TimestampReader {
  readonly #times: number[] = [];
  readonly #from: number;
  #rest = '';
  /** Of all frames decoded, also those before `from`. */
  first: number | undefined;
  /** The newest. */
  last = -Infinity;

  /** Times before `from` (µs) are passed over: no pixels come for them. */
  constructor(from = -Infinity) {
    this.#from = from;
  }

  get ready(): number {
    return this.#times.length;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) {
      if (line === '' || line.startsWith('#')) continue;
      const time = Number(line.split(',', 3)[2]);
      this.first ??= time;
      this.last = time;
      if (time >= this.#from) this.#times.push(time);
    }
  }

  take(): number | undefined {
    return this.#times.shift();
  }
}

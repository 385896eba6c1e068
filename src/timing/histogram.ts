/** Percentiles and maximum of a duration, in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

const PER_MS = 1e6;
const TEN_MINUTES = 6e11;

/** A histogram as plain JSON: the count of each value that occurred. */
export interface PackedHistogram {
  /** Nanoseconds. */
  readonly max: number;
  readonly counts: readonly (readonly [doubling: number, part: number, count: number])[];
}

/** Each doubling of time is divided into this many equal parts, so a value is at most 0.05 % off. */
const PARTS = 1024;

/**
 * Counts durations from a nanosecond to ten minutes. Its memory does not grow with their number: it is 4 KiB for each
 * doubling that occurs. NaN is ignored.
 */
export class Histogram {
  /** Counts by doubling, then by part of the doubling. */
  readonly #counts: (Uint32Array | undefined)[] = [];
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    if (Number.isNaN(ms)) return;
    const ns = Math.min(TEN_MINUTES, Math.max(1, Math.round(ms * PER_MS)));
    const doubling = Math.floor(Math.log2(ns));
    this.#add(doubling, Math.floor((ns / 2 ** doubling - 1) * PARTS), 1);
    this.#max = Math.max(this.#max, ns);
  }

  pack(): PackedHistogram {
    const counts = this.#counts.flatMap((parts, doubling) =>
      [...(parts ?? [])].flatMap((count, part) => (count > 0 ? [[doubling, part, count] as const] : [])),
    );
    return { max: this.#max, counts };
  }

  /** Adds the counts of another histogram. */
  merge({ max, counts }: PackedHistogram): void {
    for (const one of counts) this.#add(...one);
    this.#max = Math.max(this.#max, max);
  }

  percentiles(): Percentiles {
    const [p50 = 0, p95 = 0, p99 = 0] = this.#valuesAt([0.5, 0.95, 0.99]);
    return { p50, p95, p99, max: this.#max / PER_MS };
  }

  #add(doubling: number, part: number, count: number): void {
    const counts = (this.#counts[doubling] ??= new Uint32Array(PARTS));
    counts[part] = (counts[part] ?? 0) + count;
    this.#count += count;
  }

  /** The values (ms) that these shares of all durations do not exceed; `shares` must ascend. */
  #valuesAt(shares: readonly number[]): number[] {
    const values: number[] = [];
    const wanted = () => Math.max(1, Math.ceil((shares[values.length] ?? Infinity) * this.#count));
    let seen = 0;
    this.#counts.forEach((counts, doubling) =>
      counts?.forEach((count, part) => {
        seen += count;
        while (count > 0 && seen >= wanted()) {
          values.push(Math.min(this.#max, (1 + (part + 0.5) / PARTS) * 2 ** doubling) / PER_MS);
        }
      }),
    );
    return values;
  }
}

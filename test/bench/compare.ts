/** One way of doing a piece of work; `run` does it for so many frames. */
export interface Contender {
  readonly name: string;
  run(frames: number): Promise<void>;
  /** Gives up what it holds. */
  stop?(): void;
}

/** A contender's cost per frame, against the first's in the same run. */
export interface Result {
  readonly name: string;
  readonly msPerFrame: number;
  /** Median over the rounds of (this / the first one), both measured in the same round. */
  readonly ratio: number;
}

/** Runs the contenders in turn, in changing order, and gives medians; the first round warms up and does not count. */
export async function compare(contenders: readonly Contender[], frames: number, rounds: number): Promise<Result[]> {
  const times = contenders.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    const order = contenders.map((_, i) => (i + Math.max(0, round)) % contenders.length);
    for (const i of order) {
      globalThis.gc?.();
      const startedAt = performance.now();
      await contenders[i]?.run(frames);
      if (round >= 0) times[i]?.push((performance.now() - startedAt) / frames);
    }
  }
  for (const contender of contenders) contender.stop?.();
  return contenders.map(({ name }, i) => ({
    name,
    msPerFrame: median(times[i] ?? []),
    ratio: median((times[i] ?? []).map((time, round) => time / (times[0]?.[round] ?? NaN))),
  }));
}

/** The middle of a list of numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

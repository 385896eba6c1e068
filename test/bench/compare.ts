/** One way of doing a piece of work; `run` does it for so many frames. */
export interface Contender {
  readonly name: string;
  /** How many it does, where that is settled by what it works on. */
  readonly frames?: number;
  /** What it gives, where it gives something, is ms per frame, and counts instead of the time that passed. */
  run(frames: number): Promise<number | void>;
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

/**
 * Runs the contenders in turn, in changing order, and gives medians; the first round warms up and does not count, unless
 * they are to start cold. What takes its time is told on stderr as it comes.
 */
export async function compare(
  contenders: readonly Contender[],
  frames: number,
  rounds: number,
  { cold = false, unit = 'frame' } = {},
): Promise<Result[]> {
  const times = contenders.map((): number[] => []);
  for (let round = cold ? 0 : -1; round < rounds; round++) {
    const order = contenders.map((_, i) => (i + Math.max(0, round)) % contenders.length);
    for (const i of order) {
      globalThis.gc?.();
      const contender = contenders[i] as Contender;
      const startedAt = performance.now();
      const told = await contender.run(frames);
      const ms = performance.now() - startedAt;
      const each = told ?? ms / (contender.frames ?? frames);
      if (round >= 0) times[i]?.push(each);
      if (ms > 2000) console.error(`    ${contender.name}: ${each.toFixed(3)} ms/${unit}`);
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

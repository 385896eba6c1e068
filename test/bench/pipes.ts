import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EngineName } from 'sluice';
import { median } from './compare.ts';

/** What it costs to run photos through pipes, against the first way in the list. */
export interface PipesResult {
  readonly name: string;
  readonly ms: number;
  readonly rssMiB: number;
  /** The largest resident set, as a multiple of that of one photo in one pipe. */
  readonly memory: number;
  /** The time, as a multiple of that of all photos in one pipe. */
  readonly time: number;
}

interface Measured {
  readonly ms: number;
  readonly rssMiB: number;
}

const script = fileURLToPath(new URL('pipes-run.ts', import.meta.url));

/** Runs one photo, many photos in one pipe, and as many pipes of one photo, each in a new process; medians of the rounds. */
export async function concurrentPipes(engine: EngineName, photos: number, rounds: number): Promise<PipesResult[]> {
  const ways = [
    ['in one pipe', 1],
    ['in one pipe', photos],
    ['in a pipe each', photos],
  ] as const;
  const measured = ways.map((): Measured[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const i of ways.keys()) {
      const at = (i + round) % ways.length;
      const [way, count] = ways[at] ?? ways[0];
      const args = ['--import', 'tsx', script, engine, way, String(count)];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      measured[at]?.push(JSON.parse(stdout) as Measured);
    }
  }
  const over = (of: (one: Measured[]) => number, base: number) =>
    measured.map((list) => of(list) / of(measured[base] ?? []));
  const [ms, rss] = [
    (list: Measured[]) => median(list.map((one) => one.ms)),
    (list: Measured[]) => median(list.map((one) => one.rssMiB)),
  ];
  const [time, memory] = [over(ms, 1), over(rss, 0)];
  return ways.map(([way, count], i) => ({
    name: `${count} photo${count > 1 ? 's' : ''} ${way}`,
    ms: ms(measured[i] ?? []),
    rssMiB: rss(measured[i] ?? []),
    memory: memory[i] ?? NaN,
    time: time[i] ?? NaN,
  }));
}

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { randomFrom } from '../support/random.ts';
import type { Input } from './input.ts';
import { mutated } from './mutate.ts';
import { targetNamed } from './targets/index.ts';

/** What the process that reads inputs is given, as JSON. */
export interface Plan {
  readonly target: string;
  readonly seed: number;
  /** The number of the first input, and the one after the last. */
  readonly first: number;
  readonly end: number;
  readonly folder: string;
  readonly forbidden: string;
}

/** What it tells. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'begin'; readonly run: number }
  | { readonly type: 'end'; readonly run: number; readonly outcome: string }
  | { readonly type: 'finding'; readonly run: number; readonly what: string };

/** Something that must not happen, and the input that it happened with. */
export interface FoundFault {
  readonly target: string;
  readonly seed: number;
  readonly run: number;
  readonly what: string;
}

/** How long to go on, and where findings are kept. */
export interface FuzzOptions {
  readonly seed: number;
  /** How many inputs are read. */
  readonly runs: number;
  /** Stops after this time. Default: never. */
  readonly seconds?: number | undefined;
  /** A folder to work in, which nothing else changes meanwhile. */
  readonly folder: string;
  /** An input hangs when it takes longer, in milliseconds. Default: a minute. */
  readonly hangMs?: number;
  /** The folder in which inputs of findings are written. */
  readonly findings: string;
}

/** What came of one target. */
export interface FuzzOutcome {
  readonly runs: number;
  /** How many inputs were read, and how many were refused with which code. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: readonly FoundFault[];
}

const MINUTE = 60_000;

/** The input of a run: it depends on the seed and the number alone. */
export function inputOf(
  seeds: readonly Input[],
  { seed, run, forbidden }: { readonly seed: number; readonly run: number; readonly forbidden: string },
): Input {
  return mutated(seeds, forbidden, randomFrom(seed * 1_000_003 + run));
}

/** Reads mutated inputs of one target in a process of its own, which is replaced when it dies or hangs. */
export async function fuzz(target: string, options: FuzzOptions): Promise<FuzzOutcome> {
  const { seed, runs, seconds = Infinity, hangMs = MINUTE, folder, findings } = options;
  await targetNamed(target);
  const outcomes: Record<string, number> = {};
  const faults: FoundFault[] = [];
  const found = (run: number, what: string): void => void faults.push({ target, seed, run, what });
  const home = mkdtempSync(path.join(folder, `${target}-`));
  const inside = path.join(home, 'inputs');
  for (const name of ['inputs', 'home']) mkdirSync(path.join(home, name));
  // One for all targets: tsx keeps there what it compiled.
  const tmp = path.join(folder, 'tmp');
  mkdirSync(tmp, { recursive: true });
  let [done, current] = [0, -1];

  const server = createServer((request, response) => {
    found(current, `it connected to a server: ${request.url}`);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const forbidden = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Whatever leaves its folder by `..` or by a relative name ends up in one of these.
  const expected: readonly [string, RegExp][] = [
    [folder, new RegExp(`^(tmp$|${target}-)`)],
    [home, /^inputs$/],
    [path.join(home, 'home'), /^$/],
    [inside, /^input-/],
  ];
  const watchers = expected.map(([place, names]) =>
    watch(place, (_event, name) => {
      if (!names.test(name ?? '')) found(current, `it touched ${path.join(place, name ?? '')}`);
    }),
  );

  const until = performance.now() + seconds * 1000;
  while (done < runs && performance.now() < until) {
    const plan: Plan = { target, seed, first: done, end: runs, folder: inside, forbidden };
    const { VITEST: _, ...outside } = process.env;
    const places = { TMPDIR: tmp, HOME: path.join(home, 'home') };
    const env = { ...outside, ...places, TSX_TSCONFIG_PATH: path.resolve('tsconfig.json') };
    const child = fork(path.join(import.meta.dirname, 'child.ts'), [JSON.stringify(plan)], {
      execArgv: ['--import', import.meta.resolve('tsx')],
      cwd: places.HOME,
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const end = await follow(child, { until, hangMs }, (report) => {
      if (report.type === 'begin') current = report.run;
      if (report.type === 'finding') found(report.run, report.what);
      if (report.type === 'end') outcomes[report.outcome] = (outcomes[report.outcome] ?? 0) + 1;
      if (report.type === 'end' || report.type === 'finding') done = Math.max(done, report.run + 1);
    });
    if (end === 'stopped' || end === 'complete') break;
    if (current < done) throw new Error(`the target ${target} does not start: ${end}`);
    found(current, end);
    done = current + 1;
  }
  for (const watcher of watchers) watcher.close();
  server.close();
  server.closeAllConnections();
  await keep(faults, forbidden, findings);
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  return { runs: done, outcomes, faults };
}

/** Waits until the process ends. It is killed when it hangs, or when the time is over. */
async function follow(
  child: ChildProcess,
  { until, hangMs }: { until: number; hangMs: number },
  listen: (report: Report) => void,
): Promise<string> {
  let [stderr, why] = ['', ''];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-2000)));
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        why = `it hung for ${hangMs / 1000} s`;
        child.kill('SIGKILL');
      },
      isReading ? hangMs : MINUTE,
    );
  };
  let isReading = false;
  wait();
  child.on('message', (report: Report) => {
    isReading = report.type === 'begin';
    wait();
    listen(report);
    if (performance.now() < until) return;
    why = 'stopped';
    child.kill('SIGKILL');
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  if (why !== '') return why;
  return code === 0 ? 'complete' : `ended with ${signal ?? code}: ${stderr}`;
}

/** Writes the inputs of findings, each with what was found. */
async function keep(faults: readonly FoundFault[], forbidden: string, findings: string): Promise<void> {
  for (const { target, seed, run, what } of faults) {
    const folder = path.join(findings, `${target}-${seed}-${run}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'what.txt'), `${what}\n`);
    const seeds = await (await targetNamed(target)).seeds(forbidden);
    for (const [name, bytes] of Object.entries(inputOf(seeds, { seed, run: Math.max(0, run), forbidden }))) {
      const file = path.join(folder, 'input', name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
  }
}

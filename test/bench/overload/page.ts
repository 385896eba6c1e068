// One way to label a camera with a network that is slower than it, for some seconds, and what that is like for the page.
import { useEngine, type EngineName } from 'sluice';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { WASM_PATHS } from '../../browser/support/wasm-paths.ts';
import { frameClock } from './frame-clock.ts';
import { detecting } from './detecting.ts';
import { plainLoop, type Setting, type Watched } from './plain-loop.ts';
import { piped } from './piped.ts';

/** What is to be done. */
export interface Task {
  readonly how: 'plain' | 'page' | 'worker' | 'page-boxes' | 'worker-boxes';
  readonly engine: EngineName;
  readonly seconds: number;
}

/** What came of it; milliseconds. */
export interface Outcome {
  /** Of each labelled frame: from when an idle page would have had it to its result. */
  readonly ages: readonly number[];
  /** What the network, with all that belongs to it, took for each. */
  readonly services: readonly number[];
  /** Between one frame of the camera and the next. */
  readonly interval: number;
  /** Between one frame of the page and the next. */
  readonly paints: readonly number[];
  readonly labels: Readonly<Record<string, number>>;
}

async function run({ how, engine, seconds }: Task): Promise<Outcome> {
  if (!how.startsWith('worker')) await useEngine(engine, { wasmPaths: WASM_PATHS });
  const clock = frameClock();
  const { results, paints } = await watched(how, { engine, clock, ms: seconds * 1000 });
  return {
    ages: results.map(({ timestamp, at }) => clock.age(timestamp, at)),
    services: results.map(({ service }) => service),
    interval: clock.interval(),
    paints,
    labels: countedBy(results.map((result) => result.label)),
  };
}

async function watched(how: Task['how'], setting: Omit<Setting, 'net'>): Promise<Watched> {
  if (how === 'page-boxes' || how === 'worker-boxes') {
    // The page's engine runs the model once when it is read.
    await useEngine('wasm', { wasmPaths: WASM_PATHS });
    return detecting(how === 'worker-boxes' ? 'worker' : 'page', setting);
  }
  const net = await mobilenetV1();
  return (how === 'plain' ? plainLoop : piped(how))({ net, ...setting });
}

function countedBy(labels: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

Object.assign(globalThis, { run });

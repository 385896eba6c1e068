import { useEngine } from '../engines/engine.ts';
import { messageOf, SluiceError } from '../errors/errors.ts';
import { loadModel } from '../models/named-model.ts';
import { toNdjson } from '../sinks/formats/ndjson.ts';
import type { Task } from '../tasks/task.ts';
import { batchSizeFor } from './batch-size.ts';
import { describeInput, type Input } from './inputs.ts';
import type { JobEvent } from './job-event.ts';
import { StageHistograms } from '../timing/stage-times.ts';
import { Labeller, type Labelled } from './labeller.ts';
import type { Segment } from './segment.ts';
import type { Outcome, PartTask, Ready, WorkerTask } from './worker-task.ts';
import { PartStore, type PartWriter } from './part-store.ts';

// The terminal's Ctrl-C reaches this process too, but it is the parent's to decide what follows from it.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
// No handler would leave the decoder behind for a moment.
process.on('SIGTERM', () => process.exit(143));
// The parent is gone, however that came.
process.on('disconnect', () => process.exit(1));

const TELL_EVERY_MS = 200;
/** Frames; what they leave behind is a few megabytes by then. */
const COLLECT_EVERY = 500;

interface Prepared {
  readonly ready: Ready;
  readonly labeller: Labeller;
  readonly task: Task;
}

let prepared: Promise<Prepared> | undefined;
/** Over all parts. */
let frames = 0;

/** What a worker of the pool does: gets ready, and labels one part after the other. */
export default async function work(task: WorkerTask): Promise<Ready | Outcome> {
  try {
    const own = await (prepared ??= prepare(task));
    return task.type === 'part' ? await labelPart(own, task) : own.ready;
  } catch (error) {
    return failed(error, task.type !== 'part');
  }
}

async function prepare({ options }: WorkerTask): Promise<Prepared> {
  const warnings: string[] = [];
  const [model, engine] = await Promise.all([
    loadModel(options, (message) => warnings.push(message)),
    useEngine(options.engine, { threads: 1, stageTimes: 'profile' }),
  ]);
  const batch = options.batch ?? batchSizeFor(model, engine.name);
  const labeller = new Labeller(model, options, batch);
  labeller.open();
  return { ready: { type: 'ready', engine, batch, warnings }, labeller, task: model.task };
}

async function labelPart(
  { labeller, task }: Prepared,
  { segment, input, media, folder, options }: PartTask,
): Promise<Outcome> {
  const startedAt = performance.now();
  refuseOther(input);
  const { timings = false } = options;
  const part = new PartStore(folder).write(segment);
  const teller = new Teller(segment);
  const times = new StageHistograms();
  let [account, writeMs]: [Labelled | undefined, number] = [undefined, 0];
  try {
    account = await labeller.label(segment, media, {
      onFrame() {
        teller.count('frames');
        if (++frames % COLLECT_EVERY === 0) globalThis.gc?.();
      },
      onResult(result) {
        const at = performance.now();
        part.write(toNdjson(result, { task, timings }));
        teller.count('labelled');
        writeMs += performance.now() - at;
        times.add(result.timings);
      },
    });
  } catch (error) {
    part.discard();
    return broken(error, segment.expected !== undefined);
  }
  const { expected } = segment;
  const asPromised = account.seen.frames === expected?.frames && account.seen.digest === expected.digest;
  if (expected && !(asPromised && account.warnings.length === 0)) {
    part.discard();
    return { type: 'unfit' };
  }
  const at = performance.now();
  commit(part, input, account);
  const now = performance.now();
  const took = { wallMs: now - startedAt, writeMs: writeMs + now - at };
  return { type: 'done', account, times: times.pack(), rest: teller.rest, ...took };
}

function commit(part: PartWriter, input: Input, account: Labelled): void {
  try {
    refuseOther(input);
  } catch (error) {
    part.discard();
    throw error;
  }
  part.commit(account);
}

/** Results of a file that was changed on the way would be of neither the old nor the new one. */
function refuseOther(input: Input): void {
  const { bytes, modified } = describeInput(input.name);
  if (bytes === input.bytes && modified === input.modified) return;
  const what =
    bytes === null ? 'no such file any more: it was there when the job began' : 'it was changed while the job ran';
  throw new SluiceError('changed', `${input.name}: ${what}`);
}

/** Tells the parent how far a part is, now and then; `rest` is what it has not told yet. */
class Teller {
  rest = { frames: 0, labelled: 0 };
  readonly #segment: Segment;
  #last = performance.now();

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  count(what: 'frames' | 'labelled'): void {
    this.rest[what]++;
    const now = performance.now();
    if (now - this.#last < TELL_EVERY_MS) return;
    this.#last = now;
    const { file, part } = this.#segment;
    process.send?.({ type: 'progress', file, part, ...this.rest } satisfies JobEvent);
    this.rest = { frames: 0, labelled: 0 };
  }
}

/** Ends that may have come from outside, and may not come again. */
const BY_CHANCE = new Set(['decode-failed', 'probe-failed', 'bad-ffmpeg', 'timeout']);
/** Nothing to do with where a part begins. */
const OF_THE_FILE = new Set(['not-found', 'not-a-file', 'empty', 'unreadable', 'changed', 'output', ...BY_CHANCE]);

function broken(error: unknown, hadPromise: boolean): Outcome {
  const code = error instanceof SluiceError ? error.code : '';
  return hadPromise && code !== '' && !OF_THE_FILE.has(code) ? { type: 'unfit' } : failed(error, false);
}

function failed(error: unknown, fatal: boolean): Outcome {
  const isOurs = error instanceof SluiceError;
  const code = isOurs ? error.code : 'bug';
  const message = isOurs
    ? error.message
    : error instanceof Error
      ? (error.stack ?? messageOf(error))
      : messageOf(error);
  return { type: 'failed', code, message, again: BY_CHANCE.has(code), fatal: fatal || code === 'output' };
}

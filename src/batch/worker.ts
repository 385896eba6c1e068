import { useEngine } from '../engines/engine.ts';
import { SluiceError } from '../errors/errors.ts';
import { engineOf } from '../models/engine-of.ts';
import { loadModel } from '../models/named-model.ts';
import { ndjsonWriter } from '../sinks/formats/ndjson.ts';
import type { Task } from '../tasks/task.ts';
import { StageHistograms } from '../timing/stage-times.ts';
import { batchSizeFor, macsOf } from './batch-size.ts';
import { sameFrames } from './frame-digest.ts';
import { describeInput, type Input } from './inputs.ts';
import { PixelLimitError } from '../sources/ffmpeg/pixel-limit.ts';
import { Labeller } from './labeller.ts';
import type { PartAccount } from './part-account.ts';
import type { PartWriter } from './part-file.ts';
import { extraPictureBytes, SMALL_PICTURE_PIXELS } from './memory.ts';
import { PartStore } from './part-store.ts';
import { ProgressReporter } from './progress-reporter.ts';
import { failedPart, failedTask } from './task-failure.ts';
import type { PartOutcome, PartTask, WorkerReady, WorkerTask } from './worker-task.ts';

// Ctrl-C in a terminal also signals this process. The main process decides what happens then.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Exiting here ends the decoder too. Without a handler it would run on for a moment.
process.on('SIGTERM', () => process.exit(143));
// The main process has ended.
process.on('disconnect', () => process.exit(1));

/** The worker collects garbage after this many frames: by then it has a few megabytes of it. */
const FRAMES_PER_COLLECTION = 500;

interface LoadedModel {
  readonly ready: WorkerReady;
  readonly labeller: Labeller;
  readonly task: Task;
}

let loading: Promise<LoadedModel> | undefined;
/** The frames of all parts so far. */
let frames = 0;

/** Runs a task in a worker process: loads the model once, and labels one part after the other. */
export default async function work(task: WorkerTask): Promise<WorkerReady | PartOutcome> {
  try {
    const model = await (loading ??= load(task));
    return task.type === 'part' ? await labelPart(model, task) : model.ready;
  } catch (error) {
    return failedTask(error, task.type !== 'part');
  }
}

async function load({ options }: WorkerTask): Promise<LoadedModel> {
  const warnings: string[] = [];
  const [model, engine] = await Promise.all([
    loadModel(options, (message) => warnings.push(message)),
    useEngine(options.engine, { threads: 1, stageTimes: 'profile' }),
  ]);
  const batch = options.batch ?? (options.skipStill === undefined ? batchSizeFor(model, engine.name) : 1);
  const labeller = new Labeller(model, options, batch);
  labeller.open();
  return {
    ready: {
      type: 'ready',
      engine: engineOf(model, engine),
      batch,
      macs: macsOf(model),
      warnings,
      task: model.task.spec,
    },
    labeller,
    task: model.task,
  };
}

async function labelPart(
  { labeller, task }: LoadedModel,
  { part, input, media, maxPixels, mayBeLarge, folder, options }: PartTask,
): Promise<PartOutcome> {
  const startedAt = performance.now();
  checkUnchanged(input);
  const lines = ndjsonWriter({ task, timings: options.timings ?? false }).open();
  const writer = new PartStore(folder).write(part, input);
  const progress = new ProgressReporter(part);
  const times = new StageHistograms();
  let [account, writeMs]: [PartAccount | undefined, number] = [undefined, 0];
  try {
    account = await labeller.label(
      part,
      {
        location: input.location,
        known: media,
        maxPixels: mayBeLarge ? maxPixels : Math.min(maxPixels, SMALL_PICTURE_PIXELS),
      },
      {
        onFrame() {
          progress.count('frames');
          if (++frames % FRAMES_PER_COLLECTION === 0) globalThis.gc?.();
        },
        onResult(result) {
          const at = performance.now();
          writer.write(lines.write(result));
          progress.count('labelled');
          writeMs += performance.now() - at;
          times.add(result.timings);
        },
      },
    );
  } catch (error) {
    writer.discard();
    if (error instanceof PixelLimitError && error.pixels <= maxPixels) {
      return { type: 'large', size: `${error.width}x${error.height}`, bytes: extraPictureBytes(error) };
    }
    return failedPart(
      error instanceof PixelLimitError ? error.withLimit(maxPixels) : error,
      part.expected !== undefined,
    );
  }
  if (part.expected && (!sameFrames(account.seen, part.expected) || account.warnings.length > 0)) {
    writer.discard();
    return { type: 'frames-differ' };
  }
  if (part.seconds !== undefined) account = { ...account, seconds: part.seconds };
  const at = performance.now();
  commit(writer, input, account);
  const now = performance.now();
  const took = { wallMs: now - startedAt, writeMs: writeMs + now - at };
  return { type: 'done', account, times: times.pack(), rest: progress.rest, ...took };
}

function commit(writer: PartWriter, input: Input, account: PartAccount): void {
  try {
    checkUnchanged(input);
  } catch (error) {
    writer.discard();
    throw error;
  }
  writer.commit(account);
}

/** Throws if the file has changed since the job began: its results would mix the old file and the new one. */
function checkUnchanged(input: Input): void {
  const { bytes, modified } = describeInput(input.name);
  if (bytes === input.bytes && modified === input.modified) return;
  const what =
    bytes === null ? 'no such file: it was deleted while the job ran' : 'the file was changed while the job ran';
  throw new SluiceError('changed', `${input.name}: ${what}`);
}

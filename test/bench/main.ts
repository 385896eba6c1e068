// npm run bench: sluice against loops written by hand and against tfjs's own model formats, in one run; medians, ratios.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { useEngine, type EngineName } from 'sluice';
import { alexnetFile, batchCommand, bound, detectorBatch, longClip, SAMPLE_FRAMES, type Bound } from './batch.ts';
import { byHand } from './by-hand.ts';
import { compare, median, type Contender, type Result } from './compare.ts';
import { decoderCosts } from './decoder-costs.ts';
import { drawing } from './drawing.ts';
import { instructions, int8 } from './int8.ts';
import { lags } from './live/lag.ts';
import { memoryOver } from './memory.ts';
import { lenet5, mobilenet, type Subject } from './networks.ts';
import { loop, piped } from './overhead.ts';
import { asGraph, asLayers } from './peers.ts';
import { concurrentPipes } from './pipes.ts';
import { postProcessing } from './post-processing.ts';
import { sampledBatches, sampling } from './sampling.ts';
import { serialLayers, serialOnnxRuntime, serialOnnxWeb, serialWasm } from './serial.ts';
import { taskOverhead } from './task-overhead.ts';
import { BATCH, trainings } from './training.ts';
import { fromFileToLabel } from './video.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    video: { type: 'string' },
    batch: { type: 'boolean' },
    live: { type: 'boolean' },
    pipes: { type: 'boolean' },
    training: { type: 'boolean' },
    tasks: { type: 'boolean' },
    sampling: { type: 'boolean' },
    int8: { type: 'boolean' },
    rounds: { type: 'string' },
  },
});
const scale = options.quick ? 0.3 : 1;
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node ${process.version}, tfjs ${tf.version_core}`;
const report: Record<string, unknown> = { machine };

function show(title: string, results: readonly Result[], unit = 'frame'): void {
  report[title] = results;
  if (options.json) return;
  console.log(`\n${title}`);
  for (const { name, msPerFrame, ratio } of results) {
    console.log(`  ${name.padEnd(42)} ${msPerFrame.toFixed(4).padStart(10)} ms/${unit}   × ${ratio.toFixed(3)}`);
  }
}

async function measure(engine: EngineName, subject: Subject, frames: number, rounds: number): Promise<void> {
  await useEngine(engine);
  const { name, shape } = subject;
  const forward = byHand(subject);
  const [layers, graph] = [asLayers(subject), await asGraph(subject)];
  const [count, turns] = [Math.max(1, Math.round(frames * scale)), Math.max(3, Math.round(rounds * scale))];
  show(
    `${name}, ${engine}, no readback`,
    await compare([loop('hand-written tfjs loop', shape, forward, false), piped(subject, false)], count, turns),
  );
  show(
    `${name}, ${engine}, scores read back and the best class found`,
    await compare(
      [
        loop('hand-written tfjs loop', shape, forward, true),
        piped(subject, true),
        piped(subject, true, false),
        loop('tfjs-layers predict', shape, layers, true),
        loop('tfjs GraphModel execute', shape, graph, true),
      ],
      count,
      turns,
    ),
  );
}

async function labelled(file: string): Promise<void> {
  const { contenders, frames } = await fromFileToLabel(file);
  const title = `From file to label, ${file}, ${frames} frames, MobileNet v1`;
  show(title, await compare(contenders, frames, options.quick ? 3 : 7));
}

/** `npm run build` first: the command is the built one. */
async function batched(): Promise<void> {
  const [long, middle, short] = options.quick ? [4, 4, 4] : [36, 12, 4];
  const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
  const bounds: Bound[] = [];
  const native: Contender[] = [
    await serialOnnxRuntime(await longClip(long), long * SAMPLE_FRAMES),
    batchCommand(long, 'onnxruntime'),
    {
      name: 'the bound',
      async run() {
        bounds.push(await bound(middle));
        return bounds.at(-1)?.ms;
      },
    },
  ];
  show(
    `onnxruntime, ${long * SAMPLE_FRAMES} frames of 640×360, MobileNet v1`,
    await compare(native, 0, rounds, { cold: true }),
  );
  report['bounds'] = bounds;
  if (!options.json) {
    const [decoding, computing] = [median(bounds.map((b) => b.decodeMs)), median(bounds.map((b) => b.computeMs))];
    console.log(`  (the bound: ${decoding.toFixed(2)} ms of CPU for decoding, ${computing.toFixed(2)} for computing)`);
  }
  // The slowest by hand go over less of the same: they take as long for each frame.
  const [all, some] = [long * SAMPLE_FRAMES, short * SAMPLE_FRAMES];
  const slow = [
    await serialWasm(await longClip(long), all),
    await serialLayers(await longClip(short), some),
    await serialOnnxWeb(await longClip(short), some),
    batchCommand(long, 'wasm'),
    batchCommand(long, 'onnxruntime'),
  ];
  show(`wasm, ${all} frames of 640×360, MobileNet v1`, await compare(slow, 0, rounds, { cold: true }));
  for (const groups of [2, 1] as const) {
    const alexnet = ['--model', await alexnetFile(groups)];
    const batches = [['--batch', '1'], []].map((more) => batchCommand(middle, 'onnxruntime', [...alexnet, ...more]));
    const title = `AlexNet, ${groups === 2 ? 'in two groups' : 'one tower'}, one by one and in batches`;
    show(title, await compare(batches, 0, rounds, { cold: true }));
  }
}

/** How old results are where a live source is faster than the model. */
async function live(): Promise<void> {
  const [seconds, ms] = [options.quick ? 8 : 20, 150];
  const bound = 2 * ms + 50;
  const rows = (await lags(seconds, ms)).map(({ ages, ...rest }) => {
    const sorted = ages.toSorted((a, b) => a - b);
    const within = ages.filter((age) => age <= bound).length / ages.length;
    const [p50, max] = [sorted[sorted.length >> 1] ?? NaN, sorted.at(-1) ?? NaN];
    return { ...rest, results: ages.length, p50, max, last: ages.at(-1) ?? NaN, within };
  });
  report['A live source'] = rows;
  if (options.json) return;
  console.log(`\nA live source of 20 frames/s and a model of ${ms} ms, ${seconds} s; limit: ${bound} ms`);
  for (const { name, results, produced, replaced, p50, max, last, within } of rows) {
    const ages = [p50, max, last].map((age) => age.toFixed(0).padStart(6)).join(' ');
    const share = `${(100 * within).toFixed(0)} %`.padStart(6);
    console.log(
      `  ${name.padEnd(34)} p50, max, last ms: ${ages}, within ${share}, ${results} of ${produced}, ${replaced} replaced`,
    );
  }
}

async function piped20(): Promise<void> {
  for (const engine of ['wasm', 'onnxruntime'] as const) {
    const results = await concurrentPipes(engine, 20, Number(options.rounds ?? (options.quick ? 3 : 7)));
    report[`Pipes, ${engine}`] = results;
    if (options.json) continue;
    console.log(`\nPipes of one model, MobileNet v1, ${engine}`);
    for (const { name, ms, rssMiB, memory, time } of results) {
      const memories = `${rssMiB.toFixed(0).padStart(5)} MiB  × ${memory.toFixed(2)}`;
      console.log(`  ${name.padEnd(24)} ${ms.toFixed(0).padStart(6)} ms  × ${time.toFixed(2)}   ${memories}`);
    }
  }
}

/** Training in Node, in CPU time. */
async function trained(): Promise<void> {
  const rounds = Number(options.rounds ?? (options.quick ? 3 : 7));
  const { results, losses, apart, layersOnWasm } = await trainings(rounds);
  show(`Training LeNet-5, batches of ${BATCH}, adam, cross entropy; CPU time`, results, 'step');
  report['Training, losses'] = { losses, apart };
  report['Training, tfjs-layers on wasm'] = layersOnWasm;
  if (options.json) return;
  const told = [losses[0], losses.at(-1)].map((loss) => loss?.toFixed(4)).join(' to ');
  console.log(
    `  (all learn the same: losses from ${told} in ${losses.length} steps, at most ${apart.toExponential(0)} apart)`,
  );
  console.log(`  (tfjs-layers on wasm: ${layersOnWasm})`);
}

/** Reading boxes, tasks beside loops, drawing, and a batch of a detector. `npm run build` first: the command is the built one. */
async function tasks(): Promise<void> {
  const rounds = Number(options.rounds ?? (options.quick ? 7 : 31));
  await useEngine('cpu');
  for (const [title, results] of await postProcessing(rounds)) show(title, results);
  for (const [title, results] of await taskOverhead(options.quick ? 10 : 40, Math.min(rounds, 9))) show(title, results);
  const few = Math.min(rounds, options.quick ? 1 : 3);
  show('30 boxes drawn on video of 1080p, from file to file', await drawing(few));
  show('sluice batch of COCO-SSD on wasm, 1,120 frames of 640×360', await detectorBatch(4, few));
}

/** Decoding fewer frames: a frame a second, key frames, and what decoders cost. `npm run build` first: the command is the built one. */
async function sampled(): Promise<void> {
  const rounds = Number(options.rounds ?? (options.quick ? 3 : 7));
  const costs = await decoderCosts(rounds);
  report['Decoders'] = costs;
  if (!options.json) console.table(costs);
  for (const [title, results] of await sampledBatches(rounds)) show(title, results, 'video');
  for (const [title, results] of await sampling(rounds)) show(title, results, 'video');
}

/** MobileNet v1 with integers of 8 bits beside floats. */
async function quantized(): Promise<void> {
  report['instructions'] = instructions();
  if (!options.json) console.log(instructions());
  show(...(await int8(Number(options.rounds ?? (options.quick ? 5 : 21)))));
}

/** What is measured alone, where it is asked for. */
const alone: readonly (readonly [asked: unknown, measured: () => Promise<void>])[] = [
  [options.sampling, sampled],
  [options.int8, quantized],
  [options.tasks, tasks],
  [options.training, trained],
  [options.live, live],
  [options.pipes, piped20],
  [options.batch, batched],
  [options.video, () => labelled(String(options.video))],
];
if (!options.json) console.log(machine);
const chosen = alone.find(([asked]) => asked !== undefined);
if (chosen) {
  await chosen[1]();
  if (options.json) console.log(JSON.stringify(report, null, 2));
  process.exit();
}
await measure('wasm', lenet5(), 1000, 31);
await measure('wasm', await mobilenet(), 20, 15);
await measure('cpu', lenet5(), 100, 15);
await measure('cpu', await mobilenet(), 1, 3);
await labelled('samples/cockatoo.mp4');

await useEngine('wasm');
const memory = await memoryOver(lenet5(), [2000, 5000, 10_000, 20_000]);
report['Memory, LeNet-5, wasm'] = memory;
if (options.json) console.log(JSON.stringify(report, null, 2));
else {
  console.log('\nMemory, LeNet-5, wasm');
  for (const { frames, rssMiB, tensors } of memory) {
    console.log(`  after ${String(frames).padStart(6)} frames   ${rssMiB.toFixed(1)} MiB resident, ${tensors} tensors`);
  }
}

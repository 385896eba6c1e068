// npm run bench: sluice against loops written by hand, side by side in one run; medians and ratios.
import { parseArgs } from 'node:util';
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { useEngine } from 'sluice';
import { compare, type Result } from './compare.ts';
import { memoryOver } from './memory.ts';
import { lenet5, lenet5ByHand, mobilenet } from './networks.ts';
import { handWrittenLoop, piped } from './overhead.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, rounds: { type: 'string', default: '15' } },
});
const rounds = Number(options.rounds);
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node ${process.version}, tfjs ${tf.version_core}`;
const report: Record<string, unknown> = { machine };

function show(title: string, results: readonly Result[]): void {
  report[title] = results;
  if (options.json) return;
  console.log(`\n${title}`);
  for (const { name, msPerFrame, ratio } of results) {
    console.log(`  ${name.padEnd(34)} ${msPerFrame.toFixed(4).padStart(10)} ms/frame   × ${ratio.toFixed(3)}`);
  }
}

if (!options.json) console.log(machine);
await useEngine('wasm');
const lenet = [1, 28, 28, 1];
const large = [1, 224, 224, 3];
const byHand = lenet5ByHand();
const mobile = await mobilenet();
for (const read of [false, true]) {
  const what = read ? 'scores read back and the best class named' : 'no readback';
  show(
    `LeNet-5, wasm, ${what}`,
    await compare(
      [handWrittenLoop(lenet, byHand, read), piped(lenet, lenet5().parts.map(({ stage }) => stage), read)],
      2000,
      rounds,
    ),
  );
  show(
    `MobileNet v1, wasm, ${what}`,
    await compare(
      [handWrittenLoop(large, mobile.byHand, read), piped(large, mobile.net.pipeline.parts.map(({ stage }) => stage), read)],
      20,
      rounds,
    ),
  );
}
const memory = await memoryOver(lenet5(), lenet, [2000, 5000, 10_000, 20_000, 50_000, 100_000]);
report['Memory, LeNet-5, wasm'] = memory;
if (options.json) console.log(JSON.stringify(report, null, 2));
else {
  console.log('\nMemory, LeNet-5, wasm');
  for (const { frames, rssMiB, tensors } of memory) {
    console.log(`  after ${String(frames).padStart(6)} frames   ${rssMiB.toFixed(1)} MiB resident, ${tensors} tensors`);
  }
}

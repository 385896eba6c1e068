// Prints what COCO-SSD takes of a core's time, in ms per frame, on wasm: the graph alone, run by the converter, and its outputs read back.
import * as tf from '@tensorflow/tfjs-core';
import { useEngine } from 'sluice';
import { pullModel } from 'sluice/node';
import { COCO_SSD } from './coco-ssd-nodes.ts';
import { plainGraph } from './plain-graph.ts';

const [WARM_UP, RUNS] = [3, 60];
await useEngine('wasm');
const graph = await plainGraph(await pullModel('coco-ssd'));
const picture = Float32Array.from({ length: 300 * 300 * 3 }, (_, i) => (i * 7919) % 255);
async function once(): Promise<void> {
  const input = tf.tensor4d(picture, [1, 300, 300, 3]);
  const outputs = graph.execute({ [COCO_SSD.input]: input }, [...COCO_SSD.outputs]) as tf.Tensor[];
  for (const output of outputs) await output.data();
  tf.dispose([input, ...outputs]);
}
for (let i = 0; i < WARM_UP; i++) await once();
const before = process.cpuUsage();
for (let i = 0; i < RUNS; i++) await once();
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000 / RUNS);
process.exit();

import type { GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, Subject, take } from 'rxjs';
import { frameSource, infer, NamedTensors, useEngine, type Model, type Pixels } from 'sluice';
import { pullModel } from 'sluice/node';
import { cocoSsd } from 'sluice/pipelines/coco-ssd';
import { movenet } from 'sluice/pipelines/movenet';
import { selfie } from 'sluice/pipelines/selfie';
import { randomFrom } from '../support/random.ts';
import { COCO_SSD } from './coco-ssd-nodes.ts';
import { compare, type Contender, type Result } from './compare.ts';
import { plainGraph } from './plain-graph.ts';
import { Supply } from './supply.ts';

/** A downloaded model, and how a loop runs its graph. */
interface Downloaded {
  readonly name: string;
  readonly file: string;
  readonly model: Model<object, object>;
  /** The node that takes the picture, and those that are read; none: the only ones. */
  readonly input?: string;
  readonly outputs?: readonly string[];
  /** The values that 0 and 255 become: 0 and this one. */
  readonly white: number;
}

async function subjects(): Promise<Downloaded[]> {
  const [boxes, mask, points] = [await pullModel('coco-ssd'), await pullModel('selfie'), await pullModel('movenet')];
  return [
    {
      ...{ name: 'detection, COCO-SSD', file: boxes, model: await cocoSsd(boxes), white: 255 },
      ...COCO_SSD,
    },
    { name: 'segmentation, selfie', file: mask, model: await selfie(mask), white: 1 },
    { name: 'keypoints, MoveNet', file: points, model: await movenet(points), white: 255 },
  ];
}

/** A picture of the size that the network takes, so that nobody resizes it. */
function pictureFor({ preprocess: { width, height } }: Model<object, object>): Pixels {
  const random = randomFrom(3);
  return { width, height, channels: 3, data: Uint8Array.from({ length: 3 * width * height }, () => 256 * random()) };
}

/** Counts the CPU time of a run, which other work on the machine changes less. */
function inCpuTime(run: (frames: number) => Promise<void>): (frames: number) => Promise<number> {
  return async (frames) => {
    const before = process.cpuUsage();
    await run(frames);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / frames;
  };
}

/** The loop people write, with the graph as the converter runs it. What it reads is read as sluice reads it: the same post-processing. */
function byHand({ name, model, input, outputs, white }: Downloaded, graph: GraphModel, picture: Pixels): Contender {
  const { width, height } = picture;
  const reader = model.task.reader(model.labels);
  const view = { size: picture, source: picture, left: 0, top: 0, scaleX: 1, scaleY: 1 };
  const node = input ?? graph.inputNodes[0] ?? '';
  const names = outputs ?? graph.outputNodes;
  const type = graph.inputs.find((one) => one.name === node.split(':')[0])?.dtype;
  return {
    name: `${name}: a loop by hand`,
    run: inCpuTime(async (frames) => {
      for (let frame = 0; frame < frames; frame++) {
        const pixels = tf.tensor4d(new Float32Array(picture.data), [1, height, width, 3]);
        const scaled = white === 255 ? pixels : tf.div(pixels, 255 / white);
        const given = type === 'int32' ? tf.cast(scaled, 'int32') : scaled;
        const read = graph.execute({ [node]: given }, [...names]);
        const all = Array.isArray(read) ? read : [read];
        const named = new NamedTensors(Object.fromEntries(names.map((one, i) => [one, all[i] as tf.Tensor])));
        await reader.read(all.length > 1 ? named : (all[0] as tf.Tensor), view);
        tf.dispose([pixels, scaled, given, ...all]);
      }
    }),
  };
}

/** `infer(model)`, subscribed to once, before it is timed. */
function ours({ name, model }: Downloaded, picture: Pixels): Contender {
  const supply = new Supply(() => picture);
  const delivered = new Subject<void>();
  const subscription = frameSource(supply, { source: 'bench' })
    .pipe(infer(model))
    .subscribe({ next: () => delivered.next(), error: (error: unknown) => delivered.error(error) });
  return {
    name: `${name}: infer(model)`,
    run: inCpuTime(async (count) => {
      const done = lastValueFrom(delivered.pipe(take(count)));
      supply.give(count);
      await done;
    }),
    stop: () => subscription.unsubscribe(),
  };
}

/** What a task costs beside the same model in a loop, on wasm. */
export async function taskOverhead(frames: number, rounds: number): Promise<ReadonlyMap<string, readonly Result[]>> {
  await useEngine('wasm');
  const results = new Map<string, readonly Result[]>();
  for (const subject of await subjects()) {
    const picture = pictureFor(subject.model);
    const graph = await plainGraph(subject.file);
    const contenders = [byHand(subject, graph, picture), ours(subject, picture)];
    results.set(`${subject.name}, wasm`, await compare(contenders, frames, rounds));
    graph.dispose();
  }
  return results;
}

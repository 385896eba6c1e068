import * as tf from '@tensorflow/tfjs-core';
import { detection, NamedTensors, type DetectionOutputs } from 'sluice';
import { randomFrom } from '../support/random.ts';
import { compare, type Contender, type Result } from './compare.ts';

const OBJECTS = 30;
const VIEW = {
  size: { width: 640, height: 640 },
  source: { width: 1280, height: 720 },
  ...{ left: 0, top: -280, scaleX: 2, scaleY: 2 },
};

/** Outputs of a detector: most boxes are of no object, and each object has a few that overlap. */
interface Outputs {
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
  readonly count: number;
  readonly classes: number;
}

function outputsOf(count: number, classes: number): Outputs {
  const random = randomFrom(7);
  const boxes = Float32Array.from({ length: 4 * count }, (_, i) => (i % 4 < 2 ? 0.8 * random() : 0.1 + 0.1 * random()));
  const scores = Float32Array.from({ length: count * classes }, () => 0.05 * random());
  for (let object = 0; object < OBJECTS; object++) {
    for (let copy = 0; copy < 5; copy++) {
      const box = Math.floor(random() * count);
      for (let side = 0; side < 4; side++) boxes[4 * box + side] = (boxes[4 * object + side] ?? 0) + 0.005 * random();
      scores[box * classes + (object % classes)] = 0.6 + 0.3 * random();
    }
  }
  return { boxes, scores, count, classes };
}

/** What is commonly written by hand: the best class of each box, then the suppression of tfjs for each class. */
function byHand({ boxes, scores, count, classes }: Outputs): Contender {
  const corners = Float32Array.from({ length: 4 * count }, (_, i) => {
    const at = i - (i % 4);
    const [y = 0, x = 0, height = 0, width = 0] = boxes.subarray(at, at + 4);
    return [y, x, y + height, x + width][i % 4] ?? 0;
  });
  return {
    name: 'by hand, with tf.image.nonMaxSuppression',
    async run(frames) {
      for (let frame = 0; frame < frames; frame++) {
        const found = new Map<number, number[]>();
        for (let box = 0; box < count; box++) {
          let best = 0;
          for (let index = 1; index < classes; index++) {
            if ((scores[box * classes + index] ?? 0) > (scores[box * classes + best] ?? 0)) best = index;
          }
          if ((scores[box * classes + best] ?? 0) >= 0.5) found.set(best, [...(found.get(best) ?? []), box]);
        }
        for (const [index, own] of found) {
          const places = tf.tensor2d(
            own.flatMap((box) => [...corners.subarray(4 * box, 4 * box + 4)]),
            [own.length, 4],
          );
          const ranks = tf.tensor1d(own.map((box) => scores[box * classes + index] ?? 0));
          const kept = await tf.image.nonMaxSuppressionAsync(places, ranks, 100, 0.5, 0.5);
          await kept.data();
          tf.dispose([places, ranks, kept]);
        }
      }
    },
  };
}

/** The reader of `detection()`, over the same numbers as the head gives them. */
function ours(name: string, outputs: Record<string, tf.Tensor>, settings: DetectionOutputs): Contender {
  const reader = detection(settings).reader(undefined);
  const tensors = Object.keys(outputs).length === 1 ? Object.values(outputs)[0] : new NamedTensors(outputs);
  return {
    name,
    async run(frames) {
      for (let frame = 0; frame < frames; frame++) await reader.read(tensors as tf.Tensor, VIEW);
    },
  };
}

/** The time of reading boxes out of a detector's outputs, which are in memory already. */
export async function postProcessing(rounds: number): Promise<ReadonlyMap<string, readonly Result[]>> {
  const results = new Map<string, readonly Result[]>();
  for (const [title, count, classes, isYolo] of [
    ['COCO-SSD: 1,917 boxes, 90 classes', 1917, 90, false],
    ['YOLO: 8,400 boxes, 80 classes', 8400, 80, true],
  ] as const) {
    const outputs = outputsOf(count, classes);
    const { boxes, scores } = outputs;
    const at = (box: number, number: number) => boxes[4 * box + number] ?? 0;
    const head: [Record<string, tf.Tensor>, DetectionOutputs] = isYolo
      ? [
          {
            output: tf.tensor3d(
              Float32Array.from({ length: (4 + classes) * count }, (_, i) => {
                const [number, box] = [Math.floor(i / count), i % count];
                if (number >= 4) return scores[box * classes + number - 4] ?? 0;
                const [y, x, height, width] = [at(box, 0), at(box, 1), at(box, 2), at(box, 3)];
                return 640 * ([x + width / 2, y + height / 2, width, height][number] ?? 0);
              }),
              [1, 4 + classes, count],
            ),
          },
          { head: 'yolo-v8' },
        ]
      : [
          {
            boxes: tf.tensor3d(
              Float32Array.from(
                { length: 4 * count },
                (_, i) => at(Math.floor(i / 4), i % 4) + (i % 4 < 2 ? 0 : at(Math.floor(i / 4), (i % 4) - 2)),
              ),
              [1, count, 4],
            ),
            scores: tf.tensor3d(scores, [1, count, classes]),
          },
          { head: 'ssd' },
        ];
    results.set(title, await compare([byHand(outputs), ours('detection()', ...head)], 20, rounds));
    tf.dispose(head[0]);
  }
  return results;
}

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { constantOf, readTensor } from '../../../src/models/onnx/stored-tensor.ts';
import type { Candidates } from '../../../src/tasks/detection/candidates.ts';
import { suppress } from '../../../src/tasks/detection/suppress.ts';
import { BACKEND_CASES } from '../../models/onnx/backend-cases.ts';

type Box = readonly [left: number, top: number, right: number, bottom: number];

function candidates(boxes: readonly Box[], scores: readonly number[], classes: readonly number[] = []): Candidates {
  return { corners: boxes.flat(), scores: [...scores], classes: scores.map((_, i) => classes[i] ?? 0) };
}

/** The intersection over union by counting, for boxes of whole numbers: the pixels that are in both, and in any. */
function counted(a: Box, b: Box): number {
  let [both, any] = [0, 0];
  const within = ([left, top, right, bottom]: Box, x: number, y: number) =>
    x >= left && x < right && y >= top && y < bottom;
  for (let y = 0; y < 12; y++) {
    for (let x = 0; x < 12; x++) {
      both += Number(within(a, x, y) && within(b, x, y));
      any += Number(within(a, x, y) || within(b, x, y));
    }
  }
  return any === 0 ? 0 : both / any;
}

/** The definition, step by step: take the best of those left, remove it and all that overlap it. */
function naive(
  boxes: readonly Box[],
  scores: readonly number[],
  classes: readonly number[],
  iou: number,
  each: boolean,
) {
  let left = scores.map((_, i) => i);
  const kept: number[] = [];
  while (left.length > 0) {
    const best = left.reduce((a, b) => ((scores[b] ?? 0) > (scores[a] ?? 0) ? b : a));
    kept.push(best);
    left = left.filter((other) => {
      if (other === best) return false;
      if (each && classes[other] !== classes[best]) return true;
      return counted(boxes[best]!, boxes[other]!) <= iou;
    });
  }
  return kept;
}

const side = fc
  .tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 6 }))
  .map(([from, length]) => [from, Math.min(12, from + length)] as const);
const box = fc.tuple(side, side).map(([[left, right], [top, bottom]]): Box => [left, top, right, bottom]);

test('keeps what a step-by-step implementation that counts pixels keeps', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(box, fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 })), { maxLength: 30 }),
      fc.constantFrom(0, 0.1, 0.3, 0.45, 0.5, 0.7, 1),
      fc.boolean(),
      (all, iou, perClass) => {
        const [boxes, scores, classes] = [all.map(([b]) => b), all.map(([, s]) => s / 20), all.map(([, , c]) => c)];
        const kept = suppress(candidates(boxes, scores, classes), { iou, perClass, maxDetections: 100 });
        expect(kept).toEqual(naive(boxes, scores, classes, iou, perClass));
      },
    ),
  );
});

describe('of boxes', () => {
  const [a, b, far]: readonly Box[] = [
    [0, 0, 10, 10],
    [0, 1, 10, 11],
    [20, 20, 30, 30],
  ];

  it('the worse of two that overlap is removed, the first of equal ones stays', () => {
    const settings = { iou: 0.5, perClass: true, maxDetections: 10 };
    expect(suppress(candidates([a!, b!, far!], [0.8, 0.9, 0.7]), settings)).toEqual([1, 2]);
    expect(suppress(candidates([a!, b!], [0.8, 0.8]), settings)).toEqual([0]);
  });

  it('those whose overlap is exactly the limit stay', () => {
    // 90 of 110.
    for (const [iou, count] of [
      [90 / 110, 2],
      [90 / 110 - 1e-9, 1],
    ] as const) {
      const kept = suppress(candidates([a!, b!], [0.9, 0.8]), { iou, perClass: true, maxDetections: 10 });
      expect(kept).toHaveLength(count);
    }
  });

  it('other classes are compared only if they are to be', () => {
    const two = candidates([a!, b!], [0.9, 0.8], [3, 4]);
    expect(suppress(two, { iou: 0.5, perClass: true, maxDetections: 10 })).toEqual([0, 1]);
    expect(suppress(two, { iou: 0.5, perClass: false, maxDetections: 10 })).toEqual([0]);
  });

  it('no more than the most are kept, and none of none', () => {
    const settings = { iou: 0.5, perClass: true, maxDetections: 1 };
    expect(suppress(candidates([a!, far!], [0.1, 0.2]), settings)).toEqual([1]);
    expect(suppress(candidates([], []), settings)).toEqual([]);
  });

  it('boxes without an area overlap nothing', () => {
    const flat: Box = [5, 5, 5, 5];
    const settings = { iou: 0, perClass: true, maxDetections: 10 };
    expect(suppress(candidates([flat, flat, a!], [0.9, 0.8, 0.7]), settings)).toEqual([0, 1, 2]);
  });

  it('10,000 that do not overlap cost no more than those that are kept', () => {
    const many = Array.from({ length: 10_000 }, (_, i): Box => [2 * i, 0, 2 * i + 1, 1]);
    const scores = many.map((_, i) => (i * 7919) % 10_000);
    const kept = suppress(candidates(many, scores), { iou: 0.5, perClass: true, maxDetections: 100 });
    expect(kept.map((i) => scores[i])).toEqual(Array.from({ length: 100 }, (_, i) => 9999 - i));
  });
});

/** Of ONNX's cases those of one picture whose boxes are corners in order. */
const CASES = [
  'identical_boxes',
  'limit_output_size',
  'single_box',
  'suppress_by_IOU',
  'suppress_by_IOU_and_scores',
  'two_classes',
];

describe.skipIf(!existsSync(BACKEND_CASES))('ONNX’s own cases of NonMaxSuppression', () => {
  it.each(CASES)('%s', (name) => {
    const folder = path.join(BACKEND_CASES, `test_nonmaxsuppression_${name}`, 'test_data_set_0');
    const read = (file: string) => {
      const { shape, data } = constantOf(name, readTensor(name, readFileSync(path.join(folder, file))), undefined);
      return { shape, data: Array.from(data, Number) };
    };
    const [boxes, scores, most, iou, least] = [0, 1, 2, 3, 4].map((i) => read(`input_${i}.pb`));
    const [, classes = 0, count = 0] = scores!.shape;
    const selected: number[][] = [];
    for (let index = 0; index < classes; index++) {
      const own = Array.from({ length: count }, (_, i) => i).filter(
        (i) => scores!.data[index * count + i]! > least!.data[0]!,
      );
      const corners = own.map((i): Box => {
        const [top, left, bottom, right] = boxes!.data.slice(4 * i, 4 * i + 4);
        return [left!, top!, right!, bottom!];
      });
      const list = candidates(
        corners,
        own.map((i) => scores!.data[index * count + i]!),
      );
      const kept = suppress(list, { iou: iou!.data[0]!, perClass: true, maxDetections: most!.data[0]! });
      selected.push(...kept.map((i) => [0, index, own[i]!]));
    }
    const expected = read('output_0.pb');
    expect(selected.flat()).toEqual(expected.data);
    expect(selected.length).toBe(expected.shape[0]);
  });
});

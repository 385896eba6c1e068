import { describe, expect, it, test } from 'vitest';
import { OptionError, ShapeError } from 'sluice';
import type { Wanted } from '../../../src/tasks/detection/candidates.ts';
import { checkOutputs, type DetectionOutputs } from '../../../src/tasks/detection/detection-outputs.ts';
import { findHead } from '../../../src/tasks/detection/heads/find-head.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;
type Data = Readonly<Record<string, readonly number[]>>;

const ALL: Wanted = { minScore: 0.5, width: 100, height: 200, isWanted: () => true };

function decode(
  shapes: Shapes,
  data: Data,
  settings: DetectionOutputs = {},
  wanted: Partial<Wanted> = {},
  labels?: number,
) {
  const head = findHead(shapes, checkOutputs(settings), labels);
  const outputs = head.names.map((name) => ({ shape: shapes[name]!, data: Float32Array.from(data[name]!) }));
  const { corners, scores, classes } = head.decode(outputs, { ...ALL, ...wanted });
  return {
    corners: corners.map((x) => Math.round(x * 1e3) / 1e3),
    scores: scores.map((x) => Math.round(x * 1e4) / 1e4),
    classes,
  };
}

describe('boxes and scores apart', () => {
  const BOXES = [0.1, 0.2, 0.5, 0.6, 0, 0, 1, 1];
  const SCORES = [0.1, 0.9, 0.2, 0.6, 0.3, 0.7];

  it('as TensorFlow’s SSD gives them begin at the top', () => {
    const shapes = { 'Postprocessor/ExpandDims_1': [1, 2, 1, 4], 'Postprocessor/Slice': [1, 2, 3] };
    const data = { 'Postprocessor/ExpandDims_1': BOXES, 'Postprocessor/Slice': SCORES };
    const expected = { corners: [20, 20, 60, 100, 0, 0, 100, 200], scores: [0.9, 0.7], classes: [1, 2] };
    expect(decode(shapes, data)).toEqual(expected);
    expect(decode(shapes, data, { head: 'ssd' })).toEqual(expected);
  });

  it('as UltraFace gives them begin at the left, and have a background', () => {
    const shapes = { scores: [1, 2, 3], boxes: [1, 2, 4] };
    const result = decode(shapes, { scores: SCORES, boxes: BOXES }, { head: 'corners', background: 2 });
    expect(result).toEqual({ corners: [10, 40, 50, 120, 0, 0, 100, 200], scores: [0.9, 0.6], classes: [1, 0] });
  });

  it('of a box give its best class, or each that is good enough', () => {
    const shapes = { boxes: [1, 2, 4], scores: [1, 2, 3] };
    const all = decode(
      shapes,
      { boxes: BOXES, scores: SCORES },
      { head: 'corners', multiLabel: true, units: 'pixels' },
    );
    expect([all.scores, all.classes]).toEqual([
      [0.9, 0.6, 0.7],
      [1, 0, 2],
    ]);
    expect(all.corners.slice(0, 4)).toEqual([0.1, 0.2, 0.5, 0.6]);
  });

  it('of classes that are not wanted are not read', () => {
    const shapes = { boxes: [1, 2, 4], scores: [1, 2, 3] };
    const result = decode(
      shapes,
      { boxes: BOXES, scores: SCORES },
      { head: 'ssd' },
      { isWanted: (index) => index === 0 },
    );
    expect([result.scores, result.classes]).toEqual([[0.6], [0]]);
  });

  it('before they are decoded are offsets from anchors', () => {
    const anchors = [
      [0.5, 0.5, 0.2, 0.4],
      [0.1, 0.1, 0.1, 0.1],
    ] as const;
    // y 1/10 of 0.4 down, x 2/10 of 0.2 to the right; e^(ln 2) of the height.
    const offsets = [1, 2, 5 * Math.log(2), 0, 0, 0, 0, 0];
    const logits = [-9, Math.log(4), 9, -9];
    const shapes = { loc: [1, 2, 4], conf: [1, 2, 2] };
    const result = decode(shapes, { loc: offsets, conf: logits }, { head: 'ssd-raw', anchors, background: 0 });
    // Centre (0.54, 0.54), size 0.2 × 0.8.
    expect(result).toEqual({ corners: [44, 28, 64, 188], scores: [0.8], classes: [1] });
  });

  it('may begin at the top or at the left: which, has to be said', () => {
    const call = () => findHead({ boxes: [1, 2, 4], scores: [1, 2, 3] }, {}, 3);
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(
      "needs detection({ head: 'ssd' or 'corners' }) for outputs boxes [1, 2, 4], scores [1, 2, 3] and 3 labels",
    );
  });

  it('of four classes are told apart by their names', () => {
    const data = { detection_boxes: BOXES, other: [0, 0, 0, 0.9, 0, 0, 0, 0] };
    const shapes = { other: [1, 2, 4], detection_boxes: [1, 2, 4] };
    expect(decode(shapes, data, { head: 'ssd' }).classes).toEqual([3]);
    expect(() => findHead({ a: [1, 2, 4], b: [1, 2, 4] }, { head: 'ssd' }, undefined)).toThrow(ShapeError);
  });
});

describe('grids of cells, as YuNet has them', () => {
  // 32×16 pixels: 4×2 cells of 8 pixels, and 2×1 cells of 16.
  const shapes = {
    ...{ cls_8: [1, 8, 1], obj_8: [1, 8, 1], bbox_8: [1, 8, 4], kps_8: [1, 8, 10] },
    ...{ bbox_16: [1, 2, 4], cls_16: [1, 2, 1], obj_16: [1, 2, 1] },
  };
  const zeros = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      Array.from({ length: shape.reduce((a, b) => a * b) }, () => 0),
    ]),
  );
  const at = (place: number, ...numbers: number[]) => [...Array.from({ length: place }, () => 0), ...numbers];
  const data = {
    ...zeros,
    // The cell in column 2 of row 1: the centre is at (2.5, 1.25) cells, the size 1 × 2 cells.
    ...{ cls_8: at(6, 0.9, 0), obj_8: at(6, 0.4, 0), bbox_8: at(24, 0.5, 0.25, 0, Math.log(2), 0, 0, 0, 0) },
    ...{ cls_16: [0, 1.5], obj_16: [0, 1], bbox_16: at(4, 0, 0.5, 0, 0) },
  };

  it('have boxes around their cells, and the root of two scores', () => {
    const result = decode(shapes, data, {}, { width: 32, height: 16 });
    expect(result).toEqual({
      corners: [16, 2, 24, 18, 8, 0, 24, 16],
      scores: [0.6, 1],
      classes: [0, 0],
    });
    expect(decode(shapes, data, { head: 'yunet' }, { width: 32, height: 16, isWanted: () => false }).scores).toEqual(
      [],
    );
  });

  it('may have logits as scores', () => {
    const logits = { ...data, cls_8: at(6, 2, -9), obj_8: at(6, 0, -9) };
    const { scores } = decode(shapes, logits, { fromLogits: true }, { width: 32, height: 16, minScore: 0.6 });
    // √(σ(2) · σ(0)), and √(σ(1.5) · σ(1)).
    expect(scores).toEqual([0.6636, 0.7731]);
    expect(() => checkOutputs({ head: 'yunet', units: 'relative' })).toThrow(
      'the boxes of the head yunet are in pixels',
    );
  });

  it('need a box and two scores for each cell, and one class', () => {
    const { cls_16: _, ...without } = shapes;
    expect(() => findHead(without, { head: 'yunet' }, 1)).toThrow('needs cls_8 [1, N, 1], obj_8 [1, N, 1], bbox_8');
    expect(() => findHead({ ...shapes, obj_8: [1, 9, 1] }, {}, 1)).toThrow(ShapeError);
    expect(() => findHead(shapes, {}, 2)).toThrow(ShapeError);
    expect(() => decode(shapes, { ...data, obj_16: [NaN, 1] }, {}, { width: 32 })).toThrow(
      'a score of a box is not a number',
    );
  });
});

test('boxes after non-maximum suppression are as many as the model says', () => {
  const shapes = {
    num_detections: [1],
    detection_classes: [1, 3],
    detection_scores: [1, 3],
    detection_boxes: [1, 3, 4],
  };
  const data = {
    num_detections: [2],
    detection_classes: [7, 1, 1],
    detection_scores: [0.9, 0.4, 0.99],
    detection_boxes: [0, 0, 0.5, 0.5, 0, 0, 1, 1, 0, 0, 1, 1],
  };
  expect(decode(shapes, data)).toEqual({ corners: [0, 0, 50, 100], scores: [0.9], classes: [7] });
  expect(decode(shapes, data, {}, { minScore: 0 }).classes).toEqual([7, 1]);
  const { num_detections: _, ...others } = shapes;
  expect(decode(others, data, {}, { minScore: 0 }).classes).toEqual([7, 1, 1]);
});

test('outputs beside those after non-maximum suppression are not read', () => {
  const shapes = {
    raw_detection_boxes: [1, 9, 4],
    raw_detection_scores: [1, 9, 2],
    detection_anchor_indices: [1, 1],
    detection_boxes: [1, 1, 4],
    detection_classes: [1, 1],
    detection_multiclass_scores: [1, 1, 2],
    detection_scores: [1, 1],
    num_detections: [1],
  };
  const head = findHead(shapes, {}, undefined);
  expect(head.names).toEqual(['detection_boxes', 'detection_scores', 'detection_classes', 'num_detections']);
});

describe('one output', () => {
  /** 9 boxes of 2 classes, of which number 4 has a good one. */
  const v8 = (i: number) => (i === 4 ? [50, 100, 20, 40, 0.3, 0.75] : [1, 1, 1, 1, 0.1, 0.2]);

  it('of YOLO 8 has a row for each number', () => {
    const rows = Array.from({ length: 6 }, (_, number) => Array.from({ length: 9 }, (_none, i) => v8(i)[number]!));
    const expected = { corners: [40, 80, 60, 120], scores: [0.75], classes: [1] };
    expect(decode({ '': [1, 6, 9] }, { '': rows.flat() })).toEqual(expected);
    const turned = Array.from({ length: 9 }, (_, i) => v8(i)).flat();
    expect(decode({ '': [1, 9, 6] }, { '': turned }, { head: 'yolo-v8' })).toEqual(expected);
    const relative = { head: 'yolo-v8', units: 'relative' } as const;
    const small = turned.map((x, i) => (i % 6 < 4 ? x / 100 : x));
    expect(decode({ '': [1, 9, 6] }, { '': small }, relative).corners).toEqual([40, 160, 60, 240]);
  });

  it('of YOLO 5 multiplies the score of a class with that of an object', () => {
    const rows = Array.from({ length: 9 }, (_, i) =>
      i === 4 ? [50, 100, 20, 40, 0.8, 0.3, 0.75] : [1, 1, 1, 1, 0.1, 0.9, 0.9],
    );
    const expected = { corners: [40, 80, 60, 120], scores: [0.6], classes: [1] };
    expect(decode({ '': [1, 9, 7] }, { '': rows.flat() }, {}, {}, 2)).toEqual(expected);
    expect(decode({ '': [1, 9, 7] }, { '': rows.flat() }, { head: 'yolo-v5' })).toEqual(expected);
  });

  it('of YOLO 5 in logits has an object in logits, too', () => {
    const row = [50, 100, 20, 40, Math.log(4), -9, Math.log(3)];
    const rows = Array.from({ length: 9 }, (_, i) => (i === 4 ? row : [1, 1, 1, 1, -9, 0, 0]));
    const settings = { head: 'yolo-v5', fromLogits: true } as const;
    // 4/5 · 3/4.
    expect(decode({ '': [1, 9, 7] }, { '': rows.flat() }, settings)).toMatchObject({ scores: [0.6], classes: [1] });
  });

  it.each([[[1, 2, 6]], [[2, 6]]])('of complete boxes is %j', (shape) => {
    const data = { '': [10, 20, 30, 40, 0.9, 5, 0, 0, 1, 1, 0.2, 6] };
    const expected = { corners: [10, 20, 30, 40], scores: [0.9], classes: [5] };
    expect(decode({ '': shape }, data)).toEqual(expected);
  });

  it.each([
    ["'yolo-v5' or 'yolo-v8'", [1, 25_200, 85], undefined],
    ["'yolo-v5' or 'yolo-v8'", [1, 6300, 6], undefined],
  ] as const)('that may be of %s is refused: %j', (heads, shape, labels) => {
    expect(() => findHead({ '': shape }, {}, labels)).toThrow(
      `needs detection({ head: ${heads} }) for outputs [${shape.join(', ')}]`,
    );
  });

  it.each([
    [[1, 25_200, 85], 80, false],
    [[1, 25_200, 85], 81, false],
    [[1, 84, 8400], 80, false],
    [[1, 84, 8400], undefined, false],
    [[1, 6300, 6], 1, false],
    [[1, 300, 6], 80, true],
    [[1, 300, 6], undefined, true],
  ] as const)('of %j is clear with %s labels', (shape, labels, isSuppressed) => {
    const head = findHead({ '': shape }, {}, labels);
    expect(head.isSuppressed).toBe(isSuppressed);
    if (labels !== undefined && !isSuppressed) expect(head.classes).toBe(labels);
  });
});

describe('what no head has', () => {
  it.each([
    [{ '': [1, 1000] }, {}, 'needs the outputs of a detector, but got [1, 1000], which no head has'],
    [{ '': [1, 7, 7, 255] }, {}, 'got [1, 7, 7, 255]'],
    [{ '': [2, 300, 6] }, {}, 'got [2, 300, 6]'],
    [{ a: [1, 10, 4], b: [1, 11, 3] }, {}, 'got a [1, 10, 4], b [1, 11, 3]'],
    [{ a: [1, 10, 4], b: [1, 10, 3], c: [1, 1] }, {}, 'give head, one of ssd, ssd-raw,'],
    [
      { '': [1, 1000] },
      { head: 'yolo-v8' },
      'needs one output [1, 4 + classes, N] or [1, N, 4 + classes] for the head yolo-v8',
    ],
    [{ '': [1, 10, 7] }, { head: 'boxes' }, 'needs one output [1, N, 6] or [N, 6] for the head boxes'],
    [
      { a: [1, 3, 4], b: [1, 3, 2] },
      { head: 'ssd-raw', anchors: [[0, 0, 1, 1]] },
      'with N anchors for the head ssd-raw',
    ],
  ] as const)('is refused: %j %j', (shapes, settings, message) => {
    const call = () => findHead(shapes, settings, undefined);
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  it('a score that is not a number is an error, wherever it is', () => {
    const shapes = { boxes: [1, 2, 1, 4], scores: [1, 2, 2] };
    const data = { boxes: [0, 0, 1, 1, 0, 0, 1, 1], scores: [0.1, NaN, 0.9, 0.1] };
    for (const multiLabel of [false, true]) {
      expect(() => decode(shapes, data, { multiLabel })).toThrow('a score of a box is not a number');
    }
    expect(() => decode({ '': [1, 6] }, { '': [0, 0, 1, 1, NaN, 0] })).toThrow('a score of a box is not a number');
    // One that is not wanted is not read.
    expect(decode(shapes, data, {}, { isWanted: (index) => index === 0 }).scores).toEqual([0.9]);
  });

  it.each([NaN, -1])('a class of %s is an error', (index) => {
    const call = () => decode({ '': [1, 6] }, { '': [0, 0, 1, 1, 0.9, index] });
    expect(call).toThrow(`the class of a box is ${index}, which is no number of a class`);
  });

  it('logits beyond all numbers are 0 and 1', () => {
    const shapes = { boxes: [1, 2, 1, 4], scores: [1, 2, 2] };
    const data = { boxes: [0, 0, 1, 1, 0, 0, 1, 1], scores: [-Infinity, Infinity, -Infinity, -Infinity] };
    expect(decode(shapes, data, { fromLogits: true })).toMatchObject({ scores: [1], classes: [1] });
  });
});

test.each([
  [
    { head: 'yolo' },
    'head must be one of ssd, ssd-raw, ssd-final, yolo-v5, yolo-v8, boxes, corners, yunet, not "yolo"',
  ],
  [{ units: 'px' }, 'units must be pixels or relative, not "px"'],
  [{ background: -1 }, 'background must be a whole number of at least 0'],
  [{ multiLabel: 1 }, 'multiLabel must be true or false, not 1'],
  [{ fromLogits: 'yes' }, 'fromLogits must be true or false'],
  [{ head: 'ssd-raw' }, 'the head ssd-raw needs anchors'],
  [{ anchors: [[0, 0, 1, 1]] }, "anchors are for the head ssd-raw: give head: 'ssd-raw'"],
  [{ head: 'ssd-raw', anchors: [] }, 'anchors must be a list of [x, y, width, height], not'],
  [
    {
      head: 'ssd-raw',
      anchors: [
        [0, 0, 1, 1],
        [0, 0, 1],
      ],
    },
    '(number 1)',
  ],
  [{ head: 'ssd-raw', anchors: [[0, 0, 1, NaN]] }, '(number 0)'],
  [{ anchorScales: [10, 10, 5, 0] }, 'anchorScales must be four numbers over 0'],
])('%j is refused', (settings, message) => {
  expect(() => checkOutputs(settings as DetectionOutputs)).toThrow(OptionError);
  expect(() => checkOutputs(settings as DetectionOutputs)).toThrow(message);
});

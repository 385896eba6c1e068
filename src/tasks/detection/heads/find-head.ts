import { ShapeError } from '../../../errors/errors.ts';
import { describeShape } from '../../../stage/shape.ts';
import { HEADS, type DetectionHead, type DetectionOutputs } from '../detection-outputs.ts';
import { corners, ssd, ssdRaw } from './boxes-and-scores.ts';
import { boxes, ssdFinal } from './complete-boxes.ts';
import type { FoundHead, Head, Shapes } from './head.ts';
import { yoloV5, yoloV8 } from './yolo.ts';
import { yunet } from './yunet.ts';

/** Each head, and what outputs it needs. */
const KNOWN: Readonly<Record<DetectionHead, readonly [head: Head, needs: string]>> = {
  ssd: [ssd, 'boxes [1, N, 4] or [1, N, 1, 4] and scores [1, N, classes]'],
  'ssd-raw': [ssdRaw, 'offsets [1, N, 4] and logits [1, N, classes] with N anchors'],
  'ssd-final': [ssdFinal, 'boxes [1, N, 4], scores [1, N] and classes [1, N], named such'],
  'yolo-v5': [yoloV5, 'one output [1, N, 5 + classes]'],
  'yolo-v8': [yoloV8, 'one output [1, 4 + classes, N] or [1, N, 4 + classes]'],
  boxes: [boxes, 'one output [1, N, 6] or [N, 6]'],
  corners: [corners, 'boxes [1, N, 4] and scores [1, N, classes]'],
  yunet: [yunet, 'cls_8 [1, N, 1], obj_8 [1, N, 1], bbox_8 [1, N, 4] and the same for each other stride'],
};

/**
 * Finds out how outputs of these shapes hold boxes. `labels` is the number of labels, if it is known. The message of the `ShapeError`
 * for outputs that no head has, or several may have, follows the name of a stage.
 */
export function findHead(shapes: Shapes, settings: DetectionOutputs, labels: number | undefined): FoundHead {
  const wanted = settings.head;
  const names = wanted === undefined ? HEADS : [wanted];
  const found = names.flatMap((name) => {
    const head = KNOWN[name][0](shapes, settings, labels);
    return head ? [{ name, head }] : [];
  });
  const [first, ...others] = found;
  if (first && others.length === 0) return first.head;
  const got = Object.entries(shapes).map(([name, shape]) => `${name === '' ? '' : `${name} `}${describeShape(shape)}`);
  const known = labels === undefined ? '' : ` and ${labels} ${labels === 1 ? 'label' : 'labels'}`;
  if (first) {
    const either = found.map(({ name }) => `'${name}'`).join(' or ');
    throw new ShapeError(`needs detection({ head: ${either} }) for outputs ${got.join(', ')}${known}`);
  }
  if (wanted !== undefined) {
    throw new ShapeError(`needs ${KNOWN[wanted][1]} for the head ${wanted}, but got ${got.join(', ')}${known}`);
  }
  throw new ShapeError(
    `needs the outputs of a detector, but got ${got.join(', ')}${known}, which no head has: choose other outputs of the model, or give head, one of ${HEADS.join(', ')}`,
  );
}

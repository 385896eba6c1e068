import type { Tensor } from '@tensorflow/tfjs-core';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import type { PictureView } from '../../frames/picture-view.ts';
import { boxInSource } from '../box-in-source.ts';
import { checkShares } from '../shares.ts';
import { knownView, remembered, shapesIn, tensorsIn } from '../placed-outputs.ts';
import type { OutputReader } from '../task.ts';
import type { Candidates } from './candidates.ts';
import type { DetectedBox, Detection } from './detected-box.ts';
import { checkedOptions, type DetectionOptions } from './detection-options.ts';
import type { DetectionOutputs } from './detection-outputs.ts';
import { findHead } from './heads/find-head.ts';
import { suppress } from './suppress.ts';

const IOU = 0.5;

/** Makes the reader of a detector's outputs. Throws `OptionError` for wrong options or labels. */
export function detectionReader(
  labels: readonly string[] | undefined,
  options: DetectionOptions,
  outputs: DetectionOutputs,
): OutputReader<Detection> {
  const names = labels && labels.length > 0 ? labels : undefined;
  const chosen = checkedOptions('detect', options, names);
  const { background } = outputs;
  if (names && background !== undefined && background >= names.length) {
    throw new OptionError(`detect: background is class ${background}, but there are ${names.length} labels`);
  }
  const labelOf = (index: number) => names?.[index] || `class ${index}`;
  const headOf = remembered((shapes) => {
    const head = findHead(shapes, outputs, names?.length);
    if (names && head.classes !== undefined && head.classes !== names.length) {
      throw new ShapeError(`needs one label for each of ${head.classes} classes, but got ${names.length} labels`);
    }
    return head;
  });
  return {
    name: 'detect',
    checkShape: (shape) => void headOf({ '': shape }),
    checkShapes: (shapes) => void headOf(shapes),
    async read(output, given) {
      const view = knownView(given, 'boxes');
      const tensors = tensorsIn(output);
      const head = headOf(shapesIn(tensors));
      const read = await Promise.all(
        head.names.map(async (name) => {
          const tensor = tensors[name] as Tensor;
          return { shape: tensor.shape, data: await tensor.data() };
        }),
      );
      const { width, height } = view.size;
      const { minScore, maxDetections, acrossClasses, isWanted } = chosen;
      const candidates = head.decode(read, { minScore, width, height, isWanted: (index) => isWanted(labelOf(index)) });
      checkShares(candidates.scores);
      const iou = chosen.iou ?? ((outputs.suppressed ?? head.isSuppressed) ? 1 : IOU);
      const kept = suppress(candidates, { iou, perClass: !acrossClasses, maxDetections });
      return { boxes: kept.flatMap((number) => boxOf(candidates, number, view, labelOf)), picture: view.source };
    },
  };
}

/** A candidate in the source picture, without what lies outside of it. None if all of it does. */
function boxOf(
  { corners, scores, classes }: Candidates,
  number: number,
  view: PictureView,
  labelOf: (index: number) => string,
): DetectedBox[] {
  const [left = NaN, top = NaN, right = NaN, bottom = NaN] = corners.slice(4 * number, 4 * number + 4);
  const index = classes[number] ?? 0;
  const place = boxInSource(view, [left, top, right, bottom], `a box of ${labelOf(index)}`);
  if (!place) return [];
  const score = scores[number] ?? NaN;
  return [{ ...place, score, label: labelOf(index), index }];
}

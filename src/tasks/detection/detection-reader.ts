import type { Tensor } from '@tensorflow/tfjs-core';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { inSource, type PictureView } from '../../frames/picture-view.ts';
import type { Shape } from '../../stage/shape.ts';
import { checkShares } from '../shares.ts';
import { knownView, shapesIn, tensorsIn } from '../placed-outputs.ts';
import type { OutputReader } from '../task.ts';
import type { Candidates } from './candidates.ts';
import type { DetectedBox, Detection } from './detected-box.ts';
import { checkedOptions, type DetectionOptions } from './detection-options.ts';
import type { DetectionOutputs } from './detection-outputs.ts';
import { findHead } from './heads/find-head.ts';
import type { FoundHead } from './heads/head.ts';
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
  let last: { readonly key: string; readonly head: FoundHead } | undefined;
  const headOf = (shapes: Readonly<Record<string, Shape>>): FoundHead => {
    const key = JSON.stringify(shapes);
    if (last?.key !== key) {
      const head = findHead(shapes, outputs, names?.length);
      if (names && head.classes !== undefined && head.classes !== names.length) {
        throw new ShapeError(`needs one label for each of ${head.classes} classes, but got ${names.length} labels`);
      }
      last = { key, head };
    }
    return last.head;
  };
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
  if (![left, top, right, bottom].every(Number.isFinite)) {
    throw new RangeError(`a box of ${labelOf(index)} has a coordinate that is not a finite number`);
  }
  const { x, y, width, height } = inSource(view, { x: left, y: top, width: right - left, height: bottom - top });
  const { source } = view;
  const [x0, y0] = [Math.max(0, x), Math.max(0, y)];
  const [x1, y1] = [Math.min(source.width, x + width), Math.min(source.height, y + height)];
  if (!(x1 > x0 && y1 > y0)) return [];
  const score = scores[number] ?? NaN;
  return [{ x: x0, y: y0, width: x1 - x0, height: y1 - y0, score, label: labelOf(index), index }];
}

import { sizeOf } from '../../../stage/shape.ts';
import { noCandidates } from '../candidates.ts';
import { sigmoid } from '../../shares.ts';
import { numberAt, type Head } from './head.ts';

/** An output of a grid: what it gives, and how many pixels of the input a cell of the grid has on each side. */
const NAME = /^(cls|obj|bbox)_(\d+)$/;

const PARTS = ['cls', 'obj', 'bbox'] as const;

/**
 * Grids of cells, in outputs that are named `cls_8`, `obj_8`, `bbox_8` and so on. The score of a cell is √(class · object). Its box has
 * its centre at (cell + offset) · stride, and is e^size · stride large (Wu et al. 2023, "YuNet: A tiny millisecond-level face detector";
 * as OpenCV's FaceDetectorYN reads it).
 */
export const yunet: Head = (shapes, { fromLogits = false }, labels) => {
  const named = Object.entries(shapes).flatMap(([name, shape]) => {
    const [, part, stride] = NAME.exec(name) ?? [];
    return part === undefined ? [] : [{ name, part, stride: Number(stride), numbers: sizeOf(shape) }];
  });
  const strides = [...new Set(named.map(({ stride }) => stride))].toSorted((a, b) => a - b);
  const grids = strides.map((stride) => {
    const own = PARTS.map((part) => named.find((one) => one.stride === stride && one.part === part));
    const [scores, objects, boxes] = own;
    const cells = scores?.numbers ?? 0;
    const isGrid = cells > 0 && objects?.numbers === cells && boxes?.numbers === 4 * cells;
    return isGrid ? { stride, cells, names: own.map((one) => one?.name ?? '') } : undefined;
  });
  if (grids.length === 0 || grids.includes(undefined) || (labels !== undefined && labels !== 1)) return undefined;
  const found = grids.filter((grid) => grid !== undefined);
  return {
    names: found.flatMap(({ names }) => names),
    classes: 1,
    isSuppressed: false,
    decode(outputs, { width, minScore, isWanted }) {
      const candidates = noCandidates();
      if (!isWanted(0)) return candidates;
      const scoreOf = fromLogits ? sigmoid : clamped;
      for (const [i, { stride, cells }] of found.entries()) {
        const [scores, objects, boxes] = outputs.slice(3 * i, 3 * i + 3);
        const columns = Math.ceil(width / stride);
        for (let cell = 0; cell < cells; cell++) {
          const score = Math.sqrt(scoreOf(numberAt(scores, cell)) * scoreOf(numberAt(objects, cell)));
          if (Number.isNaN(score)) throw new RangeError('a score of a box is not a number');
          if (score < minScore) continue;
          const at = (number: number) => numberAt(boxes, 4 * cell + number);
          const x = ((cell % columns) + at(0)) * stride;
          const y = (Math.floor(cell / columns) + at(1)) * stride;
          const [across, down] = [(Math.exp(at(2)) * stride) / 2, (Math.exp(at(3)) * stride) / 2];
          candidates.corners.push(x - across, y - down, x + across, y + down);
          candidates.scores.push(score);
          candidates.classes.push(0);
        }
      }
      return candidates;
    },
  };
};

/** As OpenCV takes what a model gives. */
function clamped(score: number): number {
  return Math.min(1, Math.max(0, score));
}

import { noCandidates, type Candidates, type Wanted } from '../candidates.ts';
import { bestClasses, type ScoreSettings } from './best-classes.ts';
import type { Output } from './head.ts';

/** Writes left, top, right and bottom of a box, from 0 to 1 or in pixels. */
export type Decode = (boxes: ArrayLike<number>, box: number) => readonly [number, number, number, number];

/** Top, left, bottom, right. */
export const TOP_LEFT: Decode = (boxes, box) => [
  at(boxes, 4 * box + 1),
  at(boxes, 4 * box),
  at(boxes, 4 * box + 3),
  at(boxes, 4 * box + 2),
];

/** Left, top, right, bottom. */
export const LEFT_TOP: Decode = (boxes, box) => [
  at(boxes, 4 * box),
  at(boxes, 4 * box + 1),
  at(boxes, 4 * box + 2),
  at(boxes, 4 * box + 3),
];

/**
 * Offsets from anchors, as y, x, height, width: a centre is moved by the share of the anchor's size, and a size is multiplied by e to the
 * offset (Liu et al. 2016, SSD; the box coder of TensorFlow's Object Detection API).
 */
export function fromAnchors(
  anchors: readonly (readonly [number, number, number, number])[],
  [xScale, yScale, widthScale, heightScale]: readonly [number, number, number, number],
): Decode {
  return (boxes, box) => {
    const [x, y, width, height] = anchors[box] ?? [NaN, NaN, NaN, NaN];
    const centreY = y + (at(boxes, 4 * box) / yScale) * height;
    const centreX = x + (at(boxes, 4 * box + 1) / xScale) * width;
    const high = Math.exp(at(boxes, 4 * box + 2) / heightScale) * height;
    const wide = Math.exp(at(boxes, 4 * box + 3) / widthScale) * width;
    return [centreX - wide / 2, centreY - high / 2, centreX + wide / 2, centreY + high / 2];
  };
}

/** Candidates of boxes and of scores that are in outputs of their own. */
export function apart(
  [boxes, scores]: readonly (Output | undefined)[],
  { decode, unit, ...settings }: ScoreSettings & { readonly decode: Decode; readonly unit: (wanted: Wanted) => Unit },
  wanted: Wanted,
): Candidates {
  const found = noCandidates();
  const [across, down] = unit(wanted);
  const classes = scores?.shape.at(-1) ?? 0;
  const layout = { boxes: (scores?.data.length ?? 0) / classes, classes, first: 0, perBox: classes, perClass: 1 };
  bestClasses(scores?.data ?? [], layout, settings, wanted, (box, index, score) => {
    const [left, top, right, bottom] = decode(boxes?.data ?? [], box);
    found.corners.push(left * across, top * down, right * across, bottom * down);
    found.scores.push(score);
    found.classes.push(index);
  });
  return found;
}

/** How many pixels of the network's input a unit of coordinates is, across and down. */
export type Unit = readonly [across: number, down: number];

function at(numbers: ArrayLike<number>, i: number): number {
  return numbers[i] ?? NaN;
}

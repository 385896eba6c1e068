import { numberAt, type Output } from './head.ts';

/** Left, top, right and bottom of a box, out of the four numbers that stand for it. */
export type Corners = readonly [left: number, top: number, right: number, bottom: number];
export type BoxCoder = (boxes: Output | undefined, box: number) => Corners;

/** Top, left, bottom, right. */
export const topLeft: BoxCoder = (boxes, box) => {
  const [top, left, bottom, right] = fourOf(boxes, box);
  return [left, top, right, bottom];
};

/** Left, top, right, bottom. */
export const leftTop: BoxCoder = fourOf;

/**
 * Offsets from anchors, as y, x, height, width: a centre is moved by the share of the anchor's size, and a size is multiplied by e to the
 * offset (Liu et al. 2016, SSD; the box coder of TensorFlow's Object Detection API).
 */
export function fromAnchors(
  anchors: readonly (readonly [number, number, number, number])[],
  [xScale, yScale, widthScale, heightScale]: readonly [number, number, number, number],
): BoxCoder {
  return (boxes, box) => {
    const [x, y, width, height] = anchors[box] ?? [NaN, NaN, NaN, NaN];
    const [down, across, higher, wider] = fourOf(boxes, box);
    const [centreX, centreY] = [x + (across / xScale) * width, y + (down / yScale) * height];
    const [wide, high] = [Math.exp(wider / widthScale) * width, Math.exp(higher / heightScale) * height];
    return [centreX - wide / 2, centreY - high / 2, centreX + wide / 2, centreY + high / 2];
  };
}

function fourOf(boxes: Output | undefined, box: number): Corners {
  const at = 4 * box;
  return [numberAt(boxes, at), numberAt(boxes, at + 1), numberAt(boxes, at + 2), numberAt(boxes, at + 3)];
}

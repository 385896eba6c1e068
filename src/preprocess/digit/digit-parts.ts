import type { Rectangle } from '../../frames/picture-view.ts';
import { around, gap, longerSide } from './box.ts';
import type { Part, Parts } from './parts.ts';

/** The parts of a digit. */
export interface DigitParts {
  readonly labels: ReadonlySet<number>;
  /** The box around them. */
  readonly box: Rectangle;
  /** How many pixels they have. */
  readonly area: number;
  /** Whether they reach the border of the plane. */
  readonly touches: boolean;
}

/** Only so many parts are looked at, the heaviest ones. */
const MOST = 64;
/** What reaches the border weighs less: it may be a crease, or the edge of a page. */
const AT_BORDER = 1 / 8;
/** Lighter parts, compared with the heaviest, are specks. */
const SPECK = 1 / 32;
/** A part around another one is a frame, as forms have them, if the other one is longer than this share of its shorter side. */
const FRAMED = 1 / 3;
/** How far a part may be from the rest of its digit, by the longer side of the rest. In MNIST, nine of ten are 3 of 20 pixels away at most. */
const NEAR = 1 / 4;

/**
 * Chooses the parts of a digit: the heaviest part, and all that are near, such as the bar of a 5, but for specks, for the frame
 * around it, and for what reaches the border if the heaviest part does not. Undefined if there are no parts.
 */
export function digitParts(parts: Parts): DigitParts | undefined {
  const weight = ({ sum, touches }: Part) => sum * (touches ? AT_BORDER : 1);
  const heaviest = parts.all.toSorted((a, b) => weight(b) - weight(a)).slice(0, MOST);
  const [first, ...others] = heaviest.filter((part) => !heaviest.some((other) => isFrame(part, other.box, parts)));
  if (!first) return undefined;
  const { label, sum, touches } = first;
  const rest = new Set(others.filter((part) => part.sum >= sum * SPECK && (touches || !part.touches)));
  const labels = new Set([label]);
  let { box, area } = first;
  for (let before = 0; before < labels.size;) {
    before = labels.size;
    for (const part of rest) {
      if (gap(part.box, box) > longerSide(box) * NEAR) continue;
      rest.delete(part);
      labels.add(part.label);
      box = around(box, part.box);
      area += part.area;
    }
  }
  return { labels, box, area, touches };
}

/** Whether a part is not much larger than a box, and on each side of its middle. */
function isFrame({ label, box }: Part, inner: Rectangle, { labels, width }: Parts): boolean {
  if (longerSide(inner) <= Math.min(box.width, box.height) * FRAMED) return false;
  const [x, y] = [inner.x + Math.floor(inner.width / 2), inner.y + Math.floor(inner.height / 2)];
  const isThere = (fromX: number, fromY: number, toX: number, toY: number) => {
    for (let row = fromY; row < toY; row++) {
      for (let column = fromX; column < toX; column++) if (labels[row * width + column] === label) return true;
    }
    return false;
  };
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  return (
    isThere(box.x, y, inner.x, y + 1) &&
    isThere(inner.x + inner.width, y, right, y + 1) &&
    isThere(x, box.y, x + 1, inner.y) &&
    isThere(x, inner.y + inner.height, x + 1, bottom)
  );
}

import type { Size } from '../../frames/picture-view.ts';
import type { Canvas2d } from '../canvas-2d.ts';
import { beginPlates, colourOf, paintPlate, plateLabel, plateSize, plateTextSize } from '../plate.ts';
import type { Overlay } from '../task.ts';
import type { DetectedBox, Detection } from './detected-box.ts';

/** Draws a frame around each box, and its label above, in a picture of any size. A track keeps its colour. Nothing for no boxes. */
export function boxesOverlay({ boxes, picture: source }: Detection, picture: Size): Overlay | undefined {
  if (boxes.length === 0) return undefined;
  const { width, height } = picture;
  const [across, down] = [width / source.width, height / source.height];
  const size = plateTextSize(picture);
  const line = Math.max(2, Math.round(size / 6));
  return {
    x: 0,
    y: 0,
    width,
    height,
    paint(context) {
      beginPlates(context, size);
      // The best box is drawn last, over the others.
      for (const box of boxes.toReversed()) {
        const scaled = { x: box.x * across, y: box.y * down, width: box.width * across, height: box.height * down };
        const colour = colourOf(box.trackId ?? box.index);
        context.fillStyle = colour;
        outline(context, scaled, line);
        const text = textOf(box);
        const plate = plateSize(text, size, picture);
        paintPlate(context, text, { ...plate, ...plateCorner(scaled, plate, line, width) }, { size, colour });
      }
    },
  };
}

/** The label with the score, or with the number of the track: `person 0.87`, `person 3`. */
function textOf({ label, score, trackId }: DetectedBox): string {
  return `${plateLabel(label)} ${trackId ?? score.toFixed(2)}`;
}

interface Scaled extends Size {
  readonly x: number;
  readonly y: number;
}

function outline(context: Canvas2d, { x, y, width, height }: Scaled, line: number): void {
  context.fillRect(x, y, width, line);
  context.fillRect(x, y + height - line, width, line);
  context.fillRect(x, y, line, height);
  context.fillRect(x + width - line, y, line, height);
}

/** Above the box, or inside where there is no room above. */
function plateCorner({ x, y }: Scaled, plate: Size, line: number, most: number): Pick<Scaled, 'x' | 'y'> {
  return { x: Math.max(0, Math.min(x, most - plate.width)), y: y >= plate.height ? y - plate.height : y + line };
}

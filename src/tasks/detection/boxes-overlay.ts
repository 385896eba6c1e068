import type { Size } from '../../frames/picture-view.ts';
import type { Canvas2d } from '../canvas-2d.ts';
import type { Overlay } from '../task.ts';
import type { DetectedBox, Detection } from './detected-box.ts';

/** Colours that differ from each other and from most pictures, and on which white text is legible. */
const COLOURS = ['#c2185b', '#1565c0', '#2e7d32', '#b84a00', '#6a1b9a', '#00707c', '#ad1457', '#4e5d00'];

/** Draws a frame around each box, and its label above, in a picture of any size. A track keeps its colour. Nothing for no boxes. */
export function boxesOverlay({ boxes, picture: source }: Detection, picture: Size): Overlay | undefined {
  if (boxes.length === 0) return undefined;
  const { width, height } = picture;
  const [across, down] = [width / source.width, height / source.height];
  const size = Math.max(10, Math.round(height / 32));
  const line = Math.max(2, Math.round(size / 6));
  return {
    x: 0,
    y: 0,
    width,
    height,
    paint(context) {
      context.font = `${size}px sans-serif`;
      context.textBaseline = 'middle';
      // The best box is drawn last, over the others.
      for (const box of boxes.toReversed()) {
        const scaled = { x: box.x * across, y: box.y * down, width: box.width * across, height: box.height * down };
        context.fillStyle = COLOURS[(box.trackId ?? box.index) % COLOURS.length];
        outline(context, scaled, line);
        caption(context, textOf(box), scaled, { size, line, most: width });
      }
    },
  };
}

/** The label with the score, or with the number of the track: `person 0.87`, `person 3`. */
function textOf({ label, score, trackId }: DetectedBox): string {
  return `${label.replaceAll(/\p{Cc}+/gu, ' ')} ${trackId ?? score.toFixed(2)}`;
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

/** Above the box, or inside where there is no room above. Its width is an estimate: a canvas squeezes text that is longer. */
function caption(
  context: Canvas2d,
  text: string,
  { x, y }: Scaled,
  { size, line, most }: { readonly size: number; readonly line: number; readonly most: number },
): void {
  const [high, wide] = [Math.round(size * 1.4), Math.min(most, Math.round(text.length * size * 0.58) + size)];
  const left = Math.max(0, Math.min(x, most - wide));
  const top = y >= high ? y - high : y + line;
  context.fillRect(left, top, wide, high);
  context.fillStyle = 'white';
  context.fillText(text, left + size / 2, top + high / 2, wide - size);
}

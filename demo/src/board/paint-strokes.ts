import { PEN, SIDE, type Stroke } from './drawing.ts';
import { pathOf } from './path-of.ts';

/** The paper around the board: a stroke at the edge of the board does not touch the edge of the picture. */
const MARGIN = PEN;
const WHOLE = SIDE + 2 * MARGIN;

/** A picture of strokes, dark on white. It does not depend on the size and the colours of the board on the screen. */
export function paintStrokes(strokes: readonly Stroke[]): ImageData {
  const context = new OffscreenCanvas(WHOLE, WHOLE).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser has no canvas to draw on. Reload the page');
  context.fillStyle = 'white';
  context.fillRect(0, 0, WHOLE, WHOLE);
  context.translate(MARGIN, MARGIN);
  context.beginPath();
  context.rect(0, 0, SIDE, SIDE);
  context.clip();
  Object.assign(context, { lineWidth: PEN, lineCap: 'round', lineJoin: 'round', strokeStyle: 'black' });
  context.stroke(new Path2D(pathOf(strokes)));
  return context.getImageData(0, 0, WHOLE, WHOLE);
}

import type { Stroke } from './drawing.ts';

/** Strokes as an SVG path, which canvases draw as well. */
export function pathOf(strokes: readonly Stroke[]): string {
  return strokes.map(lineOf).join('');
}

function lineOf(stroke: Stroke): string {
  const points = stroke.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  // A line of no length is not drawn everywhere.
  return points.length === 1 ? `M${points[0]}h.1` : `M${points.join('L')}`;
}

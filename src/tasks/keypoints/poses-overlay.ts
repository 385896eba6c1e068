import type { Size } from '../../frames/picture-view.ts';
import type { Canvas2d } from '../canvas-2d.ts';
import type { Overlay } from '../task.ts';
import type { Keypoint, Keypoints, Pose } from './pose.ts';

/** Light colours that differ from each other. Drawn with a dark rim, they are legible on any picture. */
const COLOURS = ['#40c4ff', '#ffab40', '#69f0ae', '#ff80ab', '#eeff41', '#b388ff', '#ff6e40', '#a7ffeb'];
const RIM = '#101010';

/** Draws the skeleton of each pose, and its points, in a picture of any size. Nothing without points. */
export function posesOverlay(
  { poses, picture: source }: Keypoints,
  picture: Size,
  edges: readonly (readonly [string, string])[],
): Overlay | undefined {
  if (poses.every(({ points }) => points.length === 0)) return undefined;
  const { width, height } = picture;
  const [across, down] = [width / source.width, height / source.height];
  const line = Math.max(2, Math.round(height / 160));
  return {
    x: 0,
    y: 0,
    width,
    height,
    paint(context) {
      context.lineCap = 'round';
      // The best pose is drawn last, over the others.
      for (const [i, pose] of [...poses.entries()].toReversed()) {
        const places = placesOf(pose, across, down);
        const colour = COLOURS[(pose.trackId ?? i) % COLOURS.length];
        // All rims come first, so that they don't cut the lines.
        paintPose(context, places, edges, RIM, 2 * line);
        paintPose(context, places, edges, colour, line);
      }
    },
  };
}

type Places = ReadonlyMap<string, Pick<Keypoint, 'x' | 'y'>>;

function placesOf({ points }: Pose, across: number, down: number): Places {
  return new Map(points.map(({ name, x, y }) => [name, { x: x * across, y: y * down }]));
}

function paintPose(
  context: Canvas2d,
  places: Places,
  edges: readonly (readonly [string, string])[],
  colour: unknown,
  line: number,
): void {
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = line;
  for (const [start, end] of edges) {
    const [from, to] = [places.get(start), places.get(end)];
    if (!from || !to) continue;
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  }
  for (const { x, y } of places.values()) {
    context.beginPath();
    context.arc(x, y, 1.2 * line, 0, 2 * Math.PI);
    context.fill();
  }
}

import type { TaskResult } from '../run/news.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Draws a picture, scaled to a size, and the result over it as the task draws it. */
export function drawAnnotated(
  canvas: OffscreenCanvas,
  picture: OffscreenCanvas,
  { result, task }: TaskResult,
  { width, height }: Size,
): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  context.drawImage(picture, 0, 0, width, height);
  const overlay = task.overlay(result, { width, height });
  if (!overlay) return;
  context.save();
  context.translate(overlay.x, overlay.y);
  context.beginPath();
  context.rect(0, 0, overlay.width, overlay.height);
  context.clip();
  overlay.paint(context);
  context.restore();
}

import { overlay } from 'sluice';
import type { TaskResult } from '../run/news.ts';

/** Draws a picture, scaled to the canvas, and the result over it as the task draws it. */
export function drawAnnotated(canvas: OffscreenCanvas, picture: OffscreenCanvas, { result, task }: TaskResult): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  overlay(context, result, task, { clear: false });
}

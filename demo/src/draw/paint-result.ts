import { overlay, type PaintedPicture, type Pixels } from 'sluice';
import type { TaskResult } from '../run/news.ts';
import { taskNamed } from '../run/tasks.ts';
import { paintPixels } from './paint-pixels.ts';

/** The picture that the result is shown on: the one that the model made, if it made one. */
export function shownPicture(picture: Pixels, { result }: TaskResult): Pixels {
  return (result as Partial<PaintedPicture>).image ?? picture;
}

/** Paints a picture with the boxes, areas or points of its result. The names of classes are shown beside it. */
export function paintResult(canvas: HTMLCanvasElement, picture: Pixels, labelled: TaskResult): void {
  const { result, task } = labelled;
  paintPixels(canvas, shownPicture(picture, labelled));
  const context = canvas.getContext('2d');
  if (context && taskNamed(task.kind) !== 'classification') overlay(context, result, task, { clear: false });
}

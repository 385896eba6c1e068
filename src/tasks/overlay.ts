import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Size } from '../frames/picture-view.ts';
import type { Canvas2d } from './canvas-2d.ts';
import type { Task } from './task.ts';

/** The members of a canvas's 2D context that {@link overlay} uses. Browsers and `@napi-rs/canvas` both have them. */
export interface OverlayContext extends Canvas2d {
  /** The canvas, for its size in pixels. */
  readonly canvas: Size;
  /** Makes a rectangle transparent, in pixels. */
  clearRect(x: number, y: number, width: number, height: number): void;
  /** Keeps the settings, for `restore`. */
  save(): void;
  /** Moves the origin, in pixels. */
  translate(x: number, y: number): void;
  /** Takes the settings that `save` has kept. */
  restore(): void;
}

/** Options of {@link overlay}. */
export interface OverlayOptions {
  /** Whether the canvas is cleared before. Leave it where the picture is drawn on the same canvas. Default true. */
  readonly clear?: boolean;
}

const NAMES: OptionNames<OverlayOptions> = { clear: true };

/**
 * Draws a result on a canvas, as its task draws it: boxes, regions, skeletons, the names of classes. The canvas shows the source picture or
 * lies over what does, at any size: what is drawn is scaled to it.
 *
 * Throws `OptionError` for what is no 2D context or no task.
 *
 * @see {@link infer}, {@link "sluice/browser".webcam | webcam}
 *
 * @example
 * const context = { canvas: { width: 640, height: 480 }, clearRect() {}, save() {}, translate() {}, restore() {} } as never;
 * overlay(context, { boxes: [], picture: { width: 640, height: 480 } }, detection()); // clears the canvas
 */
export function overlay<T extends object>(
  context: OverlayContext,
  result: T,
  task: Pick<Task<T>, 'overlay'>,
  options: OverlayOptions = {},
): void {
  checkOptions('overlay', options, NAMES);
  if (!has(context, 'canvas')) {
    throw new OptionError(`overlay takes the 2D context of a canvas, not ${describeValue(context)}`);
  }
  if (!has(task, 'overlay')) {
    throw new OptionError(`overlay takes the task of the result, such as model.task, not ${describeValue(task)}`);
  }
  const { width, height } = context.canvas;
  if (options.clear ?? true) context.clearRect(0, 0, width, height);
  if (!(width > 0 && height > 0)) return;
  const drawn = task.overlay(result, { width, height });
  if (!drawn) return;
  context.save();
  try {
    context.translate(drawn.x, drawn.y);
    drawn.paint(context);
  } finally {
    context.restore();
  }
}

function has(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && name in value;
}

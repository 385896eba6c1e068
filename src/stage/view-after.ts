import type { Frame } from '../frames/frame.ts';
import type { PictureView } from '../frames/picture-view.ts';
import { isPixels, lookOf, viewOf } from './pixels.ts';
import type { NamedStage } from './stage.ts';

/** @internal What the picture that stages made their output of shows of its source picture. */
export function viewAfter(parts: readonly NamedStage[], { data, view }: Frame<unknown>): PictureView | undefined {
  if (!isPixels(data)) return view;
  let look = lookOf(data);
  for (const { stage } of parts) look = stage.lookAfter?.(look) ?? look;
  return viewOf(look);
}

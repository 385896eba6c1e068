import type { Size } from '../../frames/picture-view.ts';
import type { Pixels } from '../../stage/pixels.ts';

/** The result of {@link picture}: the picture that a model gives for one. */
export interface PaintedPicture {
  /** Its size in pixels. */
  readonly size: Size;
  /** The picture, RGB. Absent in results that a file held. */
  readonly image?: Pixels;
}

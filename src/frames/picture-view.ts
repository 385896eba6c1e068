/** A part of a picture, in pixels, which may be fractional. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A size in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * What a picture shows of its source picture, which is upright and has square pixels: the point (x, y) of the picture is the point
 * (left + x · scaleX, top + y · scaleY) of the source picture.
 */
export interface PictureView {
  /** The size of the picture itself. */
  readonly size: Size;
  /** The size of the source picture. */
  readonly source: Size;
  /** Where the upper left corner of the picture is in the source picture. Black bars lie outside of it. */
  readonly left: number;
  readonly top: number;
  /** The size of one pixel of the picture, in pixels of the source picture. */
  readonly scaleX: number;
  readonly scaleY: number;
}

/** @internal The view of a picture that is its own source. */
export function wholeView(width: number, height: number): PictureView {
  const size = { width, height };
  return { size, source: size, left: 0, top: 0, scaleX: 1, scaleY: 1 };
}

/** @internal The view of a picture of this size that shows `part` of another one, whose view is `before`, at `place`. */
export function viewOfPart(before: PictureView, part: Rectangle, place: Rectangle, size: Size): PictureView {
  const { source, left, top, scaleX, scaleY } = before;
  const [across, down] = [part.width / place.width, part.height / place.height];
  return {
    size,
    source,
    left: left + (part.x - place.x * across) * scaleX,
    top: top + (part.y - place.y * down) * scaleY,
    scaleX: scaleX * across,
    scaleY: scaleY * down,
  };
}

/** @internal The rectangle of the source picture that a rectangle of the picture shows. It may reach beyond the source picture. */
export function inSource({ left, top, scaleX, scaleY }: PictureView, box: Rectangle): Rectangle {
  return {
    x: left + box.x * scaleX,
    y: top + box.y * scaleY,
    width: box.width * scaleX,
    height: box.height * scaleY,
  };
}

/** @internal The rectangle of the picture that shows a rectangle of the source picture. It may reach beyond the picture. */
export function inPicture({ left, top, scaleX, scaleY }: PictureView, box: Rectangle): Rectangle {
  return {
    x: (box.x - left) / scaleX,
    y: (box.y - top) / scaleY,
    width: box.width / scaleX,
    height: box.height / scaleY,
  };
}

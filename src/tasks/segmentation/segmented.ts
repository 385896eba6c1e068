import type { Size } from '../../frames/picture-view.ts';

/** A mask in COCO's form. Its pixels are in columns: down the first one, then down the second one. */
export interface Rle {
  /** The size of the mask in pixels. */
  readonly size: readonly [height: number, width: number];
  /** The lengths of its runs, of pixels outside and inside in turn, as text (`rleToString` of pycocotools). */
  readonly counts: string;
}

/** What a picture shows of a class. */
export interface Region {
  /** The number of the class among those of the model. */
  readonly index: number;
  /** What it is. */
  readonly label: string;
  /** Its area, in pixels of the source picture. */
  readonly area: number;
  /** Its area as a share of the source picture, from 0 to 1. */
  readonly share: number;
  /** Which pixels of the map show it. */
  readonly rle: Rle;
}

/**
 * Where the map is in the source picture: the point (x, y) of the map is the point (left + x · scaleX, top + y · scaleY) of the source
 * picture.
 */
export interface MapPlace extends Size {
  readonly left: number;
  readonly top: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

/**
 * The result of segmentation: which pixels show what. It is plain JSON but for `mask`, and files hold all of it but `mask`.
 * {@link classMap}, {@link maskOf} and {@link outlines} give its pixels and polygons.
 */
export interface Segmentation {
  /** `classes`: each pixel has a class. `mask`: each pixel has a probability of one class. */
  readonly form: 'classes' | 'mask';
  /** What the picture shows, the largest area first. No pixel is in two of them, but in an aggregate each has the pixels of another frame. */
  readonly regions: readonly Region[];
  /** The share of the source picture that the network did not see, as with the fit `cover`. Its pixels are in no region. */
  readonly unseen: number;
  /** The size of the source picture, in pixels. It is upright and has square pixels. */
  readonly picture: Size;
  /** The size and the place of the map. Absent if the map is the source picture, pixel for pixel. */
  readonly place?: MapPlace;
  /** Of the form `mask`: the probability of each pixel of the map, 0 for 0 to 255 for 1, row by row. Absent in results that a file held. */
  readonly mask?: Uint8Array;
}

/** @internal Where a result's map is in the source picture. */
export function mapPlace({ picture, place }: Pick<Segmentation, 'picture' | 'place'>): MapPlace {
  const { width, height } = picture;
  return place ?? { width, height, left: 0, top: 0, scaleX: 1, scaleY: 1 };
}

import type { VideoInfo } from './video-info.ts';

/** White made from the frame itself: it has the same times and size, which a `color` source has not. */
const LAY_OVER_WHITE =
  'format=rgba,split[front][copy];[copy]lutrgb=r=255:g=255:b=255:a=255[white];[white][front]overlay=format=rgb';

/** In how many bands a large picture is laid over white. */
const BANDS = 16;
/** Smaller pictures are laid over white as a whole. */
const LARGE_PIXELS = 2 ** 22;
/** A band has a multiple of this number of rows, since chroma may have fewer rows. */
const ROWS = 4;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The filters of a transparent picture, and the size of the result. */
export interface OverWhite {
  /** What selects the part of the picture that is shown. */
  readonly prepare: readonly string[];
  /** What converts it to RGB in its own size. */
  readonly convert: string;
  readonly scale: (parts: readonly (string | number)[]) => string;
  readonly place: Size;
  readonly finish: readonly string[];
}

/** The rows of each band, and of the last one, which is no longer than the others. */
interface Bands {
  readonly rows: number;
  readonly last: number;
}

/** The bands of a large picture that becomes much smaller; undefined for all others. */
export function bandsOf({ still }: VideoInfo, shown: Size, place: Size): Bands | undefined {
  const isLarge = shown.width * shown.height >= LARGE_PIXELS && shown.height >= ROWS * BANDS * BANDS;
  if (!still || !isLarge || shown.width < 4 * place.width) return undefined;
  const rows = ROWS * Math.ceil(shown.height / BANDS / ROWS);
  return { rows, last: shown.height - (BANDS - 1) * rows };
}

/**
 * Lays a transparent picture over white before it is scaled, so that no hidden colour bleeds into an edge.
 *
 * Of a whole picture this makes three copies. In bands it makes none: the frame is repeated without a copy, each time another
 * band is cut out, laid over white and made narrow in the same memory, and the narrow bands are put together.
 */
export function overWhite({ prepare, convert, scale, place, finish }: OverWhite, bands: Bands | undefined): string {
  const end = [scale([place.width, place.height]), ...finish].join(',');
  if (bands === undefined) return `[raw]${[...prepare, convert, LAY_OVER_WHITE, end].join(',')}[pixels]`;
  const { rows, last } = bands;
  const repeat = ['setpts=N', `loop=loop=${BANDS - 1}:size=1:start=0`, 'setpts=N'];
  // The last band begins with rows of the band before, so that it ends where the picture ends.
  const cut = `crop=iw:${rows}:0:'min(n*${rows},ih-${rows})':exact=1`;
  const narrow = [scale([place.width, 'ih']), 'format=gbrp', `tile=1x${BANDS}`];
  return [
    `[raw]${[...prepare, ...repeat, cut, convert, LAY_OVER_WHITE, ...narrow].join(',')},split[upper][lower]`,
    `[upper]crop=iw:${(BANDS - 1) * rows}:0:0:exact=1[bands]`,
    `[lower]crop=iw:${last}:0:ih-${last}:exact=1[band]`,
    `[bands][band]vstack,${end}[pixels]`,
  ].join(';');
}

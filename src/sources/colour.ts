/** The YCbCr matrices that ffmpeg's `scale` filter knows, by its names. */
export type Matrix = 'bt601' | 'bt709' | 'bt2020' | 'smpte240m' | 'fcc';

/** `full` is 0–255 (also called pc, JPEG), `limited` is 16–235 (tv, MPEG). */
export type Range = 'full' | 'limited';

/** How a stream's samples become RGB. */
export interface Colour {
  /** Undefined if the samples are RGB already. */
  readonly matrix: Matrix | undefined;
  readonly range: Range;
}

/** The colour tags of a stream; a missing tag is undefined. */
export interface ColourTags {
  readonly pixelFormat: string;
  /** ffmpeg's name of the matrix: `bt709`, `smpte170m`, `bt470bg`, `bt2020nc`, … */
  readonly matrix?: string | undefined;
  readonly range?: Range | undefined;
  /** The stored height: before rotation, after the codec's own cropping. */
  readonly height: number;
}

const MATRICES: Readonly<Record<string, Matrix>> = {
  bt709: 'bt709',
  bt470bg: 'bt601',
  smpte170m: 'bt601',
  smpte240m: 'smpte240m',
  fcc: 'fcc',
  bt2020nc: 'bt2020',
  bt2020_ncl: 'bt2020',
  bt2020c: 'bt2020',
  bt2020_cl: 'bt2020',
};

const RGB = /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|pal8|x2rgb|x2bgr|bayer|mono)/;
const FULL = /^(yuvj|gray|ya8|ya16)/;

/**
 * The one colour rule: honour the tag; an untagged stream is BT.601 below 720 lines and BT.709 from 720 up.
 *
 * Lines are the stored ones, so a portrait video is judged as its camera stored it, and a decoder that does not
 * rotate (WebCodecs) decides alike. Untagged range is limited, except for the formats that are full by definition.
 */
export function colourOf({ pixelFormat, matrix, range, height }: ColourTags): Colour {
  if (RGB.test(pixelFormat)) return { matrix: undefined, range: 'full' };
  const tagged = matrix === undefined ? undefined : MATRICES[matrix];
  return {
    matrix: tagged ?? (height < 720 ? 'bt601' : 'bt709'),
    range: range ?? (FULL.test(pixelFormat) ? 'full' : 'limited'),
  };
}

/** Whether a pixel format has (or, for a palette, may have) transparency. */
export function hasAlpha(pixelFormat: string): boolean {
  return /^(yuva|rgba|bgra|argb|abgr|gbrap|ya8|ya16|pal8|ayuv|vuya)/.test(pixelFormat);
}

import type { PictureView } from '../../frames/picture-view.ts';
import type { ResizeOptions } from '../../preprocess/fit.ts';
import { colourOf, hasAlpha } from '../colour.ts';
import { shownPart } from '../shown-part.ts';
import { crop } from './crop.ts';
import { SMALL } from './cut-finder.ts';
import type { Orientation } from './exif.ts';
import { hdrOf } from '../tone-map.ts';
import { bandsOf, overWhite } from './over-white.ts';
import type { ToneMapping } from './decode-options.ts';
import { DEEP, toneMapped, type MappedPictures } from './tone-mapped.ts';
import type { VideoInfo } from './video-info.ts';

/** What the graph is to do besides the conversion to RGB. */
export interface FilterOptions {
  readonly resize?: ResizeOptions | undefined;
  /** Pixels of frames before this time (µs) of the file's clock are not made; their timestamps still come. */
  readonly from?: number | undefined;
  /** Whether the graph has an output of small grey pictures, too, in which cuts are found. */
  readonly findsCuts?: boolean;
  /** An expression that says of which of the frames from there on pixels are made. Default: of all. */
  readonly picked?: string | undefined;
  /** Whether only key frames come out. */
  readonly onlyKeys?: boolean;
  /** Whether the graph prints the timestamps to fd 3. Default: they are its second output. */
  readonly printsTimes?: boolean;
  /** A photo's orientation tag. Default 1, upright. */
  readonly orientation?: Orientation;
  /** What becomes of high dynamic range. Default `auto`. */
  readonly toneMap?: ToneMapping | undefined;
}

/** A filter graph, and the size of the pictures it makes. */
export interface FilterGraph extends MappedPictures {
  /** `[pixels]`: pictures, see `finish`. `[times]`, unless the times are printed: one grey pixel per frame, there for its timestamp. `[small]`, see `findsCuts`. */
  readonly graph: string;
  readonly width: number;
  readonly height: number;
  /** What the pictures show of the upright picture with square pixels. */
  readonly view: PictureView;
}

/** What turns a picture upright, by its EXIF orientation. */
const UPRIGHT: Readonly<Record<Orientation, readonly string[]>> = {
  1: [],
  2: ['hflip'],
  3: ['hflip', 'vflip'],
  4: ['vflip'],
  5: ['transpose=cclock_flip'],
  6: ['transpose=clock'],
  7: ['transpose=clock_flip'],
  8: ['transpose=cclock'],
};

/**
 * Area average when shrinking, bilinear when growing; whole chroma and exact rounding. With `bitexact` and `EXACT` every
 * ffmpeg on every processor makes the same bytes, and so do our own `PlanesToRgb`, which a browser has instead.
 */
const FLAGS = 'flags=area+accurate_rnd+full_chroma_int+bitexact';

/** Into planes of RGB first: packed RGB has shortcuts for some sizes, which round otherwise and differ between versions. */
const EXACT = 'format=gbrp';

/** Times in µs. A deinterlacer changes the unit. */
const MICROSECONDS = 'settb=1/1000000';

/** Prints each frame's time as it is: an output would change times that do not increase. Only frames with a mark are printed. */
const PRINT_TIMES = "metadata=mode=add:key=sluice:value=1,metadata=mode=print:key=sluice:file='pipe\\:3':direct=1";

/**
 * Builds ffmpeg's filter graph: upright, cropped, square pixels, scaled, RGB by the one colour rule, times in µs.
 *
 * ffmpeg has turned the picture by its display matrix before this graph sees it. The crop is an expression of the
 * frame's own size, so a stream that changes size on the way is cropped anew; the output size stays the first one.
 */
export function filterGraph(
  info: VideoInfo,
  {
    resize,
    from,
    picked,
    onlyKeys = false,
    findsCuts = false,
    orientation = 1,
    printsTimes = false,
    toneMap = 'auto',
  }: FilterOptions,
): FilterGraph {
  const { width, height } = resize ?? info;
  const lying = info.rotation % 180 === 90 || orientation >= 5;
  const stored = { width: info.storedWidth, height: info.storedHeight, pixelAspect: info.pixelAspect, lying };
  const { part, place, view } = shownPart(stored, info, resize);
  const isWhole = place.width === width && place.height === height;
  const bars = isWhole ? [] : [`pad=${width}:${height}:${place.x}:${place.y}:black`];
  const hdr = toneMap === 'none' || hasAlpha(info.pixelFormat) ? undefined : hdrOf(info);
  const select = [from === undefined ? undefined : `gte(pts,${from})`, picked].flatMap((chosen) =>
    chosen === undefined ? [] : [`select='${chosen}'`],
  );
  // Once the times are printed, the pixels are numbered: `overlay` would drop frames whose times do not increase.
  const number = printsTimes ? ['setpts=N'] : [];
  const prepare = [...select, ...number, ...UPRIGHT[orientation], ...crop(resize)];
  const colour = colourArguments(hdr ? { ...info, matrix: info.matrix ?? 'bt2020nc' } : info);
  const finish = hdr
    ? [DEEP, 'setsar=1']
    : [...(colour.length > 0 ? [EXACT] : []), 'format=rgb24', ...bars, 'setsar=1'];
  const pixels = hasAlpha(info.pixelFormat)
    ? overWhite({ prepare, convert: scale(['iw', 'ih', ...colour]), scale, place, finish }, bandsOf(info, part, place))
    : `[raw]${[...prepare, scale([place.width, place.height, ...colour]), ...finish].join(',')}[pixels]`;
  const fields = deinterlace(info);
  // Times are printed of the frames that come out. Whole frames are made with all of their neighbours; some decoders skip no frames.
  const [before, after] = onlyKeys ? [`${fields}select=key,`, ''] : ['', fields];
  const whole = findsCuts ? '[whole]' : '[raw]';
  const input = printsTimes
    ? [`[0:${info.stream}]${before}${MICROSECONDS},${PRINT_TIMES},${after}${MICROSECONDS}${whole}`]
    : // Through `scale`, because a bare `format=gray` is negotiated back through `split`: rotated video came out grey.
      [
        `[0:${info.stream}]${before}${after}${MICROSECONDS},split${whole}[clock]`,
        '[clock]crop=1:1:0:0:exact=1,scale=1:1:flags=neighbor,format=gray[times]',
      ];
  const grey = [...select, ...number, scale([SMALL.width, SMALL.height, ...colour]), 'format=gray'].join(',');
  const small = findsCuts ? [`${whole}split[raw][copy]`, `[copy]${grey}[small]`] : [];
  const graph = [...input, ...small, pixels].join(';');
  return hdr
    ? { graph, width, height, view, ...toneMapped(hdr, { width, height, place }) }
    : { graph, width, height, view, bytes: width * height * 3, finish: (bytes) => bytes };
}

/** Frames of two fields become whole ones, at their own times: by lines of the frames before and after. */
function deinterlace({ interlaced, rotation, storedWidth, storedHeight, pixelFormat }: VideoInfo): string {
  const can = rotation % 180 === 0 && Math.min(storedWidth, storedHeight) >= 8 && pixelFormat.startsWith('yuv');
  return interlaced && can ? 'bwdif=mode=send_frame:parity=auto:deint=interlaced,' : '';
}

function colourArguments({ storedHeight: height, ...tags }: VideoInfo): readonly string[] {
  const { matrix, range } = colourOf({ ...tags, height });
  if (matrix === undefined) return [];
  return [`in_color_matrix=${matrix}`, `in_range=${range === 'full' ? 'pc' : 'tv'}`, 'out_range=pc'];
}

function scale(parts: readonly (string | number)[]): string {
  return `scale=${[...parts, FLAGS].join(':')}`;
}

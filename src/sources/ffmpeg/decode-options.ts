import { describeValue } from '../../errors/describe-value.ts';
import type { OptionNames } from '../../errors/check-options.ts';
import { OptionError } from '../../errors/errors.ts';
import { MAX_SIDE, type ResizeOptions } from '../../preprocess/fit.ts';
import { checkResize } from '../check-resize.ts';
import { checkSampling, type SamplingOptions } from './sampling.ts';

/** A problem that did not stop a source. */
export interface SourceWarning {
  readonly source: string;
  /**
   * - `damaged`: parts of the file could not be decoded.
   * - `cut`: a connection ended, and the server does not say whether the stream is complete.
   * - `skipped`: a picture of a list could not be read at all.
   * - `clock`: the file's clock starts anew or jumps, and frames got other times, so that time increases.
   * - `stream`: the file has several video streams, and the message says which one is read.
   * - `ticks`: how far the key frames that were chosen are from the ticks of `fps`. Comes at the end of each file.
   * - `hwaccel`: the hardware that was asked for does not decode the file, and the message says why. The file is decoded without it.
   * - `old-ffmpeg`: the ffmpeg is old; keep untrusted files from it. Reported once per process.
   */
  readonly code: 'damaged' | 'cut' | 'skipped' | 'clock' | 'stream' | 'ticks' | 'hwaccel' | 'old-ffmpeg';
  readonly message: string;
  /**
   * `damaged`: how many messages of the decoder this stands for. `clock`: how many frames got another time. `ticks`: how many
   * ticks there are. Else 1.
   */
  readonly count: number;
}

/** The most threads that a decoder may have. */
export const MOST_THREADS = 64;

/** What becomes of high dynamic range: `auto` maps it to standard range, `none` leaves its levels as they are stored. */
export type ToneMapping = 'auto' | 'none';

/** Options of the decoder. */
export interface DecodeOptions extends SamplingOptions {
  /**
   * Resizes while decoding, which is much faster than resizing whole frames later. Default: the size of the video. With a
   * `resizeMethod` other than `area`, ffmpeg decodes whole frames, and sluice resizes them. With the fit `digit`, frames have at
   * most 1024 pixels on a side, and `preprocess` finds the digit.
   */
  readonly resize?: ResizeOptions;
  /** Only frames from this time on, in seconds after the first frame of the file; their timestamps count from that frame too. */
  readonly start?: number;
  /** Emits frames before this time, in seconds after the first frame of the file. Default: the end. */
  readonly end?: number;
  /**
   * The number of the video stream to read, as ffmpeg numbers all streams of the file. Default: the one that the file marks as
   * its default, or of several the one with the most pixels. Cover pictures do not count.
   */
  readonly stream?: number;
  /** The ffmpeg to use. Default: `FFMPEG_PATH`, else the one on `PATH`, else that of `@ffmpeg-installer/ffmpeg`. */
  readonly ffmpeg?: string;
  /**
   * The hardware that decodes videos: `auto` for what ffmpeg finds, `none`, or a name that `ffmpeg -hwaccels` lists, such as `vaapi`.
   * Where it does not work, the video is decoded without it, with a warning (`hwaccel`). Pixels may differ slightly from those of
   * another device. Pictures are decoded without it. Default `none`.
   */
  readonly hwaccel?: string;
  /**
   * Whether a file on disk may be a playlist (HLS, DASH, ffconcat and the like): one that names other files, which are read in its
   * place. Allow it only for files that you trust: a playlist may name any file that this process can read. Default false.
   */
  readonly allowPlaylists?: boolean;
  /**
   * The number of decoder threads, 1 to 64. Of a damaged file, several threads may give other pictures each time; one thread gives
   * the same. Default: one per core, within the quota of a container.
   */
  readonly threads?: number;
  /**
   * How many pictures are decoded in one go, 1 to 1024; the next ones follow when all of them are taken. Default 1. More
   * pictures cost less CPU each if every core is busy, and add latency; together they take at most 32 MB.
   */
  readonly readAhead?: number;
  /** What becomes of high dynamic range (PQ, HLG). Default `auto`: it is mapped to standard range. */
  readonly toneMap?: ToneMapping;
  /** The most pixels that a picture or a frame may have, at most 268,435,456. Default 100,000,000. */
  readonly maxPixels?: number;
  /** Called for each warning. */
  readonly onWarning?: (warning: SourceWarning) => void;
}

/** @internal */
export const DECODE_NAMES: OptionNames<DecodeOptions> = {
  resize: true,
  start: true,
  end: true,
  sample: true,
  fps: true,
  sceneThreshold: true,
  framesPerScene: true,
  stream: true,
  ffmpeg: true,
  hwaccel: true,
  allowPlaylists: true,
  threads: true,
  readAhead: true,
  toneMap: true,
  maxPixels: true,
  onWarning: true,
};

/** @internal Checks the values of the options; throws `OptionError`. */
export function checkDecodeOptions(options: DecodeOptions): void {
  const { resize, start, end, stream, threads, readAhead, ffmpeg, hwaccel, toneMap, allowPlaylists, maxPixels } =
    options;
  if (resize !== undefined) checkResize(resize);
  for (const [name, value] of Object.entries({ start, end })) {
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new OptionError(`${name} must be a number of seconds of at least 0, not ${String(value)}`);
    }
  }
  if (start !== undefined && end !== undefined && start >= end) {
    throw new OptionError(`start must be before end, but ${start} is not before ${end}`);
  }
  checkSampling(options);
  for (const [name, value, least, most] of [
    ['stream', stream, 0, 9999],
    ['threads', threads, 1, MOST_THREADS],
    ['readAhead', readAhead, 1, 1024],
    ['maxPixels', maxPixels, 1, MAX_SIDE ** 2],
  ] as const) {
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most)) {
      throw new OptionError(`${name} must be a whole number from ${least} to ${most}, not ${String(value)}`);
    }
  }
  if (toneMap !== undefined && toneMap !== 'auto' && toneMap !== 'none') {
    throw new OptionError(`toneMap must be auto or none, not ${JSON.stringify(toneMap)}`);
  }
  if (allowPlaylists !== undefined && typeof allowPlaylists !== 'boolean') {
    throw new OptionError(`allowPlaylists must be true or false, not ${JSON.stringify(allowPlaylists)}`);
  }
  if (hwaccel !== undefined && !(typeof hwaccel === 'string' && /^\w{1,32}$/.test(hwaccel))) {
    throw new OptionError(
      `hwaccel must be auto, none or a name that \`ffmpeg -hwaccels\` lists, not ${describeValue(hwaccel)}`,
    );
  }
  if (ffmpeg !== undefined && (typeof ffmpeg !== 'string' || ffmpeg === '')) {
    throw new OptionError(`ffmpeg must be the path of a binary, not ${JSON.stringify(ffmpeg)}`);
  }
}

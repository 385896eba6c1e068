import type { OptionNames } from '../../errors/check-options.ts';
import { OptionError } from '../../errors/errors.ts';
import type { ResizeOptions } from '../../preprocess/fit.ts';
import { checkResize } from '../check-resize.ts';

/** A problem that did not stop a source. */
export interface SourceWarning {
  readonly source: string;
  /**
   * - `damaged`: parts of the file could not be decoded.
   * - `cut`: a connection ended, and the server does not say whether the stream is complete.
   * - `skipped`: a picture of a list could not be read at all.
   * - `old-ffmpeg`: the ffmpeg is old; keep untrusted files from it. Reported once per process.
   */
  readonly code: 'damaged' | 'cut' | 'skipped' | 'old-ffmpeg';
  readonly message: string;
  /** How many messages of the decoder this stands for; 1 for the other codes. */
  readonly count: number;
}

/** The most threads that a decoder may have. */
export const MOST_THREADS = 64;

/** Options of the decoder. */
export interface DecodeOptions {
  /** Resizes while decoding, which is much faster than resizing whole frames later. Default: the size of the video. */
  readonly resize?: ResizeOptions;
  /** Only frames from this time on, in seconds; the timestamps count from the same moment. */
  readonly start?: number;
  /** Emits frames before this time, in seconds. Default: the end. */
  readonly end?: number;
  /** The ffmpeg to use. Default: `FFMPEG_PATH`, else the one on `PATH`, else that of `@ffmpeg-installer/ffmpeg`. */
  readonly ffmpeg?: string;
  /** The number of decoder threads, 1 to 64. Default: one per core, within the quota of a container. */
  readonly threads?: number;
  /**
   * How many pictures are decoded in one go, 1 to 1024; the next ones follow when all of them are taken. Default 1. More
   * pictures cost less CPU each if every core is busy, and add latency; together they take at most 32 MB.
   */
  readonly readAhead?: number;
  /** Called for each warning. */
  readonly onWarning?: (warning: SourceWarning) => void;
}

/** @internal */
export const DECODE_NAMES: OptionNames<DecodeOptions> = {
  resize: true,
  start: true,
  end: true,
  ffmpeg: true,
  threads: true,
  readAhead: true,
  onWarning: true,
};

/** @internal Checks the values of the options; throws `OptionError`. */
export function checkDecodeOptions({ resize, start, end, threads, readAhead, ffmpeg }: DecodeOptions): void {
  if (resize !== undefined) checkResize(resize);
  for (const [name, value] of Object.entries({ start, end })) {
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new OptionError(`${name} must be a number of seconds of at least 0, not ${String(value)}`);
    }
  }
  if (start !== undefined && end !== undefined && start >= end) {
    throw new OptionError(`start must be before end, but ${start} is not before ${end}`);
  }
  for (const [name, value, most] of [
    ['threads', threads, MOST_THREADS],
    ['readAhead', readAhead, 1024],
  ] as const) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= most)) {
      throw new OptionError(`${name} must be a whole number from 1 to ${most}, not ${String(value)}`);
    }
  }
  if (ffmpeg !== undefined && (typeof ffmpeg !== 'string' || ffmpeg === '')) {
    throw new OptionError(`ffmpeg must be the path of a binary, not ${JSON.stringify(ffmpeg)}`);
  }
}

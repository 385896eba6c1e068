import type { OptionNames } from '../../errors/check-options.ts';
import { OptionError } from '../../errors/errors.ts';
import type { ResizeOptions } from '../../preprocess/fit.ts';
import { checkResize } from '../check-resize.ts';

/** A problem that did not stop a source. */
export interface SourceWarning {
  readonly source: string;
  /**
   * - `damaged`: parts of the file could not be decoded.
   * - `skipped`: a picture of a list could not be read at all.
   * - `old-ffmpeg`: the ffmpeg is an old build; use it only for files that you trust. Emitted once per process.
   */
  readonly code: 'damaged' | 'skipped' | 'old-ffmpeg';
  readonly message: string;
  /** How many problems the decoder reported; 1 where they are not counted. */
  readonly count: number;
}

/** How ffmpeg decodes a file. */
export interface DecodeOptions {
  /** Has ffmpeg scale the pictures, which is much faster than resizing whole frames later. Default: the size as shown. */
  readonly resize?: ResizeOptions;
  /** Emits frames from this time on, in seconds on the clock of the timestamps. Default: the beginning. */
  readonly start?: number;
  /** Emits frames before this time, in seconds. Default: the end. */
  readonly end?: number;
  /**
   * Path of the ffmpeg binary. Default: the environment variable `FFMPEG_PATH`, else `ffmpeg` on `PATH`, else the one in
   * the package `@ffmpeg-installer/ffmpeg`.
   */
  readonly ffmpeg?: string;
  /** Decoder threads. Default: ffmpeg's own choice, one per core. */
  readonly threads?: number;
  /**
   * How many pictures are decoded in one go; the next ones are decoded when these are used up. Default 1: always one ahead.
   * More of them cost less CPU each where every core is busy, but come later. They take at most 32 MB.
   */
  readonly readAhead?: number;
  /** Called for each warning, such as damage in the file. */
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

/** Throws `OptionError` naming the first option that makes no sense. */
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
    ['threads', threads, 64],
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

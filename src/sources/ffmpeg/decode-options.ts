import type { OptionNames } from '../../errors/check-options.ts';
import { OptionError } from '../../errors/errors.ts';
import type { ResizeOptions } from '../../preprocess/fit.ts';
import { checkResize } from '../check-resize.ts';

/** Something that did not stop a source but that its user should know. */
export interface SourceWarning {
  readonly source: string;
  /**
   * - `damaged`: parts of the file could not be decoded.
   * - `skipped`: a picture of a list could not be read at all.
   * - `old-ffmpeg`: the binary is one to be careful with; said once per process.
   */
  readonly code: 'damaged' | 'skipped' | 'old-ffmpeg';
  readonly message: string;
  /** How many complaints the decoder had; 1 where counting makes no sense. */
  readonly count: number;
}

/** How a file is decoded. */
export interface DecodeOptions {
  /** Let ffmpeg bring the pictures to size: much faster than moving and resizing whole frames. Default: as shown. */
  readonly resize?: ResizeOptions;
  /** Only frames from this time on, in seconds on the clock of the timestamps. */
  readonly start?: number;
  /** Only frames before this time. */
  readonly end?: number;
  /** The binary to use; see {@link locateFfmpeg} for what is looked for otherwise. */
  readonly ffmpeg?: string;
  /** Decoder threads. Default: ffmpeg's own choice, one per core. */
  readonly threads?: number;
  /**
   * So many pictures are decoded in one go, and the next ones when those are used up. Default 1: always one ahead. More of
   * them cost less CPU each where every core is busy, and come later; they are held to 32 MB.
   */
  readonly readAhead?: number;
  /** Told of damage and the like. */
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

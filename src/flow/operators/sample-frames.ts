import { defer, filter, type MonoTypeOperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';

/** Options of {@link sampleFrames}: one frame in `n`, or `fps` frames per second by the frames' timestamps. */
export type SampleFramesOptions =
  | {
      /** One frame in this many passes: a whole number of at least 1. */
      readonly n: number;
    }
  | {
      /** The most frames that pass per second of the source's time; over 0. */
      readonly fps: number;
    };

const NAMES: OptionNames<SampleFramesOptions> = { n: true, fps: true };

/**
 * Passes one frame in `n`, or at most `fps` frames per second by the frames' timestamps; the others count as `discarded`.
 *
 * With `fps` it passes the first frame at or after each multiple of 1 / fps seconds since the first frame. If timestamps go
 * back, as when a source is repeated, it starts again.
 *
 * Throws `OptionError` unless `n` is a whole number of at least 1, or `fps` a number over 0.
 *
 * @see {@link frameSource}, {@link branch}
 *
 * @example
 * videoFile('clip.mp4').pipe(sampleFrames({ fps: 5 }));
 */
export function sampleFrames<T>(options: SampleFramesOptions): MonoTypeOperatorFunction<Frame<T>> {
  checkSampling(options);
  return (upstream) => {
    const sampled = defer(() => {
      const isWanted = sampler(options);
      return upstream.pipe(filter<Frame<T>>(({ label }) => isWanted(label.timestamp)));
    });
    return Object.assign(sampled, { upstream });
  };
}

/** @internal Makes a function that says whether a frame passes, by its timestamp. Call it for every frame, in order. */
export function sampler(options: SampleFramesOptions): (timestamp: number) => boolean {
  return 'n' in options ? counted(options.n) : timed(1e6 / options.fps);
}

function checkSampling(options: SampleFramesOptions): void {
  checkOptions('sampleFrames', options, NAMES);
  const byCount = 'n' in options;
  const value: unknown = byCount ? options.n : options.fps;
  if (typeof value !== 'number' || !(value > 0 && value < Infinity) || (byCount && !Number.isInteger(value))) {
    throw new OptionError(
      byCount
        ? `sampleFrames: n must be a whole number of at least 1, not ${describeValue(value)}`
        : `sampleFrames: fps must be a number over 0, not ${describeValue(value)}`,
    );
  }
}

function counted(n: number): () => boolean {
  let seen = 0;
  return () => seen++ % n === 0;
}

function timed(period: number): (timestamp: number) => boolean {
  let first = Infinity;
  let last = Infinity;
  let due = 0;
  return (timestamp) => {
    if (timestamp < last) {
      first = timestamp;
      due = 0;
    }
    last = timestamp;
    const since = timestamp - first;
    // Half a microsecond of tolerance: timestamps are rounded to whole ones.
    if (since + 0.5 < due * period) return false;
    due = Math.floor((since + 0.5) / period) + 1;
    return true;
  };
}

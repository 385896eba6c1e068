import { SourceError } from '../../errors/errors.ts';
import type { DecodeOptions } from './decode-options.ts';
import type { Run } from './scene-run.ts';
import type { MediaInput } from './input.ts';
import type { Ffmpeg } from './locate.ts';
import type { VideoInfo } from './video-info.ts';

/** A run that has ended, and its options. */
export interface FinishedRun {
  readonly run: Run;
  readonly input: MediaInput;
  readonly info: VideoInfo;
  readonly ffmpeg: Ffmpeg;
  /** How many were handed out or passed over. */
  readonly frames: number;
  readonly options: DecodeOptions;
}

/**
 * Checks how ffmpeg ended. It exits with 0 after a truncated or damaged file as well, so its messages decide.
 *
 * Damage is a warning: the frames that could be decoded were emitted. No frame at all, or an end by a signal, is an error.
 */
export function checkEnd({ run, input, info, frames, options }: FinishedRun): void {
  const { name } = input;
  const { errors, times } = run;
  const { code, signal } = run.end ?? { code: null, signal: null };
  const first = errors.lines[0] ?? errors.connection.failure;
  const said = first === undefined ? '' : `: ${first}`;
  if (signal !== null) {
    throw new SourceError('decode-failed', `${name}: ffmpeg was ended by ${signal} after ${frames} frames${said}`);
  }
  if (frames === 0 && times.first !== undefined && options.start !== undefined) {
    throw new SourceError('start-past-end', startPastEnd(name, options, info));
  }
  if (frames === 0) throw new SourceError('no-frames', `${name}: not one frame could be decoded${said}`);
  // 255 is how it ends when something sends it SIGTERM or SIGINT.
  if (code === 255 || (code !== 0 && errors.count === 0)) {
    throw new SourceError('decode-failed', `${name}: ffmpeg failed with code ${code} after ${frames} frames`);
  }
  warnOfDamage({ run, input, options });
}

/** Gives a warning if ffmpeg reported damage. */
export function warnOfDamage({
  run: { errors },
  input: { name },
  options,
}: Pick<FinishedRun, 'run' | 'input' | 'options'>): void {
  if (errors.count === 0) return;
  const times = errors.count === 1 ? 'once' : `${errors.count} times`;
  const message = `${name}: damaged; ffmpeg complained ${times}, first: ${errors.lines[0] ?? ''}`;
  options.onWarning?.({ source: name, code: 'damaged', message, count: errors.count });
}

/** Gives a warning if frames got other times than the file's. */
export function warnOfTimes({ run: { times }, input: { name }, frames, options }: FinishedRun): void {
  const count = times.repaired;
  if (count === 0) return;
  const message =
    `${name}: its clock starts anew or jumps; ${count === 1 ? 'one frame' : `${count} frames`} of ${frames} got another ` +
    'time than the file states, so that time increases. No frame is lost';
  options.onWarning?.({ source: name, code: 'clock', message, count });
}

/** The text of `start-past-end`. */
export function startPastEnd(
  name: string,
  { start = 0, sample }: Pick<DecodeOptions, 'start' | 'sample'>,
  { durationSeconds }: VideoInfo,
): string {
  const past = durationSeconds === undefined || start >= durationSeconds;
  const what = past
    ? `start ${start} s is past its end`
    : `no ${sample === 'keyframes' ? 'key frame' : 'frame'} at or after ${start} s`;
  return durationSeconds === undefined
    ? `${name}: ${what}: the video ends before`
    : `${name}: ${what}: the video ends at ${durationSeconds.toFixed(3)} s`;
}

import { SourceError } from '../../errors/errors.ts';
import type { MediaInput } from './input.ts';
import type { Ffmpeg } from './locate.ts';
import type { FinishedRun } from './run-end.ts';
import { statedLength } from './stated-length.ts';

/** The level of ffmpeg's log: only `debug` says whether a server ended a stream or only the connection. */
export function logLevel({ remote }: Pick<MediaInput, 'remote'>, { isModern }: Pick<Ffmpeg, 'isModern'>): string {
  return remote && isModern ? 'level+debug' : 'error';
}

/**
 * Throws `SourceError` (code `cut`, or `timeout`) if a server did not send the whole stream. ffmpeg exits with 0 all the same.
 * Gives a warning if nobody can know.
 */
export async function checkHttpEnd({ run, input, info, frames, options, ffmpeg }: FinishedRun): Promise<void> {
  const { failure, timedOut, lengthUnknown, noEnd, isOver } = run.errors.connection;
  if (frames === 0 || !input.remote || /^(hls|dash)/.test(info.container)) return;
  const { name } = input;
  const after = `after ${frames} frames`;
  if (timedOut) throw new SourceError('timeout', `${name}: the server sent nothing for 30 s, ${after}`);
  const cut = (what: string) => new SourceError('cut', `${name}: ${what}, ${after}: the stream is not complete`);
  if (failure !== undefined && !lengthUnknown) throw cut('the connection ended early');
  if (noEnd) throw cut('the video ended without its end');
  // FLV states a duration, and has no end.
  const hasEnd = (info.still && frames === 1) || (info.durationSeconds !== undefined && info.container !== 'flv');
  if (isOver || hasEnd) return;
  const stated = await statedLength(ffmpeg, input);
  if (stated === 'length' || (stated === 'chunks' && !ffmpeg.isModern)) return;
  if (stated === 'chunks') throw cut('the connection ended before the last chunk');
  const message = `${name}: the connection ended, ${after}; the server does not say whether the stream is complete`;
  options.onWarning?.({ source: name, code: 'cut', message, count: 1 });
}

import { logLevel } from './http-end.ts';
import type { MediaInput } from './input.ts';
import type { Ffmpeg } from './locate.ts';

/** What a decoding run needs besides its input and its graph. */
export interface DecodeArguments {
  /** Where to begin, in seconds after the file's start. */
  readonly seek?: number | undefined;
  readonly threads?: number | undefined;
  /** The hardware that decodes. It copies frames back into memory by itself. */
  readonly hwaccel?: string | undefined;
  /** Whether only the first frame is decoded. */
  readonly still?: boolean;
  /** Whether the graph has small pictures: they go to fd 4. */
  readonly findsCuts?: boolean;
  /** Whether the decoder skips what is no key frame, if it can. */
  readonly skipsFrames?: boolean;
}

/** The command line of one decoding run: timestamps to fd 3, pixels to fd 1, small pictures to fd 4. */
export function decodeArguments(
  { passthrough, isModern, printsTimes }: Pick<Ffmpeg, 'passthrough' | 'isModern' | 'printsTimes'>,
  input: Pick<MediaInput, 'args' | 'remote'>,
  graph: string,
  { seek, threads, hwaccel, still = false, skipsFrames = false, findsCuts = false }: DecodeArguments,
): readonly string[] {
  // No frame doubled or dropped to make the rate even, and the clock in µs, whatever the file's own is.
  const asItIs = [passthrough, 'passthrough', '-enc_time_base', '1:1000000', '-flush_packets', '1'];
  if (still) asItIs.push('-frames:v', '1');
  const general = ['-hide_banner', '-nostdin', '-v', logLevel(input, { isModern }), '-copyts'];
  // Else the filters have threads of their own, whose turns cost more than what they do.
  if (threads !== undefined) general.push('-threads', String(threads), '-filter_complex_threads', String(threads));
  if (hwaccel !== undefined) general.push('-hwaccel', hwaccel);
  // Accurate seeking would hide where the jump landed; the graph drops what comes before the start.
  if (seek !== undefined) general.push('-noaccurate_seek', '-ss', seek.toFixed(6));
  if (skipsFrames) general.push('-skip_frame', 'nokey');
  const times = printsTimes ? [] : ['-map', '[times]', ...asItIs, '-f', 'framecrc', 'pipe:3'];
  const pixels = ['-map', '[pixels]', ...asItIs, '-f', 'rawvideo', 'pipe:1'];
  const small = findsCuts ? ['-map', '[small]', ...asItIs, '-f', 'rawvideo', 'pipe:4'] : [];
  // Times first: ffmpeg serves its outputs in this order, and a picture that waits for its time is memory.
  return [...general, ...input.args, '-filter_complex', graph, ...times, ...small, ...pixels];
}

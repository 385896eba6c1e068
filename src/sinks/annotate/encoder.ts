import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { messageOf, SluiceError } from '../../errors/errors.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { startChild } from '../../sources/ffmpeg/children.ts';
import { ErrorLog } from '../../sources/ffmpeg/error-log.ts';
import type { Ffmpeg } from '../../sources/ffmpeg/locate.ts';
import { syncFile, syncFolder } from '../../disk/sync.ts';
import { frameHead, streamHead } from './timed-frames.ts';

/** The duration of a file's only frame, in µs. */
const SOLE_FRAME_US = 40_000;

type EncodingFfmpeg = Pick<Ffmpeg, 'path' | 'passthrough' | 'isModern'>;

/**
 * Encodes pictures with their times as an MP4 file, in an ffmpeg child process. ffmpeg writes a temporary file beside the target,
 * and `commit` renames it.
 *
 * Fails with `SluiceError` (`output`) that names the file and ffmpeg's message, such as a full disk or a missing x264.
 */
export class Encoder {
  readonly #path: string;
  readonly #temporary: string;
  readonly #child: ChildProcess;
  readonly #stdin: Writable;
  readonly #log = new ErrorLog();
  readonly #ended: Promise<SluiceError | undefined>;
  /** Whether this ffmpeg ends a file at the start of the last frame, so that players omit it. */
  readonly #endsEarly: boolean;
  #first: number | undefined;
  #last: { readonly data: Pixels['data']; readonly timestamp: number; readonly lasted: number } | undefined;
  #failed = false;

  constructor(ffmpeg: EncodingFfmpeg, target: string, first: Pixels) {
    const { width, height } = first;
    this.#path = target;
    this.#endsEarly = !ffmpeg.isModern;
    this.#temporary = `${target}.${randomUUID().slice(0, 8)}.tmp`;
    this.#child = startChild(ffmpeg.path, encodeArguments(ffmpeg, height, this.#temporary), 3, { stdin: 'pipe' });
    const { stdin } = this.#child;
    if (!stdin) throw new Error('unreachable: stdin is a pipe');
    this.#stdin = stdin;
    // A write error means that ffmpeg ended. #end reports the reason.
    stdin.on('error', () => undefined);
    this.#child.stdout?.resume();
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#log.push(text));
    this.#ended = this.#end();
    stdin.write(streamHead(width, height));
  }

  /** Writes a picture. Resolves when ffmpeg can take the next one. */
  async write({ data }: Pixels, timestamp: number): Promise<void> {
    this.#first ??= timestamp;
    this.#last = { data, timestamp, lasted: this.#last ? timestamp - this.#last.timestamp : SOLE_FRAME_US };
    await this.#put(data, timestamp);
  }

  async #put(data: Pixels['data'], timestamp: number): Promise<void> {
    if (!this.#failed) {
      this.#stdin.write(frameHead(timestamp, data.length));
      if (!this.#stdin.write(data))
        await Promise.race([once(this.#stdin, 'drain').catch(() => undefined), this.#ended]);
    }
    if (this.#failed) throw (await this.#ended) ?? this.#error('ffmpeg ended before the last picture');
  }

  /** Completes the file, which replaces an existing file. */
  async commit(): Promise<void> {
    await this.#endLast();
    this.#stdin.end();
    const error = await this.#ended;
    if (error) throw error;
    try {
      syncFile(this.#temporary);
      renameSync(this.#temporary, this.#path);
      syncFolder(path.dirname(this.#path));
    } catch (cause) {
      throw this.#error(messageOf(cause), cause);
    }
  }

  /** Repeats the last frame at its end time, so that old ffmpeg versions keep the last frame. That time is in whole milliseconds. */
  async #endLast(): Promise<void> {
    if (!this.#endsEarly || this.#first === undefined || this.#last === undefined) return;
    const { data, timestamp, lasted } = this.#last;
    await this.#put(data, this.#first + Math.ceil((timestamp + lasted - this.#first) / 1000) * 1000);
  }

  /** Kills ffmpeg and deletes the incomplete file. Does nothing after `commit`. */
  async discard(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    rmSync(this.#temporary, { force: true });
  }

  /** Waits until ffmpeg ends. Resolves to its error, or undefined if it succeeded. */
  async #end(): Promise<SluiceError | undefined> {
    let failure: unknown;
    const code = await new Promise<number | null>((resolve) => {
      this.#child.once('error', (error) => {
        failure = error;
        resolve(null);
      });
      this.#child.once('close', resolve);
    });
    this.#log.end();
    if (code === 0 && this.#log.count === 0) return undefined;
    this.#failed = true;
    return this.#error(
      failure === undefined ? (this.#log.lines[0] ?? `ffmpeg ended with ${code}`) : messageOf(failure),
      failure,
    );
  }

  #error(why: string, cause?: unknown): SluiceError {
    return new SluiceError('output', `cannot write ${this.#path}: ${why}`, { cause });
  }
}

function encodeArguments({ passthrough, isModern }: EncodingFfmpeg, height: number, target: string): readonly string[] {
  // The colour rule of the decoder, inverted. x264 needs even sizes for yuv420p.
  const [matrix, tag] = height < 720 ? ['bt601', 'smpte170m'] : ['bt709', 'bt709'];
  const flags = 'flags=accurate_rnd+full_chroma_int';
  const graph = [
    'pad=ceil(iw/2)*2:ceil(ih/2)*2',
    `scale=in_range=pc:out_range=tv:out_color_matrix=${matrix}:${flags}`,
    'format=yuv420p',
    'setsar=1',
  ].join(',');
  // Older ones write times in decoding order, which equals display order only without B-frames.
  const noBFrames = isModern ? [] : ['-bf', '0'];
  return [
    ...['-hide_banner', '-v', 'error', '-copyts', '-f', 'matroska', '-i', 'pipe:0', '-vf', graph],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '20', '-colorspace', tag, '-color_range', 'tv'],
    ...noBFrames,
    ...[passthrough, 'passthrough', '-enc_time_base', '1:1000000', '-video_track_timescale', '1000000'],
    // The prefix keeps `-`, `:` and `|` in a name from meaning something, as in `tee:a|b` and `tcp:host`.
    ...['-movflags', '+faststart', '-f', 'mp4', '-y', `file:${path.resolve(target)}`],
  ];
}

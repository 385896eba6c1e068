import { SourceError } from '../../errors/errors.ts';
import { startChild } from './children.ts';
import type { Animation } from './animation.ts';
import { chooseStream } from './choose-stream.ts';
import type { MediaInput } from './input.ts';
import type { Ffmpeg } from './locate.ts';
import { RemoteBytes } from './remote-bytes.ts';
import { settleInput } from './settle-input.ts';
import type { VideoInfo } from './video-info.ts';

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT = 256 * 1024;
const MAX_SIDE = 16_384;

/** An input as ffmpeg has to read it, and the video stream of it that is read. */
export interface Probed {
  readonly input: MediaInput;
  readonly info: VideoInfo;
  /** Says which stream it is, if there were others to choose from. */
  readonly choice?: string;
}

/**
 * Asks ffmpeg what a file holds, without decoding it; throws `SourceError` for what is not a video. `stream` is the number of
 * the stream that is asked for.
 */
export async function probe(
  ffmpeg: Ffmpeg,
  given: MediaInput,
  stream: number | undefined,
  signal: AbortSignal,
): Promise<Probed> {
  const {
    input,
    text,
    parsed: videos,
  } = await settleInput(given, {
    describe: (asked) => describe(ffmpeg, asked, signal),
    fetch: (asked) => new RemoteBytes(ffmpeg, asked, signal),
  });
  if (input.animation !== undefined && (videos === 'not-media' || videos.every(({ still }) => still))) {
    throw notAnimated(input.name, input.animation, ffmpeg);
  }
  if (videos === 'not-media') throw notMedia(input, text);
  const { info: parsed, ...choice } = chooseStream(input.name, videos, stream);
  if (parsed.width > MAX_SIDE || parsed.height > MAX_SIDE) {
    const size = `${parsed.width}x${parsed.height}`;
    throw new SourceError('too-large', `${input.name}: ${size} is over the limit of ${MAX_SIDE} on a side`);
  }
  return { input, info: ofPicture(parsed, input), ...choice };
}

/** What the bytes of a picture say besides, and the one colour space that TIFF has besides RGB. */
function ofPicture(info: VideoInfo, { orientation, opaque }: MediaInput): VideoInfo {
  const { width, height, pixelFormat } = info;
  return {
    ...info,
    ...(orientation >= 5 && { width: height, height: width }),
    ...(opaque && { pixelFormat: pixelFormat.replace(/^rgba64/, 'rgb48').replace(/^rgba$/, 'rgb0') }),
    ...(info.codec === 'tiff' && { matrix: 'smpte170m', range: 'full' }),
  };
}

function notAnimated(name: string, animation: Animation, { version }: Ffmpeg): SourceError {
  const what = `${name}: an ${animation}, which this ffmpeg (${version}) cannot decode`;
  return new SourceError('codec', `${what}: convert it to a GIF, MP4 or WebM file, or use an ffmpeg that can`);
}

function notMedia({ name }: MediaInput, text: string): SourceError {
  const lines = text.trim().split('\n');
  if (/Server returned 404/.test(text)) return new SourceError('not-found', `${name}: the server says 404, not found`);
  const said = (lines.findLast((line) => !/^(At least one|Error opening input file)/.test(line)) ?? '')
    .trim()
    .slice(0, 300);
  // ffmpeg says this of whatever it can't make sense of; anything else (refused, timed out) is not about the content.
  const code = /^https?:/.test(name) && !/Invalid data/.test(text) ? 'unreadable' : 'not-a-video';
  return new SourceError(code, `${name}: ffmpeg cannot read it as a video: ${said}`);
}

function describe(ffmpeg: Ffmpeg, { name, args }: MediaInput, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = startChild(ffmpeg.path, ['-hide_banner', '-nostdin', ...args], 3);
    let text = '';
    let late = false;
    const kill = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, TIMEOUT_MS);
    signal.addEventListener('abort', kill);
    child.stdout?.resume();
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      if (text.length < MAX_OUTPUT) text += piece;
    });
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
      act();
    };
    child.once('error', (cause) => {
      settle(() =>
        reject(new SourceError('probe-failed', `${name}: ${ffmpeg.path} did not start: ${cause.message}`, { cause })),
      );
    });
    child.once('close', (_code, killedBy) => {
      settle(() => {
        if (signal.aborted) reject(signal.reason);
        else if (late)
          reject(new SourceError('timeout', `${name}: no description of it within ${TIMEOUT_MS / 1000} s`));
        else if (killedBy !== null)
          reject(new SourceError('probe-failed', `${name}: ffmpeg was ended by ${killedBy} while looking at it`));
        else resolve(text);
      });
    });
  });
}

import { withoutSecrets } from '../source-name.ts';
import { SourceError } from '../../errors/errors.ts';
import { MAX_SIDE } from '../../preprocess/fit.ts';
import { isNearer } from '../proxy/address-kind.ts';
import { startChild } from './children.ts';
import { endInTime } from './end-in-time.ts';
import { isAnimation } from './animation.ts';
import { chooseStream } from '../choose-stream.ts';
import { isStreaming, refusedFormat, whatItIs } from './formats.ts';
import type { InputLimits, MediaInput } from './input.ts';
import type { Ffmpeg } from './locate.ts';
import { whyNoPicture } from './picture-kind.ts';
import { PixelLimitError, refusedSize } from './pixel-limit.ts';
import { RemoteBytes } from './remote-bytes.ts';
import { asRemotePlaylist, openProxy } from './remote-input.ts';
import { settleInput, type Description } from './settle-input.ts';
import type { VideoInfo } from './video-info.ts';

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT = 256 * 1024;

/** An input as ffmpeg has to read it, and the video stream of it that is read. */
export interface Probed {
  readonly input: MediaInput;
  readonly info: VideoInfo;
  /** Says which stream it is, if there were others to choose from. */
  readonly choice?: string;
}

/** What is asked for of a file. */
export interface Wanted extends InputLimits {
  /** The number of the stream. */
  readonly stream: number | undefined;
}

/** Asks ffmpeg what a file holds, without decoding it; throws `SourceError` for what is not a video. */
export async function probe(
  ffmpeg: Ffmpeg,
  given: MediaInput,
  { stream, maxPixels, allowPlaylists = false }: Wanted,
  signal: AbortSignal,
): Promise<Probed> {
  const {
    input,
    text,
    parsed: videos,
  } = await settleInput(given, {
    describe: async (asked, separator) => {
      const first = await describe(ffmpeg, asked, separator, signal);
      const playlist = playlistAt(first, allowPlaylists);
      return playlist ? describe(ffmpeg, playlist, separator, signal) : first;
    },
    fetch: (asked) => RemoteBytes.open(ffmpeg, asked, signal),
  });
  refuseTiles(input, text);
  const refused = refusedSize(text);
  if (refused && (videos === 'not-media' || videos.length === 0)) throw new PixelLimitError(input, refused, maxPixels);
  const moves = isAnimation(input.kind);
  // ffmpeg may read the first picture of an animation that it does not know.
  if (videos === 'not-media' || videos.every(({ still }) => still && moves)) {
    const why = whyNoPicture(input, ffmpeg);
    if (why !== undefined && !isMissing(text)) throw new SourceError('codec', why);
    refusePlaylist(input, text);
    refuseForeignSegments(input, text);
  }
  if (videos === 'not-media') throw notMedia(input, text);
  const { chosen: parsed, ...choice } = chooseStream(input.name, videos, stream);
  const { storedWidth, storedHeight } = parsed;
  if (storedWidth * storedHeight > maxPixels) {
    throw new PixelLimitError(input, [storedWidth, storedHeight], maxPixels);
  }
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

/** The server or the disk has no such thing: what it is like does not matter. */
function isMissing(text: string): boolean {
  return /Server returned|Connection refused|No such file|timed out|Failed to resolve/i.test(text);
}

/** Of a picture of tiles, ffmpeg 7 and later list the tiles; the first one is not the picture. */
function refuseTiles({ name }: MediaInput, text: string): void {
  if (!/^\s*Stream group #0:\d+.*Tile Grid/m.test(text)) return;
  throw new SourceError(
    'codec',
    `${name}: a picture made of tiles, which sluice does not put together: convert it to JPEG or PNG first`,
  );
}

/**
 * The playlist that a URL has turned out to be: ffmpeg has opened nothing that it names. One in the internet to which a server nearby
 * redirects is refused, since it could name what is on that server.
 */
function playlistAt({ input, text }: Description, allowPlaylists: boolean): MediaInput | undefined {
  const { name, remote } = input;
  if (!remote || remote.playlist || !isStreaming(refusedFormat(text))) return undefined;
  const { own, farthest, redirects } = remote;
  if (own && farthest && isNearer(own, farthest)) {
    const there = redirects?.at(-1) ?? '';
    throw new SourceError(
      'not-allowed',
      `${name}: it redirects to a playlist at ${there}; give the URL of that playlist`,
    );
  }
  return asRemotePlaylist(input, remote, allowPlaylists);
}

/** ffmpeg was told which formats it may read, and has opened nothing that another format refers to. */
function refusePlaylist({ name, remote }: MediaInput, text: string): void {
  const format = refusedFormat(text);
  if (format === undefined) return;
  if (remote) {
    const why = 'which is not read from a server: of what names other files, only HLS and DASH are';
    throw new SourceError('not-allowed', `${name}: ${whatItIs(format)}, ${why}`);
  }
  throw new SourceError(
    'not-allowed',
    `${name}: ${whatItIs(format)}, which may name other files to read in its place; for files that you trust, allow it with --allow-playlists (the option allowPlaylists)`,
  );
}

/** A playlist on disk reaches no network, and one from the network no disk: either could be made to spy. */
function refuseForeignSegments({ name }: MediaInput, text: string): void {
  const protocol = /Protocol '(\w+)' not on whitelist/.exec(text)?.[1];
  if (protocol === undefined) return;
  const why = /^https?:/i.test(name)
    ? `a playlist from the network that names ${protocol}: addresses, which are not read from there`
    : `a playlist on this machine that names ${protocol}: addresses; a local file may not reach the network. Give the URL of the playlist instead, or download its segments`;
  throw new SourceError('not-allowed', `${name}: ${why}`);
}

function notMedia({ name }: MediaInput, text: string): SourceError {
  const lines = text.trim().split('\n');
  if (/Server returned 404/.test(text)) return new SourceError('not-found', `${name}: the server says 404, not found`);
  const said = withoutSecrets(lines.findLast((line) => !/^(At least one|Error opening input file)/.test(line)) ?? '')
    .trim()
    .slice(0, 300);
  // ffmpeg says this of whatever it can't make sense of; anything else (refused, timed out) is not about the content.
  const code = /^https?:/.test(name) && !/Invalid data/.test(text) ? 'unreadable' : 'not-a-video';
  return new SourceError(code, `${name}: ffmpeg cannot read it as a video: ${said}`);
}

async function describe(
  ffmpeg: Ffmpeg,
  input: MediaInput,
  separator: string,
  signal: AbortSignal,
): Promise<Description> {
  const { name, args } = input;
  signal.throwIfAborted();
  const proxy = await openProxy(input);
  return new Promise((resolve, reject) => {
    const asking = ['-hide_banner', '-nostdin', '-dump_separator', separator, ...args];
    const child = startChild(ffmpeg.path, asking, 3, { proxy });
    const time = endInTime(child, TIMEOUT_MS, signal);
    let text = '';
    child.stdout?.resume();
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      if (text.length < MAX_OUTPUT) text += piece;
    });
    child.once('error', (cause) =>
      reject(new SourceError('probe-failed', `${name}: ${ffmpeg.path} did not start: ${cause.message}`, { cause })),
    );
    child.once('close', (_code, killedBy) => {
      if (signal.aborted) reject(signal.reason);
      else if (proxy?.refusal) reject(proxy.refusal);
      else if (proxy?.problem !== undefined && !text.includes('Input #0'))
        reject(new SourceError('unreadable', `${name}: ${proxy.problem}`));
      else if (time.isOver)
        reject(new SourceError('timeout', `${name}: no description of it within ${TIMEOUT_MS / 1000} s`));
      else if (killedBy !== null)
        reject(new SourceError('probe-failed', `${name}: ffmpeg was ended by ${killedBy} while looking at it`));
      // A name may hold line ends, and then what looks like a stream.
      else {
        const described = text.replace(`from '${args.at(-1)}':`, "from '…':");
        resolve({ input: proxy ? { ...input, remote: proxy.state } : input, text: described });
      }
    });
  });
}

import { open, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { plainUrl } from '../proxy/playlist-urls.ts';
import type { ReachState } from '../proxy/reach.ts';
import { sourceName } from '../source-name.ts';
import { OptionError, SourceError, messageOf } from '../../errors/errors.ts';
import type { Orientation } from './exif.ts';
import { FORMATS } from './formats.ts';
import { bytesOfFile } from './read-bytes.ts';
import type { PictureKind } from './picture-kind.ts';
import { sniffPicture, type SniffedPicture } from './sniff-picture.ts';
import { isA } from '../../errors/is-a.ts';
import { codeOf } from '../../errors/code-of.ts';

/** The input of ffmpeg. */
export interface MediaInput {
  /** As the user gave it, without passwords: the name in labels and errors. */
  readonly name: string;
  /** ffmpeg's options before `-i`, and `-i` itself. */
  readonly args: readonly string[];
  /** The orientation tag of a photo; 1 for everything else. */
  readonly orientation: Orientation;
  /** Set for a picture whose fourth channel is no transparency. */
  readonly opaque?: true;
  /** A kind of picture that not every ffmpeg reads, or that moves. */
  readonly kind?: PictureKind;
  /** Set for what ffmpeg reads from a server: where that may lead. */
  readonly remote?: ReachState;
}

/** What may be read of an input. */
export interface InputLimits {
  /** The most pixels of a picture or a frame. */
  readonly maxPixels: number;
  /** Whether a file on disk may name others that are read in its place. Default false. */
  readonly allowPlaylists?: boolean | undefined;
}

/** Turns a path, a `file:` URL or an `http(s):` URL into ffmpeg's arguments; a file that can't be read is an error here. */
export async function openInput(
  where: string | URL,
  { maxPixels, allowPlaylists = false }: InputLimits,
): Promise<MediaInput> {
  const { name, file, url } = parseLocation(where);
  // ffmpeg takes no memory for larger pictures, also later in a video.
  const limit = ['-max_pixels', String(maxPixels)];
  if (file === undefined) {
    // No `file` here: what comes from the network must not read local files through a playlist. No `https` or `httpproxy`:
    // ffmpeg asks nothing but the proxy of this process.
    const allowed = ['-protocol_whitelist', 'http,tcp,crypto,data', '-format_whitelist', FORMATS];
    const args = [...limit, ...allowed, '-rw_timeout', '30000000', '-i', plainUrl(new URL(url))];
    return { name, orientation: 1, args, remote: { origin: new URL(url).origin } };
  }
  const picture = await inspect(file, name);
  // The prefix keeps `-`, `:` and `|` in a name from meaning something.
  const formats = allowPlaylists ? [] : ['-format_whitelist', FORMATS];
  const args = [...limit, '-protocol_whitelist', 'file,crypto,data', ...formats, '-i', `file:${file}`];
  return asPicture({ name, orientation: 1, args }, picture);
}

/** @internal What to add to the message that a file is missing: Node has U+FFFD in place of bytes of names that are not UTF-8. */
export function whyMissing(name: string): string {
  return name.includes('\uFFFD') ? ': its name is not valid UTF-8, so it cannot be opened; rename it' : '';
}

/** How ffmpeg reads the input if it is this picture. */
export function asPicture(input: MediaInput, picture: SniffedPicture | undefined): MediaInput {
  if (picture === undefined) return input;
  const { demuxer, orientation, opaque, kind } = picture;
  const said = { ...(opaque && { opaque }), ...(kind && { kind }) };
  if (demuxer === undefined) return { ...input, ...said };
  // Naming the demuxer keeps `%d`, `*` and `[` in a picture's name from being read as a pattern. ffmpeg up to 7 does
  // not obey a photo's orientation tag and later ones do: none may, and we turn the picture ourselves.
  const args = ['-f', demuxer, '-noautorotate', ...input.args];
  return { ...input, args, orientation, ...said };
}

/** Checks the kind of location without touching it; `OptionError` for one that is never read. */
export function parseLocation(where: string | URL): { name: string; file?: string; url: string } {
  if (typeof where !== 'string' && !isA('URL', where)) {
    throw new OptionError(`a media source is a path or a URL, not ${String(where)}`);
  }
  const given = String(where);
  const name = sourceName(given);
  if (given === '' || given.includes('\0')) throw new OptionError('a media source needs a path that is not empty');
  if (given === '-') {
    throw new OptionError('- means stdin, which is not read: save it as a file first (a file of that name is ./-)');
  }
  const scheme = isA('URL', where) ? where.protocol : /^([a-z][a-z\d+.-]+:)\/\//i.exec(given)?.[1]?.toLowerCase();
  if (scheme === undefined) return { name, file: path.resolve(given), url: '' };
  if (scheme === 'http:' || scheme === 'https:') {
    // Not its own error, which quotes the URL.
    if (!URL.canParse(given)) throw new OptionError(`${name}: the URL cannot be parsed`);
    return { name, url: new URL(given).href };
  }
  if (scheme !== 'file:')
    throw new OptionError(`${name}: only paths and file:, http: and https: URLs are read; ${insteadOf(scheme)}`);
  try {
    return { name, file: fileURLToPath(given), url: '' };
  } catch (cause) {
    throw new OptionError(`${name}: ${messageOf(cause)}`, { cause });
  }
}

/** What to do with a URL that is not read. */
function insteadOf(scheme: string): string {
  if (/^(rts|rtm|sr|ud|rt|tc|mm)/.test(scheme)) {
    return 'record the stream first (ffmpeg -i URL -t 60 -c copy clip.mkv), or have it served by http as HLS';
  }
  return scheme === 's3:' || scheme === 'gs:' ? 'give a signed https: URL' : 'download it first';
}

async function inspect(file: string, name: string): Promise<SniffedPicture | undefined> {
  let handle: FileHandle | undefined;
  try {
    // Before it is opened: opening a pipe would wait for its writer.
    const status = await stat(file);
    if (!status.isFile()) {
      const what = status.isDirectory()
        ? 'a directory, not a file'
        : 'a device or pipe, not a file: save what comes from it as a file first';
      throw new SourceError('not-a-file', `${name}: ${what}`);
    }
    if (status.size === 0) throw new SourceError('empty', `${name}: the file is empty`);
    handle = await open(file);
    return await sniffPicture(name, bytesOfFile(handle));
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new SourceError('not-found', `${name}: no such file${whyMissing(name)}`, { cause });
    throw new SourceError('unreadable', `${name}: ${messageOf(cause)}`, { cause });
  } finally {
    await handle?.close();
  }
}

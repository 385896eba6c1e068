import { open, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { OptionError, SourceError, messageOf } from '../../errors/errors.ts';
import type { Orientation } from './exif.ts';
import { bytesOfFile } from './read-bytes.ts';
import { sniffPicture, type SniffedPicture } from './sniff-picture.ts';
import type { Animation } from './animation.ts';

/** The input of ffmpeg. */
export interface MediaInput {
  /** As the user gave it: the name in labels and errors. */
  readonly name: string;
  /** ffmpeg's options before `-i`, and `-i` itself. */
  readonly args: readonly string[];
  /** The orientation tag of a photo; 1 for everything else. */
  readonly orientation: Orientation;
  /** Set for a picture whose fourth channel is no transparency. */
  readonly opaque?: true;
  /** What moving picture it is, by its first bytes; undefined for everything else. */
  readonly animation?: Animation;
}

/** Turns a path, a `file:` URL or an `http(s):` URL into ffmpeg's arguments; a file that can't be read is an error here. */
export async function openInput(where: string | URL): Promise<MediaInput> {
  const { name, file, url } = parseLocation(where);
  if (file === undefined) {
    // No `file` here: what comes from the network must not read local files through a playlist.
    const protocols = 'http,https,httpproxy,tcp,tls,crypto,data';
    return { name, orientation: 1, args: ['-protocol_whitelist', protocols, '-rw_timeout', '30000000', '-i', url] };
  }
  const picture = await inspect(file, name);
  // The prefix keeps `-`, `:` and `|` in a name from meaning something.
  const args = ['-protocol_whitelist', 'file,crypto,data', '-i', `file:${file}`];
  return asPicture({ name, orientation: 1, args }, picture);
}

/** Whether ffmpeg reads the input from a server. */
export function isRemote({ args }: Pick<MediaInput, 'args'>): boolean {
  return /^https?:/.test(args.at(-1) ?? '');
}

/** How ffmpeg reads the input if it is this picture. */
export function asPicture(input: MediaInput, picture: SniffedPicture | undefined): MediaInput {
  if (picture === undefined) return input;
  const { demuxer, orientation, opaque, animation } = picture;
  // Naming the demuxer keeps `%d`, `*` and `[` in a picture's name from being read as a pattern. ffmpeg up to 7 does
  // not obey a photo's orientation tag and later ones do: none may, and we turn the picture ourselves.
  const args = demuxer === undefined ? input.args : ['-f', demuxer, '-noautorotate', ...input.args];
  return { ...input, args, orientation, ...(opaque && { opaque }), ...(animation && { animation }) };
}

/** Checks the kind of location without touching it; `OptionError` for one that is never read. */
export function parseLocation(where: string | URL): { name: string; file?: string; url: string } {
  if (typeof where !== 'string' && !(where instanceof URL)) {
    throw new OptionError(`a media source is a path or a URL, not ${String(where)}`);
  }
  const name = String(where);
  if (name === '' || name.includes('\0')) throw new OptionError('a media source needs a path that is not empty');
  const scheme = where instanceof URL ? where.protocol : /^([a-z][a-z\d+.-]+:)\/\//i.exec(name)?.[1]?.toLowerCase();
  if (scheme === undefined) return { name, file: path.resolve(name), url: '' };
  if (scheme === 'http:' || scheme === 'https:') return { name, url: new URL(name).href };
  if (scheme !== 'file:') throw new OptionError(`${name}: only paths and file:, http: and https: URLs are read`);
  try {
    return { name, file: fileURLToPath(name), url: '' };
  } catch (cause) {
    throw new OptionError(`${name}: ${messageOf(cause)}`, { cause });
  }
}

async function inspect(file: string, name: string): Promise<SniffedPicture | undefined> {
  let handle: FileHandle | undefined;
  try {
    // Before it is opened: opening a pipe would wait for its writer.
    const status = await stat(file);
    if (!status.isFile()) {
      const what = status.isDirectory() ? 'a directory' : 'a device or pipe';
      throw new SourceError('not-a-file', `${name}: ${what}, not a file`);
    }
    if (status.size === 0) throw new SourceError('empty', `${name}: the file is empty`);
    handle = await open(file);
    return await sniffPicture(name, bytesOfFile(handle));
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new SourceError('not-found', `${name}: no such file`, { cause });
    throw new SourceError('unreadable', `${name}: ${messageOf(cause)}`, { cause });
  } finally {
    await handle?.close();
  }
}

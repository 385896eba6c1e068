import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { SourceError, messageOf } from '../../errors/errors.ts';

/** An ffmpeg that was found and runs. */
export interface Ffmpeg {
  readonly path: string;
  /** Where it was found: the `ffmpeg` option, `FFMPEG_PATH`, `PATH`, or the npm package `@ffmpeg-installer/ffmpeg`. */
  readonly origin: 'option' | 'env' | 'path' | 'installer';
  /** As it calls itself: `5.1.9`, `N-47683-g0e8eb07980-static`. */
  readonly version: string;
  /** `-fps_mode` (ffmpeg 5.1 and later) or `-vsync`, which the newest no longer know. */
  readonly passthrough: '-fps_mode' | '-vsync';
  /** Whether it is ffmpeg 5.1 or later. Those before end files early, and some say wrong levels in their logs. */
  readonly isModern: boolean;
  /** Whether its filter `metadata` can write each frame's time at once (its option `direct`). */
  readonly printsTimes: boolean;
  /** A warning for the user if the binary is old. */
  readonly notice?: string;
}

interface Candidate extends Pick<Ffmpeg, 'path' | 'origin'> {
  /** Its name in errors. */
  readonly as: string;
}

const HOW_TO_GET_IT =
  'no ffmpeg found: install it (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg), or name a binary ' +
  'by the option `ffmpeg` or the variable FFMPEG_PATH, or npm install @ffmpeg-installer/ffmpeg';

const OLD_BINARY =
  'using the ffmpeg of 2018 from @ffmpeg-installer/ffmpeg: keep untrusted files from it; a current ffmpeg on PATH is taken first';

const known = new Map<string, Promise<Ffmpeg>>();

/**
 * Finds an ffmpeg: the option, `FFMPEG_PATH`, `PATH`, then `@ffmpeg-installer/ffmpeg` where it is installed.
 *
 * A bad option or `FFMPEG_PATH` is an error (code `bad-ffmpeg`). If none is found, the error (code `no-ffmpeg`) says how to
 * get one. Each binary is asked for its version once per process.
 */
export async function locateFfmpeg(explicit?: string): Promise<Ffmpeg> {
  const candidate = await find(explicit);
  const key = `${candidate.origin} ${candidate.path}`;
  const found = known.get(key) ?? identify(candidate);
  known.set(key, found);
  // A binary that failed may be repaired while the process runs.
  found.catch(() => known.delete(key));
  return found;
}

async function find(explicit: string | undefined): Promise<Candidate> {
  const env = process.env['FFMPEG_PATH'];
  if (explicit !== undefined) return named(explicit, 'option', 'the option `ffmpeg`');
  if (env !== undefined && env !== '') return named(env, 'env', 'FFMPEG_PATH');
  const onPath = await searchPath('ffmpeg');
  if (onPath !== undefined) return { path: onPath, origin: 'path', as: 'PATH' };
  const installed = fromInstaller();
  if (installed !== undefined) return { path: installed, origin: 'installer', as: '@ffmpeg-installer/ffmpeg' };
  throw new SourceError('no-ffmpeg', HOW_TO_GET_IT);
}

/** A bare word is looked up on PATH as a shell would; anything else is a file. */
async function named(name: string, origin: 'option' | 'env', as: string): Promise<Candidate> {
  const file = path.basename(name) === name ? await searchPath(name) : name;
  if (file === undefined) throw new SourceError('bad-ffmpeg', `${as} names ${name}, which is not on PATH`);
  const status = await stat(file).catch(() => undefined);
  if (status === undefined) throw new SourceError('bad-ffmpeg', `${as} names ${file}, which does not exist`);
  if (!status.isFile() || !(await executable(file))) {
    throw new SourceError('bad-ffmpeg', `${as} names ${file}, which is not an executable file`);
  }
  return { path: file, origin, as };
}

async function searchPath(name: string): Promise<string | undefined> {
  const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    if (folder === '') continue;
    for (const ending of endings) {
      const file = path.join(folder, name + ending);
      if (await executable(file)) return file;
    }
  }
  return undefined;
}

async function executable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** The package is never a dependency: it may be missing, and it throws (a string) where it has no binary. */
function fromInstaller(): string | undefined {
  try {
    const installer: unknown = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg');
    if (typeof installer !== 'object' || installer === null || !('path' in installer)) return undefined;
    return typeof installer.path === 'string' ? installer.path : undefined;
  } catch {
    return undefined;
  }
}

async function identify({ path: file, origin, as }: Candidate): Promise<Ffmpeg> {
  const output = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(file, args, { timeout: 20_000, windowsHide: true })).stdout;
  let [text, filter]: [string, string] = ['', ''];
  try {
    // Not by its version: builds from git have none, and distributions build what they like.
    [text, filter] = await Promise.all([output('-version'), output('-v', 'quiet', '-h', 'filter=metadata')]);
  } catch (cause) {
    throw new SourceError('bad-ffmpeg', `${file} (from ${as}) does not run: ${messageOf(cause)}`, { cause });
  }
  const version = /^ffmpeg version (\S+)/.exec(text)?.[1];
  if (version === undefined) throw new SourceError('bad-ffmpeg', `${file} (from ${as}) is not an ffmpeg`);
  // Builds from git have no release number; the library's version is always there. 59.37 is ffmpeg 5.1.
  const [, major = '0', minor = '0'] = /^libavcodec\s+(\d+)\.\s*(\d+)/m.exec(text) ?? [];
  const isModern = Number(major) > 59 || (Number(major) === 59 && Number(minor) >= 37);
  const printsTimes = /^\s+direct\s/m.test(filter);
  return {
    path: file,
    origin,
    version,
    passthrough: isModern ? '-fps_mode' : '-vsync',
    isModern,
    printsTimes,
    ...(origin === 'installer' && { notice: OLD_BINARY }),
  };
}

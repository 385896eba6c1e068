import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { messageOf, OptionError } from '../errors/errors.ts';

/** A file to be labelled, and how to notice that it is another one by now. */
export interface Input {
  /** As it was given, or found: the name in the results. */
  readonly name: string;
  /** Null where there is none to be asked: a URL, a file that is missing. */
  readonly bytes: number | null;
  /** When it was last written, ms since 1970. */
  readonly modified: number | null;
}

/** What is taken from a folder: it may hold other things than videos and pictures. */
const MEDIA =
  /\.(3g[2p]|asf|avi|avif|bmp|dv|flv|gif|heic|jpe?g|m2ts|m4v|mjpeg|mjpg|mkv|mov|mp4|mpe?g|mts|mxf|ogv|png|tiff?|ts|vob|webm|webp|wmv|y4m)$/i;
const HIDDEN = /(^|[/\\])\./;
const URL_LIKE = /^(https?|file):\/\//i;

/**
 * The files that are meant, each once, in this order: files, folders (all videos and pictures below them, by name),
 * patterns (`clips/**\/*.mp4`), and lists (`@list.txt`: a path on each line, or ended by NULs as `find -print0` does;
 * `@-` is stdin). Throws `OptionError` for a folder or pattern with nothing in it, a list that can't be read, and for no
 * file at all.
 */
export async function findInputs(given: readonly string[]): Promise<readonly Input[]> {
  const names = new Map<string, string>();
  for (const one of given) {
    for (const name of one.startsWith('@') ? readList(one.slice(1)) : [one]) {
      for (const file of await filesOf(name)) {
        const key = URL_LIKE.test(file) ? file : path.resolve(file);
        if (!names.has(key)) names.set(key, file);
      }
    }
  }
  if (names.size === 0) throw new OptionError('there is no file to label: name files, folders, patterns or @list.txt');
  return [...names.values()].map(describeInput);
}

/** A file as it is now. */
export function describeInput(name: string): Input {
  try {
    const stats = statSync(name, { throwIfNoEntry: false });
    if (stats?.isFile()) return { name, bytes: stats.size, modified: Math.round(stats.mtimeMs) };
  } catch {
    // What is wrong with it is said where it is read.
  }
  return { name, bytes: null, modified: null };
}

function readList(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new OptionError(`the list ${file === '-' ? 'on stdin' : file} can't be read: ${messageOf(cause)}`, { cause });
  }
  return text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((line) => line.trim() !== '');
}

async function filesOf(name: string): Promise<readonly string[]> {
  if (URL_LIKE.test(name)) return [name];
  if (existsSync(name)) return statSync(name).isDirectory() ? filesBelow(name) : [name];
  // A name that exists is a name, whatever is in it.
  if (!isDynamicPattern(name)) return [name];
  const found = await glob(name, { dot: false, expandDirectories: false });
  if (found.length === 0) throw new OptionError(`${name}: no file is like this`);
  return found.toSorted(byCodeUnits);
}

function filesBelow(folder: string): readonly string[] {
  const found = entriesBelow(folder).filter((name) => MEDIA.test(name) && !HIDDEN.test(name));
  if (found.length === 0) throw new OptionError(`${folder}: there is no video or picture in this folder`);
  return found.toSorted(byCodeUnits).map((name) => path.join(folder, name));
}

/** Paths of files, from the folder on. */
function entriesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  } catch (cause) {
    throw new OptionError(`${folder}: ${messageOf(cause)}`, { cause });
  }
}

/** The same order everywhere, whatever the language. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

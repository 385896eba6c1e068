import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { messageOf, OptionError } from '../errors/errors.ts';
import { namedSources } from '../sources/source-name.ts';
import { byCodeUnits, mediaBelow, type SayOfInputs } from './media-below.ts';

/** A file to label, with what shows that it has changed since. */
export interface Input {
  /** The path or URL, as the caller gave it or as it was found, without passwords; `source` in the results. */
  readonly name: string;
  /** The URL with its passwords, if it has any. It goes to the workers and is not stored. */
  readonly location?: string;
  /** The size. Null for a URL and for a missing file. */
  readonly bytes: number | null;
  /** The time of the last change, ms since 1970. Null for a URL and for a missing file. */
  readonly modified: number | null;
}

const URL_LIKE = /^(https?|file):\/\//i;

/**
 * Finds the files to label, in the order of the arguments, each file once. An argument is a file, a folder (all videos and
 * pictures below it, sorted by name), a pattern (`clips/**\/*.mp4`) or a list (`@list.txt`: one path a line, or paths that
 * end with NUL as `find -print0` prints them; `@-` reads stdin). A name that exists is that file, also if it begins with `@` or looks
 * like a pattern.
 *
 * `say` gets a warning for each folder that cannot be read, and a note that counts the files of a folder that are left out.
 *
 * Throws `OptionError` if a folder or pattern has no file, if a list cannot be read, or if no file is named.
 */
export async function findInputs(given: readonly string[], say: SayOfInputs): Promise<readonly Input[]> {
  const names = new Map<string, string>();
  for (const one of given) {
    // A file that exists is meant by its name, also if the name looks like a list.
    for (const name of one.startsWith('@') && !existsSync(one) ? readList(one.slice(1)) : [one]) {
      for (const file of await filesOf(name, say)) {
        const key = URL_LIKE.test(file) ? file : path.resolve(file);
        if (!names.has(key)) names.set(key, file);
      }
    }
  }
  if (names.size === 0) throw new OptionError('there is no file to label: name files, folders, patterns or @list.txt');
  return namedSources([...names.values()]).map(({ name, location }) =>
    name === location ? describeInput(name) : { name, location, bytes: null, modified: null },
  );
}

/** Reads a file's size and time of change. */
export function describeInput(name: string): Input {
  try {
    const stats = statSync(name, { throwIfNoEntry: false });
    if (stats?.isFile()) return { name, bytes: stats.size, modified: Math.round(stats.mtimeMs) };
  } catch {
    // The worker that reads the file reports why it cannot be read.
  }
  return { name, bytes: null, modified: null };
}

function readList(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new OptionError(`the list ${file === '-' ? 'on stdin' : file} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
  return text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((line) => line.trim() !== '');
}

async function filesOf(name: string, say: SayOfInputs): Promise<readonly string[]> {
  if (URL_LIKE.test(name)) return [name];
  // A file that exists is meant by its name, also if the name looks like a pattern.
  if (existsSync(name)) return statSync(name).isDirectory() ? mediaBelow(name, say) : [name];
  if (!isDynamicPattern(name)) return [name];
  const found = await glob(name, { dot: false, expandDirectories: false });
  if (found.length === 0) throw new OptionError(`${name}: no file matches this pattern`);
  return found.toSorted(byCodeUnits);
}

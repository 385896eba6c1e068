import { readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import path from 'node:path';
import { messageOf, OptionError } from '../errors/errors.ts';
import { whyMissing } from '../sources/ffmpeg/input.ts';
import { endingOf, isMedia } from './is-media.ts';

/** Says something about the files that were found: a warning, or a note that is only information. */
export type SayOfInputs = (kind: 'warning' | 'note', message: string) => void;

/** How many kinds of files a note names. */
const MOST_KINDS = 12;
/** A longer ending is none: the name only has a dot in it. */
const LONGEST_ENDING = 12;

/**
 * Finds the videos and pictures below a folder, sorted by name. Hidden files and folders (`.name`) are left out. Folders that are
 * linked are searched as well, each folder once, by the path without links if it has one.
 *
 * A folder that cannot be read is left out with a warning. A note counts the files that are neither videos nor pictures. Throws
 * `OptionError` if the folder itself cannot be read, or if nothing is found.
 */
export function mediaBelow(folder: string, say: SayOfInputs): readonly string[] {
  const files = new FolderSearch(folder, say).files();
  const media = files.filter((name) => isMedia(path.join(folder, name)));
  const others = files.length - media.length;
  const leftOut = `${others} ${others === 1 ? 'file that is' : 'files that are'} no video or picture (${kindsOf(files, media)})`;
  if (media.length === 0) {
    const reason = others === 0 ? '' : `, only ${leftOut}`;
    throw new OptionError(`${folder}: the folder contains no video or picture${reason}`);
  }
  if (others > 0) say('note', `${folder}: left out ${leftOut}`);
  return media.map((name) => path.join(folder, name));
}

/** Counts files by their endings, the most frequent first: `20 .txt, 3 .srt`. */
function kindsOf(files: readonly string[], media: readonly string[]): string {
  const taken = new Set(media);
  const counts = new Map<string, number>();
  for (const name of files) {
    if (taken.has(name)) continue;
    const ending = endingOf(name);
    const kind = ending === '' || ending.length > LONGEST_ENDING ? 'without ending' : `.${ending}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const kinds = [...counts].toSorted(([a, m], [b, n]) => n - m || byCodeUnits(a, b));
  const named = kinds.slice(0, MOST_KINDS).map(([kind, count]) => `${count} ${kind}`);
  const rest = kinds.slice(MOST_KINDS).reduce((sum, [, count]) => sum + count, 0);
  return [...named, ...(rest === 0 ? [] : [`${rest} others`])].join(', ');
}

/** One search of a folder and all folders below it. */
class FolderSearch {
  readonly #top: string;
  readonly #say: SayOfInputs;
  /** The folders that were searched, by their paths without links. A circle of links ends here. */
  readonly #searched = new Set<string>();
  readonly #files: string[] = [];
  /** Folders to search, relative to the top. Links come last, so that a folder's own path comes before links to it. */
  readonly #folders = [''];
  #links: string[] = [];

  constructor(top: string, say: SayOfInputs) {
    this.#top = top;
    this.#say = say;
  }

  /** The paths of all files, relative to the top. */
  files(): readonly string[] {
    for (let folder = this.#next(); folder !== undefined; folder = this.#next()) this.#search(folder);
    return this.#files.toSorted(byCodeUnits);
  }

  #next(): string | undefined {
    if (this.#folders.length > 0) return this.#folders.pop();
    const [first, ...rest] = this.#links.toSorted(byCodeUnits);
    this.#links = rest;
    return first;
  }

  #search(folder: string): void {
    const where = path.join(this.#top, folder);
    let entries: Dirent[];
    try {
      const real = realpathSync(where);
      if (this.#searched.has(real)) return;
      this.#searched.add(real);
      entries = readdirSync(where, { withFileTypes: true });
    } catch (cause) {
      if (folder === '') throw new OptionError(`${this.#top}: ${messageOf(cause)}`, { cause });
      this.#say(
        'warning',
        `${where}: the folder cannot be read and is left out: ${messageOf(cause)}${whyMissing(folder)}`,
      );
      return;
    }
    for (const entry of entries) this.#add(entry, path.join(folder, entry.name));
  }

  #add(entry: Dirent, name: string): void {
    if (entry.name.startsWith('.')) return;
    if (entry.isDirectory()) this.#folders.push(name);
    else if (entry.isSymbolicLink() && isFolder(path.join(this.#top, name))) this.#links.push(name);
    else this.#files.push(name);
  }
}

/** Whether a link leads to a folder. One that leads nowhere is a file that cannot be read. */
function isFolder(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    return false;
  }
}

/** Sorts in the same order under every locale. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

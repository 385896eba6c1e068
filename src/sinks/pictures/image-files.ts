import path from 'node:path';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { isBelow } from '../files/is-below.ts';
import { commitWith } from '../files/commit-with.ts';
import { OutputFile } from '../files/output-file.ts';
import { makeFolder } from '../files/output-folder.ts';

/** A picture that was written: the label of its frame, and where it is. */
export interface WrittenImage extends FrameLabel {
  readonly path: string;
}

/** The files of pictures in a folder, each of which has its name only when it is whole. */
export class ImageFiles {
  readonly #who: string;
  readonly #folder: string;
  readonly #extension: string;
  readonly #name: (label: FrameLabel) => string;
  readonly #taken = new Map<string, FrameLabel>();

  /** `who` is named in errors. Throws `OptionError`. */
  constructor(who: string, folder: string, extension: string, name: (label: FrameLabel) => string = ownName) {
    checkImageFiles(who, folder, name);
    this.#who = who;
    this.#folder = folder;
    this.#extension = extension;
    this.#name = name;
  }

  /** The path of a frame's picture. Throws `OptionError` for a name that is outside of the folder, or that another picture has. */
  claim(label: FrameLabel): string {
    const file = this.#fileFor(this.#name(label));
    const other = this.#taken.get(file);
    if (other) {
      throw new OptionError(
        `${this.#who}: ${file} would be written twice, for ${other.source} and ${label.source}: give name`,
      );
    }
    this.#taken.set(file, label);
    return file;
  }

  /** Writes a picture. Throws `SluiceError` (`output`). */
  write(file: string, bytes: Uint8Array): void {
    makeFolder(file);
    commitWith(new OutputFile(file), bytes);
  }

  #fileFor(name: unknown): string {
    const file = typeof name === 'string' && name !== '' ? path.join(this.#folder, `${name}.${this.#extension}`) : '';
    if (file !== '' && isBelow(this.#folder, file) && !file.includes('\0')) return file;
    throw new OptionError(
      `${this.#who}: name must give the name of a file in ${this.#folder}, not ${describeValue(name)}`,
    );
  }
}

/** Throws `OptionError` for what is no folder or no function. */
export function checkImageFiles(who: string, folder: unknown, name: unknown): void {
  if (typeof folder !== 'string' || folder === '') {
    throw new OptionError(`${who}: the folder must be a path, not ${describeValue(folder)}`);
  }
  if (typeof name !== 'function') throw new OptionError(`${who}: name must be a function, not ${describeValue(name)}`);
}

/** `clip-000012` of `videos/clip.mp4`. */
export function ownName({ source, seq }: FrameLabel): string {
  const base = path.basename(source.replace(/[?#].*$/, '')).replaceAll('\\', '_');
  return `${path.parse(base).name || 'picture'}-${String(seq).padStart(6, '0')}`;
}

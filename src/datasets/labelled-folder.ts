import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { byCodeUnits, mediaBelow, type SayOfInputs } from '../batch/media-below.ts';
import { messageOf, OptionError } from '../errors/errors.ts';
import type { LabelledFiles } from './labelled-files.ts';

/** The files in the folders of a folder, each folder named for the class that its files show. Classes are sorted by name. Throws `OptionError`. */
export function labelledFolder(folder: string, say: SayOfInputs): LabelledFiles {
  const names = namesIn(folder).filter((name) => !name.startsWith('.'));
  const labels = names.filter((name) => statSync(path.join(folder, name), { throwIfNoEntry: false })?.isDirectory());
  if (labels.length === 0) {
    throw new OptionError(
      `${folder}: the folder has no folders: give one with a folder for each class, named for the class, with its pictures or videos`,
    );
  }
  const others = names.length - labels.length;
  if (others > 0) {
    say(
      'warning',
      `${folder}: left out ${others} ${others === 1 ? 'file that lies' : 'files that lie'} in no folder of a class`,
    );
  }
  const files = labels.flatMap((label, target) =>
    mediaBelow(path.join(folder, label), say).map((file) => ({ path: file, target })),
  );
  return { labels, files };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted(byCodeUnits);
  } catch (cause) {
    throw new OptionError(`${folder}: ${messageOf(cause)}`, { cause });
  }
}

import { statSync } from 'node:fs';
import { codeOf } from '../errors/code-of.ts';
import { messageOf, OptionError } from '../errors/errors.ts';
import type { SayOfInputs } from '../batch/media-below.ts';
import { labelledCsv } from './labelled-csv.ts';
import type { LabelledFiles } from './labelled-files.ts';
import { labelledFolder } from './labelled-folder.ts';

/**
 * Reads which files show what: from a folder with one folder for each class, or from a CSV file of paths and labels. `say` gets warnings and
 * notes about what is left out. Throws `OptionError`.
 */
export function readLabelledFiles(data: string, say: SayOfInputs): LabelledFiles {
  const found = isFolder(data) ? labelledFolder(data, say) : labelledCsv(data, say);
  const [only] = found.labels;
  if (found.labels.length >= 2) return found;
  throw new OptionError(
    `${data}: all files are of one class, ${only ?? ''}: a model tells classes apart, so give files of at least two`,
  );
}

function isFolder(data: string): boolean {
  try {
    return statSync(data).isDirectory();
  } catch (cause) {
    const why = codeOf(cause) === 'ENOENT' ? 'there is no such folder or file' : messageOf(cause);
    throw new OptionError(
      `${data}: ${why}: give a folder with one folder for each class, or a CSV file of paths and labels`,
      {
        cause,
      },
    );
  }
}

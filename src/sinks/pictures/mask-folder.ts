import { realpathSync } from 'node:fs';
import path from 'node:path';
import { NEVER } from 'rxjs';
import { OptionError } from '../../errors/errors.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import type { Segmentation } from '../../tasks/segmentation/segmented.ts';
import type { Task } from '../../tasks/task.ts';
import { outPaths } from '../files/out-template.ts';
import { checkFolders } from '../files/output-folder.ts';
import type { ResultsOut } from '../files/results-out.ts';
import { ImageFiles } from './image-files.ts';
import { writeMask } from './masks-out.ts';

/**
 * Checks the folder for the masks of a run, and returns a function that opens it.
 *
 * Throws `OptionError` for inputs whose masks would have one name, and for an input that may be replaced; `SluiceError` (`output`) for a
 * folder that can't be written.
 */
export function prepareMasks(
  inputs: readonly string[],
  folder: string,
  { task, taskOptions }: { readonly task: Task; readonly taskOptions: object },
): () => ResultsOut {
  if (folder === '') throw new OptionError('--masks needs a folder');
  outPaths(path.join(folder.replaceAll(/[{}]/g, '$&$&'), '{name}-000000.png'), inputs, 'png', '--masks');
  const numbered = inputs.find((input) => /-\d{6,}\.png$/i.test(input) && isIn(folder, input));
  if (numbered !== undefined) {
    throw new OptionError(`--masks ${folder}: a mask might replace the input ${numbered}: choose another folder`);
  }
  checkFolders([path.join(folder, 'mask.png')]);
  const background = task.spec['background'];
  return () => {
    const files = new ImageFiles('--masks', folder, 'png');
    return {
      isStdout: false,
      write(result) {
        const selected = { ...result, ...task.select(result, taskOptions) } as StoredResult<Segmentation>;
        writeMask(files, selected, typeof background === 'number' ? background : undefined);
      },
      ended: () => undefined,
      room: () => undefined,
      failure: NEVER,
      commit: async () => [],
      // Each file is whole, or not there.
      keepPartial: () => [],
      discard: () => undefined,
    };
  };
}

/** Whether a file is in a folder, also under another name of it. */
function isIn(folder: string, file: string): boolean {
  try {
    return realpathSync(path.dirname(file)) === realpathSync(folder);
  } catch {
    // One of them is not there, or is a URL.
    return false;
  }
}

import path from 'node:path';
import { readLabelledFiles } from '../../datasets/read-labelled-files.ts';
import { splitFiles } from '../../datasets/split-files.ts';
import { makeFolders } from '../../disk/sync.ts';
import { messageOf, OptionError, SluiceError } from '../../errors/errors.ts';
import { interruptible } from './interruptible.ts';
import type { TrainCommand } from './train-options.ts';
import { TrainRun } from './train-run.ts';

/** The share of files that measure the model, unless the command says otherwise. */
const HELD_OUT = 0.2;

/** Teaches a model new classes, measures it, and writes it. Resolves to the exit code. */
export function trainModel(command: TrainCommand): Promise<number> {
  return interruptible(command, async (progress, signal) => {
    const { data, out, quiet = false, heldOut = HELD_OUT, seed = 1 } = command;
    if (out === '') throw new OptionError('--out needs the name of a folder');
    const found = readLabelledFiles(data, (kind, message) => {
      if (kind === 'warning' || !quiet) progress.say(kind, message);
    });
    const split = splitFiles(found, heldOut, seed);
    const alone = found.labels.filter(
      (_label, target) => heldOut > 0 && !split.heldOut.some((file) => file.target === target),
    );
    if (alone.length > 0) {
      progress.say(
        'warning',
        `${data}: one file shows ${alone.join(', ')}: it is learned from, so nothing measures how well`,
      );
    }
    try {
      makeFolders(out);
    } catch (cause) {
      throw new SluiceError('output', `cannot write ${out}: ${messageOf(cause)}`, { cause });
    }
    const folder = path.normalize(`${out}/`).replace(/[/\\]$/, '');
    return new TrainRun({ command, found, split, folder, progress, signal }).run();
  });
}

import { Command, Option } from 'commander';
import { labelBatch } from './batch.ts';
import type { BatchCommand } from './batch-options.ts';
import { addFormatOptions } from './format-options.ts';
import { checkTogether, labelling } from './labelling.ts';
import { bytes, whole } from './values.ts';

/** The command `sluice batch`. It passes its exit code to `onEnd`. */
export function batchCommand(onEnd: (code: number) => void): Command {
  const command = new Command('batch')
    .description('Labels every frame of many files on all CPU cores, and resumes after an interruption.')
    .argument(
      '<files...>',
      'files, folders, quoted patterns, or lists (@list.txt with one path per line; @- is stdin)',
    );
  return addFormatOptions(labelling(command))
    .option(
      '--job <folder>',
      'the folder that keeps the state of the job (default: FILE.job beside --out, removed at the end)',
    )
    .option('--fresh', 'delete the state in the job folder and start over')
    .option(
      '--workers <n>',
      'how many processes label at once (default: auto, as many as make the job faster)',
      workers,
    )
    .option(
      '--memory <size>',
      'the memory for all workers together: 2GB, 500MB (default: a quarter of the machine’s memory, at most three quarters of a container’s)',
      bytes,
    )
    .option(
      '--batch <n>',
      'how many frames go through the model together (default: depends on the model and the engine)',
      whole(1),
    )
    .addOption(new Option('--progress <how>', 'how to show progress').choices(['auto', 'json']).default('auto'))
    .option('--quiet', 'print only errors and warnings, no progress and no report')
    .addHelpText(
      'after',
      `
Examples:
  sluice batch --out night.ndjson videos/       all files below a folder
  sluice batch --out night.ndjson 'v/**/*.mp4'  all files that match
  sluice batch --out night.ndjson @list.txt     all files of a list
  sluice batch --fps 1 --job night videos/ > night.ndjson
                                                to stdout; can be resumed

After an interruption, the same command resumes the job and writes the same
bytes. The results do not depend on the number of workers.

Exit codes: 0 all frames were labelled, 1 something failed (all other frames
were labelled), 2 wrong usage, 130 interrupted (the same command resumes).`,
    )
    .action(async (files: string[], options: BatchCommand) => {
      checkTogether(options);
      onEnd(await labelBatch(files, options));
    });
}

function workers(text: string): number | 'auto' {
  return text === 'auto' ? text : whole(1)(text);
}

import { Command, Option } from 'commander';
import type { BatchCommand } from './batch-options.ts';
import { addFormatOptions } from './format-options.ts';
import { jobOptions } from './job-options.ts';
import { checkTogether, frameOptions, kindOptions, modelOptions, timingsOption } from './labelling.ts';
import { headOptions, withTaskOf, type HeadOptions } from './head-options.ts';
import { boxOptions, classOptions, poseOptions, regionOptions, scoreOption } from './result-options.ts';
import { stillOption } from './still-option.ts';
import { kindOf, RESULT_COMMANDS } from './task-commands.ts';

/** The command `sluice batch`. It passes its exit code to `onEnd`. */
export function batchCommand(onEnd: (code: number) => void): Command {
  const command = new Command('batch')
    .description('Labels every frame of many files on all CPU cores, and resumes after an interruption.')
    .argument(
      '<files...>',
      'files, folders, quoted patterns, or lists (@list.txt with one path per line; @- is stdin)',
    );
  const job = 'the folder that keeps the state of the job (default: FILE.job beside --out, removed at the end)';
  const task = new Option(
    '--task <name>',
    'what a model of your own is for, with the options of that command (default: what the model says, else classify)',
  ).choices(RESULT_COMMANDS);
  const model = headOptions(
    kindOptions(modelOptions(command)).addOption(task),
    ...RESULT_COMMANDS.flatMap((command) => kindOf(command) ?? []),
  );
  const labelling = timingsOption(
    regionOptions(poseOptions(boxOptions(classOptions(scoreOption(stillOption(frameOptions(model))))))),
  );
  return jobOptions(addFormatOptions(labelling), job)
    .addHelpText(
      'after',
      `
Examples:
  sluice batch --out night.ndjson videos/       all files below a folder
  sluice batch --out night.ndjson 'v/**/*.mp4'  all files that match
  sluice batch --out night.ndjson @list.txt     all files of a list
  sluice batch --model coco-ssd --only person --out people.parquet videos/
                                                the boxes of people
  sluice batch --fps 1 --job night videos/ > night.ndjson
                                                to stdout; can be resumed

After an interruption, the same command resumes the job and writes the same
bytes. The results do not depend on the number of workers.

Exit codes: 0 all frames were labelled, 1 something failed (all other frames
were labelled), 2 wrong usage, 130 interrupted (the same command resumes).`,
    )
    .action(async (files: string[], { task: taskCommand, ...options }: BatchArguments) => {
      checkTogether(options);
      const command: BatchCommand = {
        ...withTaskOf(taskCommand ?? '', options),
        ...(taskCommand === undefined ? {} : { taskCommand }),
      };
      const { labelBatch } = await import('./batch.ts');
      onEnd(await labelBatch(files, command));
    });
}

type BatchArguments = Omit<BatchCommand, 'task'> & HeadOptions & { readonly task?: string };

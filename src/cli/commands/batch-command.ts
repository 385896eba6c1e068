import { Command, Option } from 'commander';
import { labelBatch, type BatchCommand } from './batch.ts';
import { addFormatOptions } from './format-options.ts';
import { checkTogether, labelling } from './labelling.ts';
import { bytes, whole } from './values.ts';

/** `sluice batch`; `onEnd` gets the exit code. */
export function batchCommand(onEnd: (code: number) => void): Command {
  const command = new Command('batch')
    .description('Labels every frame of many files on all cores, each once, in order; what was cut off goes on.')
    .argument('<files...>', 'files, folders, patterns (quoted), lists (@list.txt, a path on each line; @- is stdin)');
  return addFormatOptions(labelling(command))
    .option('--job <folder>', 'keep the job here, to go on with it (default: FILE.job beside --out, until the end)')
    .option('--fresh', 'throw away what the job folder holds and start over')
    .option('--workers <n>', 'how many processes label at once (default: auto, as many as pay)', workers)
    .option('--memory <size>', 'what they may take together: 2GB, 500MB (default: a quarter of the machine’s)', bytes)
    .option('--batch <n>', 'frames that go through the model together (default: by model and engine)', whole(1))
    .addOption(new Option('--progress <how>', 'how progress is shown').choices(['auto', 'json']).default('auto'))
    .option('--quiet', 'no progress and no report; errors and warnings all the same')
    .addHelpText(
      'after',
      `
Examples:
  sluice batch --out night.ndjson videos/       all below a folder
  sluice batch --out night.ndjson 'v/**/*.mp4'  all that are like this
  sluice batch --out night.ndjson @list.txt     all of a list
  sluice batch --fps 1 --job night videos/ > night.ndjson
                                                into stdout; goes on after a kill

The same command goes on where it was cut off, whatever cut it off, and gives
the same bytes. The results do not depend on the number of workers.

Exit codes: 0 all labelled, 1 something failed (the rest is labelled all the
same), 2 wrong usage, 130 interrupted (the same command goes on).`,
    )
    .action(async (files: string[], options: BatchCommand) => {
      checkTogether(options);
      onEnd(await labelBatch(files, options));
    });
}

function workers(text: string): number | 'auto' {
  return text === 'auto' ? text : whole(1)(text);
}

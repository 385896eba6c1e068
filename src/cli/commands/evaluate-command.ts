import { Command, Option } from 'commander';
import type { EvaluateCommand } from './evaluate.ts';
import { jobOptions } from './job-options.ts';
import { checkTogether, frameOptions, kindOptions, modelOptions } from './labelling.ts';

const JOB =
  'a folder that keeps what is finished, so that the same command goes on after an interruption (default: none)';

/** The command `sluice evaluate`. It passes its exit code to `onEnd`. */
export function evaluateCommand(onEnd: (code: number) => void): Command {
  const command = new Command('evaluate')
    .description('Measures a classifier on files of known classes: accuracy, each class, confusions, calibration.')
    .requiredOption(
      '--data <folder|csv>',
      'the files: a folder with one folder for each class, named as the model names it, or a CSV of paths and labels',
    );
  return jobOptions(frameOptions(kindOptions(modelOptions(command))), JOB)
    .addOption(new Option('--format <format>', 'what is printed').choices(['text', 'json']).default('text'))
    .option('--report <file>', 'write a page with the confusion matrix and the worst mistakes: evaluation.html')
    .option('--confusion <file>', 'write the confusion matrix as a picture: confusion.svg')
    .addHelpText(
      'after',
      `
Examples:
  sluice evaluate --data photos/ --model my-model/
                                                photos/cat/*.jpg, photos/dog/*.jpg
  sluice evaluate --data test.csv --model my-model/ --report test.html
                                                path,label on each line
  sluice evaluate --data photos/ --format json > evaluation.json
                                                with the bundled model

The interval of 95 % of a share is a bootstrap over files. A file that can't be
read is named, left out and counted.

Exit codes: 0 all files were measured, 1 some could not be read, or something
failed, 2 wrong usage, 130 interrupted.`,
    )
    .action(async (options: EvaluateCommand) => {
      checkTogether(options);
      // Other commands start without what it loads.
      const { evaluateFiles } = await import('./evaluate.ts');
      onEnd(await evaluateFiles(options));
    });
}

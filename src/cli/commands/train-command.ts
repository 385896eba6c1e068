import { Command, Option } from 'commander';
import { jobOptions } from './job-options.ts';
import { checkTogether, frameOptions, OUTPUT } from './labelling.ts';
import type { TrainCommand } from './train-options.ts';
import { numeric, whole } from './values.ts';

const JOB =
  'the folder that keeps the features that are computed, also at the end (default: OUT.job beside --out, removed at the end)';

/** The command `sluice train`. It passes its exit code to `onEnd`. */
export function trainCommand(onEnd: (code: number) => void): Command {
  const command = new Command('train')
    .description(
      'Teaches a model the classes of your pictures or videos, and measures it on files that it did not learn from.',
    )
    .requiredOption(
      '--data <folder|csv>',
      'the files: a folder with one folder for each class, or a CSV of paths and labels',
    )
    .requiredOption(
      '--out <folder>',
      'the folder to write the model into: model.safetensors, evaluation.json, report.html',
    )
    .option(
      '--from <model>',
      'the model whose features are used: a name, a path or a URL; or scratch, a small network with random weights',
      'mobilenet-v1',
    )
    .option(...OUTPUT)
    .option('--fine-tune <n>', 'also train the last n-1 stages with weights before the new one (default: 1)', whole(1))
    .option('--epochs <n>', 'how often the model sees all pictures (default: 40; 60 from scratch)', whole(1))
    .option('--batch-size <n>', 'how many pictures make one step (default: 32)', whole(1))
    .option(
      '--learning-rate <rate>',
      'the size of the first steps, which falls to 0 (default: 0.001; 0.0001 with --fine-tune)',
      numeric((rate) => rate > 0, 'over 0'),
    )
    .option(
      '--held-out <share>',
      'the share of the files of each class that measure the model (default: 0.2; 0 measures nothing)',
      numeric((share) => share >= 0 && share < 1, 'from 0 to under 1'),
    )
    .option(
      '--seed <n>',
      'draws the files to hold out, the order of pictures, and the weights with --from scratch (default: 1)',
      whole(0),
    );
  return jobOptions(frameOptions(command), JOB)
    .addOption(
      new Option('--format <format>', 'how the evaluation is printed').choices(['text', 'json']).default('text'),
    )
    .addHelpText(
      'after',
      `
Examples:
  sluice train --data photos/ --out my-model/   photos/cat/*.jpg, photos/dog/*.jpg
  sluice classify --model my-model/ new.jpg     and then use it
  sluice train --data list.csv --out m/ --fps 2
                                                path,label on each line; two
                                                frames a second of videos
  sluice train --data photos/ --out m/ --from my-keras-model/ --fine-tune 3
                                                another model's features, with
                                                its last two stages
  sluice export --model my-model/ mine.onnx     for other programs

The features of all pictures are computed once, on all cores; the new stage
learns from them. Videos give one frame a second unless --fps, --every or --sample says
otherwise. All frames of a video are learned from, or all are held out.

Exit codes: 0 the model was written, 1 some files could not be read, or
something failed, 2 wrong usage, 130 interrupted (the same command goes on).`,
    )
    .action(async (options: TrainCommand) => {
      checkTogether({ ...options, out: undefined });
      // Other commands start without what it loads.
      const { trainModel } = await import('./train.ts');
      onEnd(await trainModel(options));
    });
}

